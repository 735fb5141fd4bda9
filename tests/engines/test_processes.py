"""Tests of `rmdn_tf.engines.processes`."""

import concurrent.futures
import functools
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import time
import warnings

import pytest

from rmdn_tf.commands.signals import Stopped, stopped_by_signals
from rmdn_tf.engines.processes import processes
from rmdn_tf.engines.tasks import TasksFailedError

pytestmark = pytest.mark.slow

SECONDS_OF_A_TASK = 120


def square(number):
    return number**2


def pid_of(_):
    time.sleep(0.05)
    return os.getpid()


def fail_or_sleep(number):
    if number == 3:
        raise ValueError("torn")
    time.sleep(SECONDS_OF_A_TASK if number > 3 else 0)


@pytest.mark.parametrize("num_workers", [1, 2])
def test_every_item_is_done_once(num_workers):
    with processes(num_workers) as run:
        assert sorted(run(square, range(40))) == [n**2 for n in range(40)]
        assert list(run(square, [])) == []


def test_two_workers_are_two_processes_that_live_on():
    with processes(2) as run:
        first = set(run(pid_of, range(20)))
        assert len(first) == 2
        assert os.getpid() not in first
        assert set(run(pid_of, range(20))) <= first


def warn(_):
    warnings.warn("It jumps.", stacklevel=1)


def test_a_worker_warns_in_one_line(capfd):
    with processes(2) as run:
        list(run(warn, [0]))
    assert capfd.readouterr().err == "Warning: It jumps.\n"


def test_one_worker_is_this_process():
    with processes(1) as run:
        assert set(run(pid_of, range(3))) == {os.getpid()}


def test_an_error_keeps_its_message_and_ends_the_run_at_once():
    begin = time.monotonic()
    with pytest.raises(ValueError, match="torn"), processes(2) as run:
        list(run(fail_or_sleep, [5, 3, 6, 7]))
    # At once: the other worker is not waited for.
    assert time.monotonic() - begin < SECONDS_OF_A_TASK


def send_much(data, number):
    return bytes(300_000)


@pytest.mark.usefixtures("taken_signals")
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_processes_in_silence(tmp_path, number, times):
    """A terminal sends it to all of them."""
    script = """
        import functools, sys
        from rmdn_tf.commands.signals import ignore_further, stopped_by_signals
        from tests.engines.test_processes import send_much
        from rmdn_tf.engines.processes import processes

        if __name__ == "__main__":
            try:
                with stopped_by_signals(), processes(2) as run:
                    work = functools.partial(send_much, bytes(200_000))
                    for _ in run(work, range(10**6)):
                        print("at work", flush=True)
            except KeyboardInterrupt as stop:
                ignore_further()
                sys.exit(128 + stop.number)
    """
    path = tmp_path / "main.py"
    path.write_text(textwrap.dedent(script))
    main = subprocess.Popen(
        [sys.executable, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(pathlib.Path.cwd())},
        start_new_session=True,
    )
    assert main.stdout.readline() == "at work\n"
    for _ in range(times):
        os.killpg(main.pid, number)
        time.sleep(0.01)
    # Ends once no process holds the pipes any more.
    _, told = main.communicate(timeout=60)
    assert main.returncode == 128 + number
    assert told == ""


@pytest.mark.usefixtures("taken_signals")
def test_a_signal_does_not_interrupt_the_waiting_for_results(monkeypatch):
    """It would leave their locks taken, and the end would wait for them."""
    whole = []
    wait = concurrent.futures.wait

    def signalled_wait(*arguments, **names):
        os.kill(os.getpid(), signal.SIGHUP)
        result = wait(*arguments, **names)
        whole.append(result)
        return result

    monkeypatch.setattr(concurrent.futures, "wait", signalled_wait)
    with pytest.raises(Stopped), stopped_by_signals(), processes(2) as run:
        list(run(square, range(100)))
    assert len(whole) == 1


def test_workers_end_when_the_main_process_is_killed(tmp_path):
    script = """
        import os, pathlib, signal, sys
        from tests.engines.test_processes import pid_of
        from rmdn_tf.engines.processes import processes

        if __name__ == "__main__":
            with processes(2) as run:
                pids = set(run(pid_of, range(20)))
                print(*pids, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
    """
    path = tmp_path / "main.py"
    path.write_text(textwrap.dedent(script))
    main = subprocess.run(
        [sys.executable, path],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(pathlib.Path.cwd())},
        check=False,
    )
    assert main.returncode == -signal.SIGKILL
    pids = [int(pid) for pid in main.stdout.split()]
    assert len(pids) == 2
    deadline = time.monotonic() + 30
    while any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.1)


def die_on_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_once(folder, number):
    """Kills the process at the first attempt."""
    mark = folder / f"{number}"
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_the_task_of_a_killed_process_is_done_again(tmp_path):
    with processes(2) as run:
        done = run(functools.partial(die_once, tmp_path), range(20))
        assert sorted(done) == list(range(20))


def test_a_task_that_always_kills_its_process_is_listed_and_the_rest_done():
    done = []
    with (
        pytest.raises(TasksFailedError, match="1 of 20 tasks.*\n  task 3: the"),
        processes(2) as run,
    ):
        for result in run(die_on_three, range(20), "task {}".format):
            done.append(result)
    assert sorted(done) == [n for n in range(20) if n != 3]


def fail_in_passing(folder, number):
    """Fails as often as its number says."""
    path = folder / f"{number}"
    times = int(path.read_text()) if path.exists() else 0
    path.write_text(str(times + 1))
    if times < number:
        raise ConnectionResetError("The other side hung up.")
    return number


@pytest.mark.parametrize("num_workers", [1, 2])
def test_an_error_that_may_pass_is_met_by_three_attempts(tmp_path, num_workers):
    done = []
    function = functools.partial(fail_in_passing, tmp_path)
    with (
        pytest.raises(TasksFailedError, match="2 of 5 tasks") as caught,
        processes(num_workers) as run,
    ):
        for result in run(function, range(5)):
            done.append(result)
    assert sorted(done) == [0, 1, 2]
    assert "  3: The other side hung up." in str(caught.value)
    assert (tmp_path / "4").read_text() == "3"
