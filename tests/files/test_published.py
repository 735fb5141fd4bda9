"""Files that appear whole or not at all."""

import errno
import json
import os
import pathlib
import signal

import numpy as np
import pytest

from rmdn_tf.files import published as published_files
from rmdn_tf.files.file_systems import (
    file_length,
    list_names,
    remove_directory,
)
from rmdn_tf.files.published import (
    published,
    published_directory,
    remove_partial,
    temporary_path,
    write_content,
    write_json,
)
from rmdn_tf.files.reading import read_content
from tests.helpers.processes import PROCESSES, run_until_killed

pytestmark = pytest.mark.slow

NOISE = np.random.default_rng(0).bytes(10000)

OURS = "partial.0123abcd-4567ef89"
"""A name such as only we give."""


@pytest.fixture(params=["local", "memory"])
def directory(request, tmp_path):
    """Returns a directory as text, of this machine or remote."""
    if request.param == "local":
        yield str(tmp_path)
        return
    path = f"memory://{tmp_path.name}"
    yield path
    remove_directory(path)


def write(path, text):
    pathlib.Path(path).write_text(text)


def read(path):
    return read_content(path, 2**20).decode()


def test_a_file_appears_when_it_is_whole(directory):
    path = f"{directory}/scores.weights.h5"
    with published(path) as temporary:
        write(temporary, "half")
        assert file_length(path) is None
        assert os.path.isdir(os.path.dirname(temporary))
        assert temporary.endswith("/scores.weights.h5")
    assert read(path) == "half"
    assert list_names(directory) == ["scores.weights.h5"]


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, GeneratorExit])
def test_a_failure_leaves_what_was_there_before(directory, error):
    path = f"{directory}/scores.json"
    write_content(path, b"old")
    with pytest.raises(error):
        with published(path) as temporary:
            write(temporary, "new")
            raise error
    assert read(path) == "old"
    assert list_names(directory) == ["scores.json"]


def test_without_a_byte_its_failure_or_the_missing_file_is_the_error(directory):
    with pytest.raises(KeyError):
        with published(f"{directory}/scores.json"):
            raise KeyError
    with pytest.raises(FileNotFoundError):
        with published(f"{directory}/scores.json"):
            pass
    assert list_names(directory) == []


def test_two_writers_of_one_file_do_not_meet(directory):
    path = f"{directory}/scores.json"
    with published(path) as first:
        write(first, "first")
        with published(path) as second:
            write(second, "second")
        assert read(path) == "second"
    assert read(path) == "first"
    assert list_names(directory) == ["scores.json"]


