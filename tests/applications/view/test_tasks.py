"""Pieces of work run one at a time, and an error ends only its own."""

import threading

import pytest

from rmdn_tf.applications.view.tasks import Task, Worker


@pytest.fixture
def worker():
    worker = Worker("test")
    yield worker
    worker.close()


def run(worker, work):
    """Runs a piece of work to its end; returns what is known of it."""
    task, is_over = Task(), threading.Event()
    worker.add(task, work)
    worker.add(Task(), lambda _: is_over.set())
    assert is_over.wait(10)
    return task.to_json()


def test_work_that_ends_is_done(worker):
    assert run(worker, lambda task: task.go_on(1, 2)) == {
        "state": "done",
        "progress": 1.0,
        "error": None,
    }


def test_an_error_is_told_in_one_line_and_the_next_work_runs(worker, capsys):
    def fail(task):
        task.go_on(1, 4)
        raise ValueError("Invalid video.\nExpected another.")

    assert run(worker, fail) == {
        "state": "failed",
        "progress": 0.25,
        "error": "Invalid video. Expected another.",
    }
    assert run(worker, lambda task: None)["state"] == "done"
    assert capsys.readouterr().err == ""


def test_an_error_that_nobody_expects_is_also_shown_in_the_terminal(
    worker, capsys
):
    def fail(task):
        raise KeyError("x")

    assert run(worker, fail)["error"] == "KeyError: 'x'"
    assert "in fail" in capsys.readouterr().err


def test_cancelled_work_that_misses_its_files_has_stopped(worker, capsys):
    for error in (FileNotFoundError("clip.mp4"), KeyError("x")):

        def fail(task, error=error):
            task.cancel()
            raise error

        assert run(worker, fail)["error"] == "Stopped."
    assert capsys.readouterr().err == ""


def test_cancelled_work_stops_where_it_goes_on(worker):
    is_running, go_on = threading.Event(), threading.Event()
    seen = []

    def work(task):
        is_running.set()
        go_on.wait(10)
        task.go_on()
        seen.append("more")

    task = Task()
    worker.add(task, work)
    assert is_running.wait(10) and task.state == "running"
    waiting = Task()
    worker.add(waiting, lambda _: seen.append("never"))
    assert waiting.state == "waiting"
    task.cancel()
    waiting.cancel()
    go_on.set()
    run(worker, lambda task: None)
    assert seen == []
    assert (task.state, task.error) == ("failed", "Stopped.")


def test_an_unknown_length_has_no_progress():
    task = Task()
    task.go_on(7, None)
    assert task.progress is None


def test_a_closed_worker_stops_its_work_and_begins_no_other():
    worker, is_running, seen = Worker("test"), threading.Event(), []

    def work(task):
        is_running.set()
        while True:
            task.go_on()

    task = Task()
    worker.add(task, work)
    worker.add(Task(), lambda _: seen.append("never"))
    assert is_running.wait(10)
    worker.close()
    assert (task.state, seen) == ("failed", [])
