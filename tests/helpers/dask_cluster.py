"""A cluster of Dask, of processes of this machine or of other hosts.

with DaskCluster() as cluster:
    worker = cluster.add_worker()
    ... cluster.address ...
    worker.kill()
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

SECONDS_TO_START = 60

# Dask gives up a task after its third lost worker.
SETTINGS = {
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "2",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
    "DASK_DISTRIBUTED__DASHBOARD__LINK": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

# Starts a process, here or on another host; called as `subprocess.Popen`.
Start = Callable[..., subprocess.Popen]


@pytest.fixture(scope="module")
def cluster() -> Iterator["DaskCluster"]:
    """Returns a cluster of two workers on this machine, or skips."""
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    with DaskCluster() as cluster:
        for _ in range(2):
            cluster.add_worker()
        yield cluster


class DaskCluster:
    """A scheduler and its workers.

    Args:
        start: starts the scheduler's process, as `subprocess.Popen` does.
        host: address of the scheduler.
        folder: where the processes start; by default the current one.
        worker_ttl: Dask takes a worker that is silent for so long for lost. On
            a busy machine the scheduler itself may get no turn for 20 seconds,
            and then takes all workers for lost.
    """

    def __init__(
        self,
        start: Start = subprocess.Popen,
        host: str = "127.0.0.1",
        folder: str | os.PathLike | None = None,
        worker_ttl: str = "300s",
    ):
        self._folder = folder
        self._worker_ttl = worker_ttl
        self._logs = tempfile.TemporaryDirectory()
        self._processes: list[subprocess.Popen] = []
        log = self._begin(
            start, "scheduler", "--host", host, "--port=0", "--no-dashboard"
        )
        self.address = self._wait(log, r"Scheduler at:\s+(tcp://[\d.:]+)")

    def add_worker(
        self,
        start: Start = subprocess.Popen,
        threads: int = 1,
        has_nanny: bool = False,
        **names: Any,
    ) -> subprocess.Popen:
        """Starts a worker, and waits until the scheduler knows it.

        A nanny starts a lost worker again; without one, to kill the process is
        to kill the worker.
        """
        log = self._begin(
            start,
            "worker",
            self.address,
            "--nanny" if has_nanny else "--no-nanny",
            "--no-dashboard",
            f"--nthreads={threads}",
            "--preload=rmdn_tf.engines.preload",
            f"--local-directory={self._logs.name}",
            **names,
        )
        self._wait(log, r"Registered to:\s+(tcp://)")
        return self._processes[-1]

    def _begin(self, start: Start, *words: str, **names: Any) -> pathlib.Path:
        log = pathlib.Path(self._logs.name, f"{len(self._processes)}.log")
        with open(log, "w") as file:
            process = start(
                [sys.executable, "-m", "distributed.cli.dask_" + words[0]]
                + [*words[1:]],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    **SETTINGS,
                    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": self._worker_ttl,
                    "PYTHONPATH": str(pathlib.Path.cwd()),
                },
                cwd=self._folder,
                **names,
            )
        self._processes.append(process)
        return log

    def _wait(self, log: pathlib.Path, pattern: str) -> str:
        end = time.monotonic() + SECONDS_TO_START
        while self._processes[-1].poll() is None and time.monotonic() < end:
            found = re.search(pattern, log.read_text())
            if found:
                return found[1]
            time.sleep(0.05)
        raise RuntimeError(f"Dask did not start: {log.read_text()}")

    def __enter__(self) -> "DaskCluster":
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._logs.cleanup()
