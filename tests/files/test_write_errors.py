"""Errors of a full disk name what the user asked for."""

import errno

import av
import pytest
import tensorflow as tf

from rmdn_tf.files.write_errors import full_disk, writing

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
