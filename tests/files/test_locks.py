"""One process at a time in a directory."""

import os
import signal
import threading

import pytest

from rmdn_tf.files.locks import InUseError, one_at_a_time, try_lock
from tests.helpers.processes import PROCESSES


def hold(directory, held, end):
    """Holds a directory; a process of its own."""
    with one_at_a_time(directory, "training"):
        held.set()
        end.wait(60)


@pytest.fixture
def holder(tmp_path):
    """A process that holds a directory; the test says when it ends."""
    held, end = PROCESSES.Event(), PROCESSES.Event()
    process = PROCESSES.Process(target=hold, args=(str(tmp_path), held, end))
    process.start()
    assert held.wait(60)
    process.let_go = end.set
    yield process
    process.kill()
    process.join(60)


def test_a_second_process_is_told_at_once_who_works_there(holder, tmp_path):
    with pytest.raises(InUseError) as caught:
        with one_at_a_time(tmp_path, "training"):
            pytest.fail("Two at a time.")
    assert f"'{tmp_path}' is in use by another process" in str(caught.value)
    assert f"(process {holder.pid} on " in str(caught.value)
    assert "training since " in str(caught.value)


def test_the_lock_of_a_killed_process_is_gone_with_it(holder, tmp_path):
    os.kill(holder.pid, signal.SIGKILL)
    holder.join(60)
    with one_at_a_time(tmp_path, "training"):
        pass


def test_a_process_that_may_wait_says_so_and_waits(holder, tmp_path, capsys):
    threading.Timer(0.5, holder.let_go).start()
    with one_at_a_time(tmp_path, "training", wait=True):
        holder.join(60)
    assert holder.exitcode == 0
    said = capsys.readouterr().err
    assert f"process {holder.pid}" in said
    assert said.endswith("Waiting until it ends.\n")


def test_a_thread_may_enter_again_and_others_may_not(tmp_path):
    errors = []

    def enter():
        try:
            with one_at_a_time(tmp_path, "training"):
                pass
        except InUseError as error:
            errors.append(error)

    with one_at_a_time(tmp_path, "training"):
        with one_at_a_time(f"{tmp_path}/../{tmp_path.name}", "training"):
            pass
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        assert len(errors) == 1
    enter()
    assert len(errors) == 1


def test_the_directory_is_made(tmp_path):
    with one_at_a_time(tmp_path / "runs" / "new", "training"):
        assert (tmp_path / "runs" / "new").is_dir()


def test_a_remote_directory_has_no_lock_and_a_warning_says_so(capsys):
    with one_at_a_time("s3://bucket/data", "preparing"):
        pass
    said = capsys.readouterr().err
    assert said.startswith("Warning: 's3://bucket/data' cannot be locked.")


def test_a_lock_that_another_holds_is_not_waited_for(tmp_path):
    lock = try_lock(tmp_path / ".lock")
    assert try_lock(tmp_path / ".lock") is None
    lock.release()
    try_lock(tmp_path / ".lock").release()
