"""Tests of `file_systems`; those on a server of its own come last."""

import builtins
import json
import pathlib
import re
import subprocess
import sys

import pytest
import tensorflow as tf

from rmdn_tf.data.prepared_dataset import is_prepared, read_dataset_info
from rmdn_tf.files.file_systems import (
    FileSystemError,
    file_length,
    leave,
    require_file_system,
)
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


@pytest.fixture
def imports(monkeypatch):
    """Returns the names imported; importing tensorflow-io fails."""
    names = []
    original = builtins.__import__

    def fail(name, *arguments, **options):
        names.append(name)
        if name == "tensorflow_io":
            raise ModuleNotFoundError("No module named 'tensorflow_io'")
        return original(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", fail)
    return names


@pytest.fixture
def without_s3(monkeypatch):
    """Lets TensorFlow know the schemes that it always does and no other."""
    monkeypatch.setattr(
        tf.io.gfile, "get_registered_schemes", lambda: ["", "file", "ram", "gs"]
    )


@pytest.mark.parametrize(
    "path",
    [
        "data/demo",
        "/data/demo",
        "C:\\data\\demo",
        "C:/data",
        "file:///data",
        "ram://data",
        "s3:/data",
        "",
        pathlib.Path("data"),
    ],
)
def test_a_path_of_this_machine_asks_for_nothing(imports, path):
    require_file_system(path)
    assert "tensorflow_io" not in imports


def test_an_unknown_scheme_is_an_error_that_lists_the_known(imports):
    message = "'ftp://host/data'.*one of az://.*s3://.*Received: ftp://"
    with pytest.raises(FileSystemError, match=message):
        require_file_system("ftp://host/data")
    assert "tensorflow_io" not in imports


@pytest.mark.parametrize(
    "version, system, advice",
    [
        ((3, 12), "linux", r"pip install 'rmdn-tf\[s3\]'"),
        ((3, 13), "linux", "use Python 3.11 or 3.12 on Linux"),
        ((3, 12), "win32", "use Python 3.11 or 3.12 on Linux"),
    ],
)
def test_a_missing_tensorflow_io_is_an_error_with_advice_that_can_be_followed(
    imports, without_s3, monkeypatch, version, system, advice
):
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(sys, "platform", system)
    message = (
        "'s3://bucket/data'.*brings s3://.*No module named 'tensorflow_io'.*"
    )
    with pytest.raises(FileSystemError, match=message + advice):
        require_file_system("s3://bucket/data")


def test_a_native_part_that_does_not_load_is_an_error_with_both_versions(
    without_s3,
):
    pytest.importorskip("tensorflow_io")
    message = f"tensorflow-io [0-9.]+ beside TensorFlow {tf.__version__}"
    with pytest.raises(FileSystemError, match=message):
        require_file_system("hdfs://host/data")


@pytest.mark.parametrize("read", [read_dataset_info, is_prepared])
def test_reading_a_dataset_begins_with_its_file_system(read):
    with pytest.raises(FileSystemError, match="'ftp://host/data'"):
        read("ftp://host/data")


def test_the_length_of_a_file_is_told_and_none_where_it_is_missing(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert file_length(str(tmp_path / "a")) == 5
    assert file_length(str(tmp_path / "b")) is None


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.PermissionDeniedError(None, None, "forbidden"),
        tf.errors.NotFoundError(None, None, "Library (libhdfs.so) not found"),
        RuntimeError("cannot resolve the host's name"),
    ],
)
def test_a_file_system_that_does_not_answer_is_no_missing_file(
    monkeypatch, error
):
    def stat(path):
        raise error

    monkeypatch.setattr(tf.io.gfile, "stat", stat)
    message = re.escape(f"Cannot read 'hdfs://a': {error}")
    with pytest.raises(OSError, match=message):
        file_length("hdfs://a")


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
from rmdn_tf.files.file_systems import leave, require_file_system
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

require_file_system(written)
print(remove_partial(written))
for number in (1, 2):
    write_json(f"{written}/a.json", {"key": number})
try:
    with published(f"{written}/shard") as temporary:
        with tf.io.TFRecordWriter(temporary) as writer:
            writer.write(b"half")
            raise KeyError
except KeyError:
    print(tf.io.gfile.listdir(written))
leftover = f"{written}/partial.0123abcd-4567ef89"
tf.io.gfile.makedirs(leftover)
with tf.io.gfile.GFile(f"{leftover}/a.b", "w") as file:
    file.write("left by a killed run")
print(remove_partial(written), tf.io.gfile.listdir(written))
sys.exit(leave(4))
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
        "[]",
        "['a.json']",
        "['partial.0123abcd-4567ef89'] ['a.json']",
    ]
    assert json.loads(s3_server.get("written/a.json")) == {"key": 2}


WORKER = """
import atexit, concurrent.futures, multiprocessing, sys

def begin():  # Only the worker imports TensorFlow.
    from rmdn_tf.files.file_systems import leave
    atexit.register(leave, 0)

def write(path):
    from rmdn_tf.files.file_systems import require_file_system
    from rmdn_tf.files.published import write_json
    require_file_system(path)
    write_json(path, path)

if __name__ == "__main__":
    with concurrent.futures.ProcessPoolExecutor(
        1, multiprocessing.get_context("spawn"), begin
    ) as executor:
        executor.submit(write, sys.argv[1]).result()
        (process,) = executor._processes.values()
    print(process.exitcode)
"""


def test_a_worker_that_wrote_to_s3_ends_without_an_abort(s3_server, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WORKER)
    finished = s3_server.run(str(script), s3_server.path("worker.json"))
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "0\n"
    assert json.loads(s3_server.get("worker.json")) == s3_server.path(
        "worker.json"
    )
