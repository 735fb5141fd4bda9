"""Calls a function on many items on a cluster, by Dask.

Needs the extra `dask`. Start a scheduler on one machine and workers on others,
each with one thread:

    dask scheduler
    dask worker tcp://SCHEDULER:8786 --nthreads 1 \\
        --preload rmdn_tf.engines.preload
"""

import contextlib
import functools
import logging
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rmdn_tf.engines.surroundings import Surroundings, WorkerError
from rmdn_tf.engines.tasks import Attempts, Run, Task

SECONDS_TO_CONNECT = 30
SECONDS_FOR_A_WORKER = 60
SECONDS_BETWEEN_LOOKS = 5


class ClusterError(OSError):
    """A cluster cannot be reached, or has no worker."""


@contextlib.contextmanager
def dask_cluster(address: str) -> Iterator[Run]:
    """Yields a `Run` that spreads the items over the workers of a cluster.

    Args:
        address: of Dask's scheduler, such as "tcp://10.0.0.1:8786".

    Raises:
        ClusterError: Dask is not installed, the scheduler does not answer, or
            has no worker.
        WorkerError: a worker has other versions or files, or several threads.
    """
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(
            f"No Dask for `--cluster={address}`: {error}. Install it with "
            "`pip install 'rmdn-tf[dask]'`."
        ) from error
    # It tells in errors what it also logs.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(
            address, timeout=SECONDS_TO_CONNECT, set_as_default=False
        )
    except (OSError, ValueError, ImportError) as error:
        raise ClusterError(
            f"No scheduler of Dask at '{address}': {error} Start one with "
            "`dask scheduler`."
        ) from error
    with client:
        surroundings = Surroundings.here()
        _check_workers(client, address, surroundings)
        with _told_of_lost_workers(client, address):
            yield functools.partial(_run, client, surroundings)


@contextlib.contextmanager
def _told_of_lost_workers(client: Any, address: str) -> Iterator[None]:
    """Warns when the cluster has no worker left; a context."""
    is_over = threading.Event()

    def watch() -> None:
        had_workers = True
        while not is_over.wait(SECONDS_BETWEEN_LOOKS):
            has_workers = bool(client.nthreads())
            if had_workers and not has_workers:
                print(
                    f"Warning: All workers at '{address}' were lost. Waiting "
                    "for new ones.",
                    file=sys.stderr,
                    flush=True,
                )
            had_workers = has_workers

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _check_workers(
    client: Any, address: str, surroundings: Surroundings
) -> None:
    """Makes sure that there are workers, and that all can do the tasks."""
    try:
        client.wait_for_workers(1, timeout=SECONDS_FOR_A_WORKER)
    except TimeoutError as error:
        raise ClusterError(
            f"No worker of Dask at '{address}' within {SECONDS_FOR_A_WORKER} "
            f"s. Start one with `dask worker {address} --nthreads 1`."
        ) from error
    for worker, number in client.nthreads().items():
        if number != 1:
            raise WorkerError(
                f"Unsuitable worker '{worker}'. Expected one thread, since a "
                f"task uses all cores by itself. Received: {number}. Start it "
                "with `--nthreads 1`."
            )
    client.run(surroundings.check)


def _run(
    client: Any,
    surroundings: Surroundings,
    function: Callable,
    items: Iterable,
    name: Callable[[Any], str] = str,
) -> Iterator:
    """Does the tasks on the cluster; see `Run`."""
    import distributed

    attempts = Attempts(name)
    call = functools.partial(surroundings.call, function)
    waiting: dict[Any, Task] = {}

    def submit(task: Task) -> Any:
        key = f"{_label(function)}-{uuid.uuid4().hex}"
        future = client.submit(call, task.item, key=key, pure=False)
        waiting[future] = task
        return future

    try:
        completed = distributed.as_completed(
            [submit(task) for task in attempts.of(items)], loop=client.loop
        )
        for future in completed:
            task = waiting.pop(future)
            if future.cancelled():
                raise ClusterError("The scheduler of Dask was lost.")
            error = future.exception()
            if error is None:
                yield future.result()
            elif isinstance(error, distributed.KilledWorker):
                attempts.give_up(task, "each of its workers was lost")
            elif attempts.again(task, error):
                completed.add(submit(task))
            future.release()
    finally:
        client.cancel([*waiting])
    attempts.end()


def _label(function: Callable) -> str:
    """Names the tasks on Dask's page."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", type(function).__name__)
