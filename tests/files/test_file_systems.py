"""Tests of `file_systems`; those on a server of its own come last."""

import json
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf

from rmdn_tf.data.prepared_dataset import is_prepared, read_dataset_info
from rmdn_tf.files.file_systems import (
    file_length,
    is_local,
    leave,
    make_directory,
    remove_directory,
    remove_file,
    require_file_system,
)
from rmdn_tf.files.path_errors import FileSystemError
from tests.helpers.made_datasets import make_dataset, make_record

pytestmark = [pytest.mark.slow, pytest.mark.versions]


def run_python(source, **options):
    """Runs Python source in a process of its own; it may load what it likes."""
    return subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


@pytest.mark.parametrize(
    "path", ["data/demo", "/data", "C:\\data", "C:/data", "s3:/data", ""]
)
def test_a_path_of_this_machine_needs_no_driver(monkeypatch, path):
    monkeypatch.setitem(sys.modules, "rmdn_tf.files.drivers", None)
    require_file_system(path)
    require_file_system(pathlib.Path(path))
    assert is_local(path)


def test_a_command_on_this_machine_does_not_import_fsspec():
    finished = run_python(
        "import sys, rmdn_tf.data.prepared_dataset, rmdn_tf.files.published\n"
        "print('fsspec' in sys.modules, 'tensorflow' in sys.modules)"
    )
    assert finished.stdout == "False False\n", finished.stderr


def test_an_unknown_scheme_is_an_error_that_lists_the_known():
    message = "'ftp://host/data'.*one of abfs://.*s3://.*Received: ftp://"
    with pytest.raises(FileSystemError, match=message):
        require_file_system("ftp://host/data")


@pytest.mark.parametrize("read", [read_dataset_info, is_prepared])
def test_reading_a_dataset_begins_with_its_file_system(read):
    with pytest.raises(FileSystemError, match="'ftp://host/data'"):
        read("ftp://host/data")


def test_the_length_of_a_file_is_told_and_none_where_it_is_missing(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert file_length(str(tmp_path / "a")) == 5
    assert file_length(str(tmp_path / "b")) is None


def test_a_directory_is_made_and_removed_with_its_content(tmp_path):
    make_directory(tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "c").touch()
    make_directory(tmp_path / "a" / "b")
    remove_file(tmp_path / "a" / "b" / "c")
    for _ in range(2):
        remove_directory(tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_the_cause_of_an_error_does_not_repeat_the_path(tmp_path):
    (tmp_path / "file").write_text("")
    path = str(tmp_path / "file" / "info.json")
    with pytest.raises(OSError) as raised:
        file_length(path)
    assert str(raised.value) == f"Cannot read '{path}': Not a directory"


def test_leaving_without_tensorflow_io_returns_the_code(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow_io", raising=False)
    assert [leave(code) for code in (0, 1)] == [0, 1]


LEAVE = """
import atexit, logging, sys, types
sys.modules["tensorflow"] = types.ModuleType("tensorflow")  # Not needed here.
from rmdn_tf.files.file_systems import leave
sys.modules["tensorflow_io"] = sys
atexit.register(print, "the usual ending")
print("printed", end="")
print("said", end="", file=sys.stderr)
sys.exit(leave(3))
"""


def test_leaving_with_tensorflow_io_ends_at_once_with_everything_said():
    finished = run_python(LEAVE)
    assert finished.returncode == 3
    assert finished.stdout == "printed"
    assert finished.stderr.endswith("said")


def test_leaving_with_a_closed_pipe_keeps_the_code():
    source = LEAVE.replace('print("printed", end="")', "sys.stdout.close()")
    assert run_python(source).returncode == 3


SHARD = "train.tfrecord-00000-of-00001"
USE_S3 = """
import sys
import tensorflow as tf
from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.windows import Window
from rmdn_tf.files.file_systems import list_names
from rmdn_tf.files.published import published, remove_partial, write_json
from rmdn_tf.data.prepared_dataset import read_dataset_info
from tfrecords_tools.shards.verification import verify

made, missing, written = sys.argv[1:]
verification = verify(made)
print(verification.problems, *verification.shards)
try:
    read_dataset_info(missing)
except FileNotFoundError as error:
    print(error)

window = Window(18)
for batch in ordered_windows(made, "train", batch_size=1, window=window):
    print(batch["video_id"].numpy()[0].decode(), batch["frames"].shape)
for batch in random_cuts(made, "train", batch_size=2, window=window,
                         fixations_per_frame=1, seed=0):
    print("cuts", batch["frames"].shape)
print(fixations_of(read_videos(made, "train")).shape)

for number in (1, 2):
    write_json(f"{written}/a.json", {"key": number})
try:
    with published(f"{written}/shard") as temporary:
        with tf.io.TFRecordWriter(temporary) as writer:
            writer.write(b"half")
            raise KeyError
except KeyError:
    print(list_names(written))
print(remove_partial(written), "tensorflow_io" in sys.modules)
sys.exit(4)
"""


def test_a_dataset_is_verified_and_read_and_files_are_published_on_s3(
    s3_server, tmp_path
):
    """All in one process, which imports TensorFlow once."""
    make_dataset(tmp_path, {SHARD: [make_record("a"), make_record("b")]})
    made = s3_server.put(tmp_path, "made")
    missing = s3_server.path("missing")
    finished = s3_server.run(
        "-c", USE_S3, made, missing, s3_server.path("written")
    )
    assert finished.returncode == 4, finished.stderr
    verified, error, *rest = finished.stdout.splitlines()
    assert f"[] {SHARD}: 2 videos, 2 records" in verified
    assert error.startswith(f"No prepared dataset in '{missing}'")
    assert rest == [
        "a (1, 18, 8, 24, 3)",
        "b (1, 18, 8, 24, 3)",
        "cuts (2, 18, 8, 24, 3)",
        "(6, 2)",
        "['a.json']",
        "[] False",
    ]
    assert json.loads(s3_server.get("written/a.json")) == {"key": 2}


NATIVE = """
import sys
import tensorflow_io
from rmdn_tf.data.record_dataset import reader_of, records_of
from rmdn_tf.files.file_systems import leave
print(reader_of(sys.argv[1:]).__name__)
print([r for r in records_of(sys.argv[1]).as_numpy_iterator()])
sys.exit(leave(5))
"""


def test_a_program_that_loads_tensorflow_io_reads_s3_by_it(s3_server, tmp_path):
    if not tf.__version__.startswith("2.16"):
        pytest.skip("tensorflow-io loads beside TensorFlow 2.16 only.")
    pytest.importorskip("tensorflow_io")
    with tf.io.TFRecordWriter(str(tmp_path / "shard")) as writer:
        writer.write(b"content")
    path = s3_server.put(tmp_path, "native") + "/shard"
    finished = s3_server.run("-c", NATIVE, path)
    assert finished.returncode == 5, finished.stderr
    assert finished.stdout.startswith("TFRecordDataset")
    assert finished.stdout.endswith("[b'content']\n")