def test_a_path_may_be_a_path_object_or_a_bare_name(tmp_path, monkeypatch):
    with published(tmp_path / "a") as temporary:
        write(temporary, "a")
    monkeypatch.chdir(tmp_path)
    with published("b") as temporary:
        write(temporary, "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_json_reads_back_and_what_it_cannot_hold_leaves_nothing(directory):
    with pytest.raises(TypeError):
        write_json(f"{directory}/a.json", {"key": object()})
    assert list_names(directory) == []
    write_json(f"{directory}/a.json", {"key": [1, "ä"]})
    assert json.loads(read(f"{directory}/a.json")) == {"key": [1, "ä"]}


def killed_while_writing(path):
    with published(path) as temporary:
        write(temporary, "half")
        os.kill(os.getpid(), signal.SIGKILL)


def killed_while_filling(path):
    with published_directory(path) as temporary:
        write(f"{temporary}/1.png", "half")
        os.kill(os.getpid(), signal.SIGKILL)


def waiting_to_finish(path, begun, end):
    with published(path) as temporary:
        write(temporary, "whole")
        begun.set()
        end.wait(60)


def kill(target, path):
    """Runs a process that is killed while it writes; returns what it left."""
    before = set(path.parent.iterdir())
    run_until_killed(target, str(path))
    (leftover,) = set(path.parent.iterdir()) - before
    return leftover


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    leftover = kill(killed_while_writing, tmp_path / "a.json")
    files = {
        "b.json",
        "partially.json",
        "a.partial.json",
        "partial.notes.txt",
        "partial.12-0123abcd.txt",
        "partial.0123abcd-01234567.txt",
        OURS,  # A file: ours are folders.
    }
    for name in files:
        (tmp_path / name).touch()
    (tmp_path / "partial.directory").mkdir()
    assert remove_partial(tmp_path) == [leftover.name]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == files | {"partial.directory"}
    assert remove_partial(tmp_path) == []


def test_nothing_unfinished_lies_in_a_remote_directory(directory):
    write_content(f"{directory}/partial.notes.txt", b"of the user")
    assert remove_partial(f"{directory}/nowhere") == []
    assert remove_partial(directory) == []
    assert list_names(directory) == ["partial.notes.txt"]


def test_the_next_writer_of_a_file_removes_what_a_killed_one_left(tmp_path):
    kill(killed_while_writing, tmp_path / "a.json")
    other = kill(killed_while_writing, tmp_path / "b.json")
    write_json(tmp_path / "a.json", 1)
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", other.name}


def test_what_a_living_process_writes_stays(tmp_path):
    begun, end = PROCESSES.Event(), PROCESSES.Event()
    path = tmp_path / "a.json"
    process = PROCESSES.Process(
        target=waiting_to_finish, args=(str(path), begun, end)
    )
    process.start()
    assert begun.wait(60)
    assert remove_partial(tmp_path) == []
    write_json(path, 1)
    end.set()
    process.join(60)
    assert process.exitcode == 0
    assert read(str(path)) == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("is_removed", [False, True])
def test_a_folder_taken_for_a_leftover_is_made_again(
    tmp_path, monkeypatch, is_removed
):
    take = published_files.try_lock
    taken = []

    def lost_once(path):
        taken.append(path)
        if is_removed and len(taken) == 1:
            raise FileNotFoundError(errno.ENOENT, "Removed meanwhile", path)
        return take(path) if len(taken) > 1 else None

    monkeypatch.setattr(published_files, "try_lock", lost_once)
    write_json(tmp_path / "a.json", 1)
    assert len(set(taken)) == 2


def test_the_end_of_a_writer_removes_nothing_of_the_next_one(
    tmp_path, monkeypatch
):
    """The next one of the same identity begins when the lock is released."""
    take = published_files.try_lock
    next_ones = []

    def begin_after(release):
        def release_and_begin():
            release()
            monkeypatch.setattr(published_files, "try_lock", take)
            other = temporary_path(tmp_path / "maps", "the same")
            write(other.__enter__(), "next")
            next_ones.append(other)

        return release_and_begin

    def take_and_watch(path):
        lock = take(path)
        lock.release = begin_after(lock.release)
        return lock

    monkeypatch.setattr(published_files, "try_lock", take_and_watch)
    with temporary_path(tmp_path / "maps", "the same") as temporary:
        write(temporary, "first")
    assert read(temporary) == "next"
    next_ones[0].__exit__(None, None, None)
    assert os.listdir(tmp_path) == []


def test_a_directory_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "maps"
    with published_directory(path) as temporary:
        write(f"{temporary}/1.png", "1")
        assert not path.exists()
    assert read(str(path / "1.png")) == "1"
    (tmp_path / "plain").mkdir()  # As other users may read it, so the maps.
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    (tmp_path / "plain").rmdir()
    assert [path.name for path in tmp_path.iterdir()] == ["maps"]


def test_the_next_writer_of_a_directory_removes_what_a_killed_one_left(
    tmp_path,
):
    kill(killed_while_filling, tmp_path / "maps")
    with published_directory(tmp_path / "maps") as temporary:
        assert os.listdir(temporary) == []
    assert [path.name for path in tmp_path.iterdir()] == ["maps"]


def test_a_directory_that_holds_something_is_not_replaced(tmp_path):
    path = tmp_path / "maps"
    path.mkdir()
    (path / "1.png").touch()
    with pytest.raises(OSError, match="maps"):
        with published_directory(path) as temporary:
            write(f"{temporary}/2.png", "2")
    assert os.listdir(path) == ["1.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["maps"]


def test_all_is_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """A machine that fails after the name is there must find the content."""
    order = []
    fsync, replace = os.fsync, os.replace

    def spy_fsync(opened):
        order.append(os.readlink(f"/proc/self/fd/{opened}").split("/")[-1])
        fsync(opened)

    def spy_replace(source, target):
        order.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "replace", spy_replace)
    write_json(tmp_path / "a.json", 1)
    assert order == ["a.json", "name", tmp_path.name]
    order.clear()
    with published_directory(tmp_path / "maps") as temporary:
        os.mkdir(f"{temporary}/inner")
        write(f"{temporary}/inner/1.png", "1")
    assert order[:3] == ["maps", "1.png", "inner"]
    assert order[3:] == ["name", tmp_path.name]


def test_a_disk_that_fails_at_last_leaves_what_was_there(tmp_path, monkeypatch):
    write_json(tmp_path / "a.json", "old")

    def fail(opened):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        write_json(tmp_path / "a.json", "new")
    assert json.loads(read(str(tmp_path / "a.json"))) == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_names_that_are_not_utf_8_are_no_obstacle(tmp_path):
    (pathlib.Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))).touch()
    write_json(tmp_path / "a.json", {})
    assert remove_partial(tmp_path) == []


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_the_file_it_points_to_is_written(tmp_path, exists):
    (tmp_path / "disk").mkdir()
    if exists:
        (tmp_path / "disk" / "b.json").write_text("before")
    (tmp_path / "a.json").symlink_to(tmp_path / "disk" / "b.json")
    write_json(tmp_path / "a.json", {})
    assert (tmp_path / "a.json").is_symlink()
    assert (tmp_path / "disk" / "b.json").read_text() == "{}\n"


def test_a_link_to_an_empty_directory_is_filled(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "maps").symlink_to(tmp_path / "disk")
    with published_directory(tmp_path / "maps") as temporary:
        pathlib.Path(temporary, "a").touch()
    assert (tmp_path / "maps").is_symlink()
    assert os.listdir(tmp_path / "disk") == ["a"]


@pytest.mark.parametrize("make", [published, published_directory])
def test_a_target_of_the_other_kind_is_refused_before_anything_is_written(
    tmp_path, make
):
    path = tmp_path / "a"
    path.mkdir() if make is published else path.touch()
    with pytest.raises(OSError, match=f"irectory: '{path}'"):
        with make(path):
            pytest.fail("Nothing should be written.")
