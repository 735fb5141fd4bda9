"""Processes that train together, on this machine or on hosts of it."""

import contextlib
import functools
import json
import pathlib
import socket
import subprocess
from collections.abc import Iterator, Sequence

import numpy as np

from tests.helpers.hosts import Hosts
from tests.helpers.train_worker import start

PORT = 2222
SECONDS_TO_END = 300


@contextlib.contextmanager
def cluster(
    data_dir, *run_dirs, hosts: Hosts | None = None, **settings
) -> Iterator[list[subprocess.Popen]]:
    """Starts a worker for each directory; none of them outlives the context.

    Worker i runs on host i; without `hosts`, all on this machine. `settings`
    are those of `train_worker`.
    """
    if hosts:
        addresses = [f"{address}:{PORT}" for address in hosts.addresses]
    else:
        addresses = [f"localhost:{port}" for port in _free_ports(len(run_dirs))]
    workers = []
    for index, run_dir in enumerate(run_dirs):
        place = {
            "cluster": {"worker": addresses},
            "task": {"type": "worker", "index": index},
        }
        workers.append(
            start(
                data_dir,
                run_dir,
                {"TF_CONFIG": json.dumps(place)},
                popen=functools.partial(hosts.start, index)
                if hosts
                else subprocess.Popen,
                strategy="multi_worker",
                **settings,
            )
        )
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("localhost", 0)) for _ in range(number)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_until(worker: subprocess.Popen, wanted: str) -> None:
    """Reads a worker's output up to a line."""
    lines = []
    for line in worker.stdout:
        if line == f"{wanted}\n":
            return
        lines.append(line)
    raise AssertionError(f"Ended before {wanted!r}: {''.join(lines)}")


def finish(workers: Sequence[subprocess.Popen], code: int) -> list[str]:
    """Waits for workers; all must end with this code. Returns their output."""
    outputs = [w.communicate(timeout=SECONDS_TO_END)[0] for w in workers]
    codes = [worker.returncode for worker in workers]
    assert codes == [code] * len(workers), outputs
    return outputs


def check_equal(directory: pathlib.Path, expected: list[np.ndarray]) -> None:
    """Compares what was learned in a run with what one process learned."""
    with np.load(directory / "learned.npz") as arrays:
        for array, wanted in zip(arrays.values(), expected, strict=True):
            # Sums over rows are taken in another order.
            np.testing.assert_allclose(array, wanted, rtol=1e-5, atol=1e-5)
