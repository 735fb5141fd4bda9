"""Tests of `rmdn_tf.files.unchanged`."""

import os
import time

import pytest

from rmdn_tf.files import unchanged
from rmdn_tf.files.unchanged import while_unchanged


def counted(num_results=1):
    """Returns a cached reader, and the paths that it has read."""
    read = []

    @while_unchanged(lambda path: [path], num_results)
    def content(path):
        read.append(path)
        return path.read_text() if path.exists() else None

    return content, read


@pytest.fixture
def old(tmp_path, monkeypatch):
    """Writes a file; the clock runs a minute ahead of its times."""
    monkeypatch.setattr(
        unchanged.time, "time_ns", lambda: int((time.time() + 60) * 1e9)
    )
    path = tmp_path / "a"
    path.write_text("old")
    return path


def test_an_unchanged_file_is_read_once(old):
    content, read = counted()
    assert [content(old) for _ in range(3)] == ["old"] * 3
    assert read == [old]


def test_the_same_length_and_a_restored_time_do_not_hide_a_change(old):
    content, _ = counted()
    times = os.stat(old)
    assert content(old) == "old"
    old.write_text("new")
    os.utime(old, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert os.stat(old).st_mtime_ns == times.st_mtime_ns
    assert content(old) == "new"


def test_another_file_of_the_same_name_length_and_time_is_read(old):
    content, _ = counted()
    times = os.stat(old)
    assert content(old) == "old"
    other = old.with_name("b")
    other.write_text("new")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.rename(old)
    assert content(old) == "new"


def test_a_missing_file_is_a_state_too(old):
    content, _ = counted()
    text = old.read_text()
    old.unlink()
    assert content(old) is None
    old.write_text(text)
    assert content(old) == "old"
    old.unlink()
    assert content(old) is None


def test_a_file_that_has_just_changed_is_read_again(old, monkeypatch):
    content, read = counted()
    # Two changes within one tick of the clock leave the same times.
    state = (1, time.time_ns())
    monkeypatch.setattr(unchanged, "file_state", lambda path: state)
    assert content(old) == "old"
    old.write_text("new")
    assert content(old) == "new"
    assert len(read) == 2


def test_the_latest_results_are_cached(old):
    content, read = counted(num_results=2)
    others = [old.with_name(name) for name in "bc"]
    for path in others:
        path.write_text(path.name)
    for path in [old, *others, *others, old]:
        content(path)
    assert read == [old, *others, old]
    content.cache_clear()
    content(old)
    assert read == [old, *others, old, old]


def test_an_error_is_not_cached(old):
    @while_unchanged(lambda path: [path])
    def fail(path):
        raise ValueError(path)

    for _ in range(2):
        with pytest.raises(ValueError):
            fail(old)
