"""Files that appear whole or not at all."""

import json
import multiprocessing
import os
import signal

import pytest
import tensorflow as tf

from rmdn_tf.published_files import published, remove_partial, write_json


@pytest.fixture(params=["local", "ram"])
def directory(request, tmp_path):
    """Returns a directory as text, of this machine or of TensorFlow's own."""
    if request.param == "local":
        return str(tmp_path)
    # A file system with a scheme, as remote ones have.
    path = f"ram://{tmp_path.name}"
    tf.io.gfile.makedirs(path)
    return path


def write(path, text):
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(text)


def read(path):
    with tf.io.gfile.GFile(path) as file:
        return file.read()


def test_a_file_appears_when_it_is_whole(directory):
    path = f"{directory}/scores.weights.h5"
    with published(path) as temporary:
        write(temporary, "half")
        assert not tf.io.gfile.exists(path)
        assert temporary.startswith(f"{directory}/partial.")
        assert temporary.endswith(".scores.weights.h5")
    assert read(path) == "half"
    assert tf.io.gfile.listdir(directory) == ["scores.weights.h5"]


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, GeneratorExit])
def test_a_failure_leaves_what_was_there_before(directory, error):
    path = f"{directory}/scores.json"
    write(path, "old")
    with pytest.raises(error):
        with published(path) as temporary:
            write(temporary, "new")
            raise error
    assert read(path) == "old"
    assert tf.io.gfile.listdir(directory) == ["scores.json"]


def test_a_failure_before_the_first_byte_is_told_as_it_is(directory):
    with pytest.raises(KeyError):
        with published(f"{directory}/scores.json"):
            raise KeyError
    assert tf.io.gfile.listdir(directory) == []


def test_a_file_that_was_not_written_is_an_error(directory):
    with pytest.raises(tf.errors.NotFoundError):
        with published(f"{directory}/scores.json"):
            pass


def test_two_writers_of_one_file_do_not_meet(directory):
    path = f"{directory}/scores.json"
    with published(path) as first:
        write(first, "first")
        with published(path) as second:
            write(second, "second")
        assert read(path) == "second"
    assert read(path) == "first"
    assert tf.io.gfile.listdir(directory) == ["scores.json"]


def test_a_path_may_be_a_path_object_or_a_bare_name(tmp_path, monkeypatch):
    with published(tmp_path / "a") as temporary:
        write(temporary, "a")
    monkeypatch.chdir(tmp_path)
    with published("b") as temporary:
        write(temporary, "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_document_that_json_cannot_hold_leaves_nothing(directory):
    with pytest.raises(TypeError):
        write_json(f"{directory}/a.json", {"key": object()})
    assert tf.io.gfile.listdir(directory) == []


def test_json_reads_back(directory):
    write_json(f"{directory}/a.json", {"key": [1, "ä"]})
    assert json.loads(read(f"{directory}/a.json")) == {"key": [1, "ä"]}


def killed_while_writing(path):
    with published(path) as temporary:
        write(temporary, "half")
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    process = multiprocessing.get_context("spawn").Process(
        target=killed_while_writing, args=(str(tmp_path / "a.json"),)
    )
    process.start()
    process.join(60)
    (leftover,) = tmp_path.iterdir()
    for name in ("b.json", "partially.json", "a.partial.json"):
        (tmp_path / name).touch()
    (tmp_path / "partial.directory").mkdir()
    assert remove_partial(tmp_path) == [leftover.name]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.partial.json",
        "b.json",
        "partial.directory",
        "partially.json",
    ]
    assert remove_partial(tmp_path) == []


def test_a_directory_that_does_not_exist_holds_nothing_to_remove(directory):
    assert remove_partial(f"{directory}/nowhere") == []
