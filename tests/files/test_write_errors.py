"""Errors of a full disk name what the user asked for."""

import errno
import os

import av
import h5py
import numpy as np
import pytest
import tensorflow as tf
from matplotlib.figure import Figure
from PIL import Image

from rmdn_tf.files.published import published, published_directory
from rmdn_tf.files.write_errors import full_disk, writing
from tests.helpers.full_disk import full_disk as filled_disk

FULL = "No space left on device"


@pytest.mark.parametrize(
    ("error", "number"),
    [
        (OSError(errno.ENOSPC, FULL), errno.ENOSPC),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), errno.EDQUOT),
        (tf.errors.ResourceExhaustedError(None, None, f"a; {FULL}"), 28),
        (tf.errors.ResourceExhaustedError(None, None, "GPU memory"), None),
        (av.FFmpegError(28, FULL), errno.ENOSPC),
        (
            OSError(f"[Errno 28] Can't write data (error message = '{FULL}')"),
            28,
        ),
        (RuntimeError(f"Can't decrement (error message = '{FULL}')"), 28),
        (OSError(errno.EACCES, "Permission denied"), None),
    ],
)
def test_a_full_disk_is_known_by_the_words_of_the_system(error, number):
    assert full_disk(error) == number


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, FULL),
        OSError(errno.ENOSPC, FULL, "maps/0001.png.partial"),
        tf.errors.ResourceExhaustedError(None, None, f"maps/x_temp; {FULL}"),
    ],
)
def test_an_error_of_the_file_gets_its_name(error):
    with pytest.raises(OSError, match=FULL) as raised:
        with writing("maps/0001.png"):
            raise error
    assert raised.value.filename == "maps/0001.png"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, FULL, "other"),
        ValueError(f"Cannot write 'other': {FULL}."),
        OSError(errno.EACCES, "Permission denied"),
        KeyError("a"),
    ],
)
def test_another_error_stays_as_it_is(error):
    with pytest.raises(type(error)) as raised:
        with writing("maps/0001.png"):
            raise error
    assert raised.value is error


NOISE = np.random.default_rng(0).bytes(10000)


def write_with_open(path):
    with open(path, "wb") as file:
        file.write(NOISE)


def write_with_tensorflow(path):
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(NOISE)


def write_records(path):
    with tf.io.TFRecordWriter(path) as writer:
        writer.write(NOISE)


def write_with_pillow(path):
    Image.frombytes("L", (100, 100), NOISE).save(path)


def write_plot(path):
    figure = Figure()
    figure.subplots().plot([1, 2])
    figure.savefig(path)


@pytest.mark.parametrize(
    "write",
    [
        write_with_open,
        write_records,
        write_with_pillow,
        write_plot,
        write_with_tensorflow,
        lambda path: tf.io.write_file(path, NOISE),
        lambda path: np.savez(path, a=np.frombuffer(NOISE, np.uint8)),
    ],
)
def test_a_full_disk_is_told_of_the_file_to_be_by_every_library(
    tmp_path, write
):
    path = tmp_path / "a.png"
    with pytest.raises(OSError, match="File too large") as raised:
        with filled_disk(5000), published(path) as temporary:
            write(temporary)
    assert raised.value.filename == str(path)
    assert_no_temporary_name(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "fail",
    [
        lambda path: open(f"{path}/inner/b"),
        lambda path: h5py.File(f"{path}/inner/b", "r"),
        lambda path: tf.io.gfile.GFile(f"{path}/inner/b").read(),
        lambda path: tf.io.read_file(f"{path}/inner/b"),
        lambda path: os.rename(f"{path}/inner/b", f"{path}/inner/c"),
        lambda path: Image.open(f"{path}/inner/b"),
        lambda path: av.open(f"{path}/inner/b"),
    ],
)
def test_no_error_shows_the_temporary_name(tmp_path, fail):
    with pytest.raises(Exception, match="inner/b") as raised:
        with published(tmp_path / "a") as temporary:
            fail(temporary)
    assert_no_temporary_name(raised.value)
    assert str(tmp_path / "a" / "inner" / "b") in str(raised.value)


def assert_no_temporary_name(error):
    while error is not None:
        assert "partial." not in f"{error} {error.args} {vars(error)}"
        error = error.__cause__ or error.__context__


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    other = OSError(errno.ENOSPC, "No space left on device", "other")
    with pytest.raises(OSError, match="'other'"):
        with published(tmp_path / "a"):
            raise other


@pytest.mark.parametrize("make", [published, published_directory])
def test_a_missing_folder_is_named_and_so_is_the_output(tmp_path, make):
    path = tmp_path / "missing" / "a.txt"
    with pytest.raises(FileNotFoundError) as raised:
        with make(path):
            pytest.fail("Nothing should be written.")
    assert f"Missing folder '{path.parent}'" in str(raised.value)
    assert raised.value.filename == str(path)
