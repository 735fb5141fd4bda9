"""Tests of `tfrecords_tools.shards.hash_memory`."""

import sqlite3

import pytest

from tests.helpers.processes import PROCESSES, run_until_killed
from tfrecords_tools.shards import hash_memory
from tfrecords_tools.shards.hash_memory import (
    HashMemory,
    KnownFile,
    open_memory,
)

pytestmark = pytest.mark.slow

STATE = (1, 2, 3, 4, 5)
FILE = KnownFile("/raw/a.mp4", STATE, "ab" * 32, 50)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "cache" / "memory.sqlite")


def remember(path, *files):
    memory = HashMemory(path, "1")
    for file in files:
        memory.remember(file)
    memory.close()


def recall(path, file=FILE.path, state=STATE, estimator="1"):
    memory = HashMemory(path, estimator)
    found = memory.recall({file: state}).get(file)
    memory.close()
    return found


def test_a_file_in_the_same_state_is_recalled(path):
    remember(path, FILE)
    assert recall(path) == FILE


def test_thousands_of_files_are_recalled_at_once(path):
    memory = HashMemory(path, "1")
    states = {f"/raw/{index}": (index, 0) for index in range(3000)}
    for name, state in states.items():
        memory.remember(KnownFile(name, state, "ab" * 32))
        if name == "/raw/1500":
            memory.save()
    states["/raw/7"] = (8, 0)
    states["/raw/2000"] = (8, 0)
    known = memory.recall(states)
    assert states.keys() - known.keys() == {"/raw/7", "/raw/2000"}
    assert known["/raw/8"].state == (8, 0)
    memory.close()


@pytest.mark.parametrize("index", range(len(STATE)))
def test_a_file_in_another_state_is_not_recalled(path, index):
    remember(path, FILE)
    state = [*STATE]
    state[index] += 1
    assert recall(path, state=tuple(state)) is None
    assert recall(path, "/raw/b.mp4") is None


def test_the_last_state_of_a_file_counts(path):
    now = FILE._replace(state=(*STATE[:4], 9), sha256="cd" * 32)
    remember(path, FILE)
    remember(path, now)
    assert recall(path) is None
    assert recall(path, state=now.state) == now


def test_a_length_of_another_estimator_is_unknown_its_checksum_is_not(path):
    remember(path, FILE)
    assert recall(path, estimator="2") == FILE._replace(num_frames=None)


def test_names_that_are_not_utf8_are_remembered(path):
    file = FILE._replace(path="/raw/\udcff\0\n.mp4", state=("s3", '"tag"', 0))
    remember(path, file)
    assert recall(path, file.path, file.state) == file


def test_paths_are_remembered_from_any_folder(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    remember(path, FILE._replace(path="a.mp4"))
    assert recall(path, str(tmp_path / "a.mp4")).sha256 == FILE.sha256
    # A remote path is no path of this folder.
    remember(path, FILE._replace(path="s3://raw/a.mp4"))
    monkeypatch.chdir("/")
    assert recall(path, "s3://raw/a.mp4").sha256 == FILE.sha256


def test_rehashing_recalls_nothing_and_remembers_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for rehash, expected in ((False, None), (True, None), (False, FILE)):
        with open_memory("1", rehash=rehash) as memory:
            assert memory.recall({FILE.path: STATE}).get(FILE.path) == expected
            if rehash:
                memory.remember(FILE)


def _remember_and_die(path):
    import os
    import signal

    memory = HashMemory(path, "1")
    memory.remember(FILE)
    memory.save()
    memory.remember(FILE._replace(path="/raw/b.mp4"))
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_was_saved_before_a_kill_is_recalled(path):
    run_until_killed(_remember_and_die, path)
    assert recall(path) == FILE
    assert recall(path, "/raw/b.mp4") is None


def _remember_many(path, name):
    memory = HashMemory(path, "1")
    for index in range(50):
        memory.remember(FILE._replace(path=f"/raw/{name}{index}"))
        memory.save()
    memory.close()


def test_several_processes_remember_at_once(path):
    workers = [
        PROCESSES.Process(target=_remember_many, args=(path, name))
        for name in "abc"
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    memory = HashMemory(path, "1")
    for name in "abc":
        for index in (0, 25, 49):
            assert memory.recall({f"/raw/{name}{index}": STATE})
    memory.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"no database",
        lambda content: content[:100] + b"\xff" * (len(content) - 100),
        lambda content: content[:20] + b"\xff" * 40 + content[60:],
    ],
)
def test_a_damaged_memory_is_thrown_away_with_a_warning(path, damage, capsys):
    remember(path, FILE)
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(damage(content))
    assert recall(path) is None
    assert f"Removed the damaged '{path}'" in capsys.readouterr().err
    remember(path, FILE)
    assert recall(path) == FILE
    assert capsys.readouterr().err == ""


def test_a_memory_with_other_tables_is_thrown_away(path, capsys):
    remember(path, FILE)
    database = sqlite3.connect(path)
    database.executescript("DROP TABLE files; CREATE TABLE files (a)")
    database.close()
    assert recall(path) is None
    assert "Removed the damaged" in capsys.readouterr().err
    remember(path, FILE)
    assert recall(path) == FILE


@pytest.mark.parametrize("change", ["sha256 = 'cd'", "num_frames = 3"])
def test_a_row_that_contradicts_its_digest_is_not_believed(path, change):
    remember(path, FILE)
    database = sqlite3.connect(path)
    database.execute(f"UPDATE files SET {change}")
    database.commit()
    database.close()
    assert recall(path) is None


def test_work_goes_on_where_nothing_can_be_remembered(tmp_path, capsys):
    (tmp_path / "cache").write_text("no folder")
    path = str(tmp_path / "cache" / "memory.sqlite")
    remember(path, FILE)
    assert capsys.readouterr().err.count(f"Cannot use '{path}'") == 1
    assert recall(path) is None


def test_a_locked_memory_is_left_alone(path, monkeypatch, capsys):
    remember(path, FILE)
    monkeypatch.setattr(hash_memory, "SECONDS_OF_A_LOCK", 0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    remember(path, FILE._replace(path="/raw/b.mp4"))
    assert "database is locked" in capsys.readouterr().err
    other.close()
    assert recall(path) == FILE


def test_files_that_were_not_used_for_a_year_are_forgotten(path, monkeypatch):
    other = FILE._replace(path="/raw/b.mp4")
    remember(path, FILE, other)

    def days_later(number):
        now = hash_memory.time.time() + number * 86400
        monkeypatch.setattr(hash_memory.time, "time", lambda: now)

    days_later(300)
    assert recall(path) == FILE
    days_later(100)
    assert recall(path) == FILE
    assert recall(path, other.path) is None
