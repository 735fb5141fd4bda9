"""Calls a function on many items, in one process a core."""

import atexit
import concurrent.futures
import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Run = Callable[[Callable[[Item], Result], Iterable[Item]], Iterator[Result]]
"""Calls a function on every item; yields the results as they come."""

MAX_WAITING = 4
"""Tasks that wait for each worker; further ones are not pickled yet."""


@contextlib.contextmanager
def processes(num_workers: int) -> Iterator[Run]:
    """Gives a `Run` that spreads the items over processes of this machine.

    The processes are spawned at the first call and live until the context
    ends: a script that uses them needs the usual `if __name__ == "__main__"`
    guard. Function, items and results are pickled; results come in the order
    in which they are finished. The first exception kills the processes.

    Args:
        num_workers: processes; at 1 all is done in this process.
    """
    if num_workers == 1:
        yield map
        return
    others = set(multiprocessing.active_children())
    # TensorFlow does not survive a fork, hence spawn.
    with concurrent.futures.ProcessPoolExecutor(
        num_workers,
        multiprocessing.get_context("spawn"),
        _begin_worker,
    ) as executor:

        def run(function, items):
            waiting = set()
            for item in items:
                waiting.add(executor.submit(function, item))
                if len(waiting) >= num_workers * MAX_WAITING:
                    done, waiting = _wait(waiting)
                    yield from (task.result() for task in done)
            while waiting:
                done, waiting = _wait(waiting)
                yield from (task.result() for task in done)

        try:
            yield run
        except BaseException:
            # Leaving `with` would first let every task in the queue be done.
            executor.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                if process not in others:
                    process.kill()
            raise


def _wait(waiting: set) -> tuple[set, set]:
    return concurrent.futures.wait(
        waiting, return_when=concurrent.futures.FIRST_COMPLETED
    )


def _begin_worker() -> None:
    """Ends the worker together with the main process, even a killed one."""
    # Taking TensorFlow down takes a second, and aborts after the use of a
    # remote file system; see `rmdn_tf.files.file_systems.leave`.
    atexit.register(os._exit, 0)

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
