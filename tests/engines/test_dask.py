"""Tests of `rmdn_tf.engines.dask`, with workers of this machine."""

import functools
import os
import signal
import sys
import threading
import time

import pytest

from rmdn_tf.engines import dask, surroundings
from rmdn_tf.engines.dask import ClusterError, dask_cluster
from rmdn_tf.engines.surroundings import WorkerError
from rmdn_tf.engines.tasks import TasksFailedError
from tests.helpers.dask_cluster import DaskCluster

pytestmark = pytest.mark.slow


def place(number):
    time.sleep(0.02)
    return number, os.getpid(), os.getcwd()


def test_every_item_is_done_on_all_workers_in_the_commands_folder(
    cluster, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with dask_cluster(cluster.address) as run:
        numbers, pids, folders = zip(*run(place, range(40)), strict=True)
        assert list(run(place, [])) == []
    assert sorted(numbers) == list(range(40))
    assert len(set(pids)) == 2
    assert os.getpid() not in pids
    assert set(folders) == {str(tmp_path)}


def fail_or_sleep(number):
    if number == 3:
        raise ValueError("torn")
    time.sleep(30)


def test_an_error_that_would_come_again_ends_the_run_at_once(cluster):
    begin = time.monotonic()
    with (
        pytest.raises(ValueError, match="^torn$"),
        dask_cluster(cluster.address) as run,
    ):
        list(run(fail_or_sleep, [3, 4, 5]))
    assert time.monotonic() - begin < 20


def fail_in_passing(folder, number):
    path = folder / f"{number}"
    times = int(path.read_text()) if path.exists() else 0
    path.write_text(str(times + 1))
    if times < number:
        raise ConnectionResetError("The other side hung up.")
    return number


@pytest.fixture
def own_cluster():
    """A cluster whose workers a test may kill."""
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    with DaskCluster() as cluster:
        yield cluster


def test_a_task_that_fails_three_times_is_listed_and_the_rest_done(
    own_cluster, tmp_path
):
    own_cluster.add_worker()
    done = []
    with (
        pytest.raises(TasksFailedError, match="2 of 5 tasks") as caught,
        dask_cluster(own_cluster.address) as run,
    ):
        for result in run(
            functools.partial(fail_in_passing, tmp_path), range(5)
        ):
            done.append(result)
    assert sorted(done) == [0, 1, 2]
    assert "\n  3: The other side hung up.\n" in str(caught.value)
    assert (tmp_path / "4").read_text() == "3"


def slow_square(number):
    time.sleep(0.1)
    return number**2


def test_the_tasks_of_a_killed_worker_are_done_elsewhere(own_cluster):
    doomed = own_cluster.add_worker()
    own_cluster.add_worker()
    threading.Timer(1, doomed.kill).start()
    with dask_cluster(own_cluster.address) as run:
        done = sorted(run(slow_square, range(40)))
    assert doomed.wait() == -signal.SIGKILL
    assert done == [number**2 for number in range(40)]


def die_on_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_task_that_kills_its_workers_is_listed_and_the_rest_done(
    own_cluster,
):
    for _ in range(4):
        own_cluster.add_worker()
    done = []
    with (
        pytest.raises(TasksFailedError, match="1 of 9.*\n  task 3: each of"),
        dask_cluster(own_cluster.address) as run,
    ):
        for result in run(die_on_three, range(9), "task {}".format):
            done.append(result)
    assert sorted(done) == [n for n in range(9) if n != 3]


def test_a_worker_of_several_threads_is_refused(own_cluster):
    own_cluster.add_worker(threads=2)
    with (
        pytest.raises(WorkerError, match="one thread.*--nthreads 1"),
        dask_cluster(own_cluster.address),
    ):
        pass


def test_a_worker_of_another_version_is_refused(cluster, monkeypatch):
    monkeypatch.setattr(surroundings.rmdn_tf, "__version__", "0.0.1")
    with (
        pytest.raises(WorkerError, match="Expected rmdn-tf 0.0.1"),
        dask_cluster(cluster.address),
    ):
        pass


def test_a_worker_without_the_commands_folder_is_refused(
    cluster, tmp_path, monkeypatch
):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    with dask_cluster(cluster.address) as run:
        folder.rename(tmp_path / "gone")
        with pytest.raises(WorkerError, match="all machines must see the same"):
            list(run(place, [0]))


def test_a_missing_scheduler_is_an_error_with_advice(monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    monkeypatch.setattr(dask, "SECONDS_TO_CONNECT", 1)
    with (
        pytest.raises(ClusterError, match="`dask scheduler`"),
        dask_cluster("tcp://127.0.0.1:9"),
    ):
        pass


def test_a_scheduler_without_workers_is_an_error_with_advice(
    own_cluster, monkeypatch
):
    monkeypatch.setattr(dask, "SECONDS_FOR_A_WORKER", 1)
    with (
        pytest.raises(ClusterError, match="No worker.*`dask worker tcp://"),
        dask_cluster(own_cluster.address),
    ):
        pass


def test_without_dask_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ClusterError, match=r"rmdn-tf\[dask\]"),
        dask_cluster("tcp://127.0.0.1:8786"),
    ):
        pass


def test_a_command_that_lost_all_workers_says_so_and_goes_on_with_new_ones(
    own_cluster, monkeypatch, capsys
):
    monkeypatch.setattr(dask, "SECONDS_BETWEEN_LOOKS", 0.2)
    doomed = own_cluster.add_worker()
    with dask_cluster(own_cluster.address) as run:
        results = run(slow_square, range(10))
        first = next(results)
        doomed.kill()
        told = ""
        while "All workers" not in told:
            told += capsys.readouterr().err
            time.sleep(0.05)
        own_cluster.add_worker()
        assert sorted([first, *results]) == [n**2 for n in range(10)]
    assert told.count("Warning: All workers at 'tcp://") == 1
