"""Calls a function on many items, in several processes."""

import atexit
import concurrent.futures
import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from rmdn_tf.commands.plain_warnings import plain_warnings
from rmdn_tf.commands.signals import delayed

Item = TypeVar("Item")
Result = TypeVar("Result")

# Calls a function on every item; yields the results in any order.
Run = Callable[[Callable[[Item], Result], Iterable[Item]], Iterator[Result]]

MAX_WAITING = 4  # pickled tasks per worker
SECONDS_OF_A_WAIT = 0.1  # A signal waits no longer.


@contextlib.contextmanager
def processes(num_workers: int) -> Iterator[Run]:
    """Yields a `Run` that spreads the items over spawned processes.

    Function, items and results are pickled. The first exception kills the
    processes, and so does a signal that ends the command. A script that calls
    this needs `if __name__ == "__main__"`. With one worker, everything runs in
    this process.
    """
    if num_workers == 1:
        yield map
        return
    others = set(multiprocessing.active_children())
    # Spawned, because TensorFlow does not survive a fork.
    with delayed():
        executor = concurrent.futures.ProcessPoolExecutor(
            num_workers,
            multiprocessing.get_context("spawn"),
            _begin_worker,
        )
    with executor:

        def run(function: Callable, items: Iterable) -> Iterator:
            waiting = set()
            for item in items:
                with delayed():  # It starts the processes.
                    waiting.add(executor.submit(function, item))
                if len(waiting) >= num_workers * MAX_WAITING:
                    results, waiting = _next_results(waiting)
                    yield from results
            while waiting:
                results, waiting = _next_results(waiting)
                yield from results

        try:
            yield run
        except BaseException:
            # If they lived, `with` would wait for every task in the queue.
            with delayed():
                for process in set(multiprocessing.active_children()) - others:
                    process.kill()
                    process.join()
                # A killed worker may have sent half a result. The executor
                # waits for the rest until all ends of the pipe are closed.
                pipe: Any = executor._result_queue
                pipe._writer.close()
            raise


def _next_results(waiting: set) -> tuple[list, set]:
    """Returns the results of the tasks that are done, and the other tasks.

    A signal does not interrupt the waiting itself: it would leave the tasks
    locked, and the executor's own thread would wait for them for ever.
    """
    done: set = set()
    while not done:
        with delayed():
            done, waiting = concurrent.futures.wait(
                waiting, SECONDS_OF_A_WAIT, concurrent.futures.FIRST_COMPLETED
            )
            results = [task.result() for task in done]
    return results, waiting


def _begin_worker() -> None:
    """Makes the worker end with the main process, and warn in one line."""
    # TensorFlow's shutdown takes a second, and aborts after the use of a remote
    # file system; see `rmdn_tf.files.file_systems.leave`.
    atexit.register(os._exit, 0)
    warning = contextlib.ExitStack()
    warning.enter_context(plain_warnings())
    atexit.register(warning.close)

    def wait() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
