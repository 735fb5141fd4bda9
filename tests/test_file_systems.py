"""Tests of `rmdn_tf.file_systems`; those on a server of its own come last."""

import builtins
import re
import subprocess
import sys

import pytest
import tensorflow as tf

from rmdn_tf.file_systems import (
    FileSystemError,
    file_length,
    leave,
    require_file_system,
)
from rmdn_tf.records import is_prepared, read_dataset_info


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
    ],
)
def test_a_path_of_this_machine_asks_for_nothing(imports, path):
    require_file_system(path)
    assert "tensorflow_io" not in imports


def test_a_path_may_be_a_path_object(imports, tmp_path):
    require_file_system(tmp_path)
    assert "tensorflow_io" not in imports


def test_an_unknown_scheme_is_an_error_that_lists_the_known(imports):
    message = "'ftp://host/data'.*one of az://.*s3://.*Received: ftp://"
    with pytest.raises(FileSystemError, match=message):
        require_file_system("ftp://host/data")
    assert "tensorflow_io" not in imports


def test_a_missing_tensorflow_io_is_an_error_that_says_how_to_install_it(
    imports, without_s3
):
    message = (
        "'s3://bucket/data'.*brings s3://.*No module named 'tensorflow_io'.*"
        "pip install tensorflow-io.*tensorflow==2.16"
    )
    with pytest.raises(FileSystemError, match=message):
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


def test_leaving_without_tensorflow_io_returns_the_code(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow_io", raising=False)
    assert [leave(code) for code in (0, 1)] == [0, 1]


LEAVE = """
import atexit, logging, sys
from rmdn_tf.file_systems import leave
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
