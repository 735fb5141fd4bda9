"""Calls a function on many items, in this process or several processes."""

import atexit
import collections
import concurrent.futures
import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from rmdn_tf.commands.plain_warnings import plain_warnings
from rmdn_tf.commands.signals import delayed
from rmdn_tf.engines.tasks import (
    Attempts,
    Run,
    Task,
    WorkerLostError,
    in_attempts,
)

MAX_WAITING = 4  # pickled tasks per worker
SECONDS_OF_A_WAIT = 0.1  # A signal waits no longer.


@contextlib.contextmanager
def processes(num_workers: int) -> Iterator[Run]:
    """Yields a `Run` that spreads the items over spawned processes.

    Function, items and results are pickled. An error that ends the run kills
    the processes, and so does a signal that ends the command. A script that
    calls this needs `if __name__ == "__main__"`. With one worker, everything
    runs in this process.
    """
    if num_workers == 1:
        yield in_this_process
        return
    pool = _Pool(num_workers)
    try:
        yield pool.run
    except BaseException:
        pool.kill()
        raise
    pool.close()


def in_this_process(
    function: Callable, items: Iterable, name: Callable[[Any], str] = str
) -> Iterator:
    """Does the tasks one after the other; see `Run`."""
    attempts = Attempts(name)
    for task in attempts.of(items):
        result, failure = in_attempts(function, task.item)
        if failure is None:
            yield result
        else:
            attempts.give_up(task, failure)
    attempts.end()


class _Pool:
    """Processes that are started anew when one of them dies.

    The death of a process breaks Python's pool, and does not tell which task
    killed it: memory that is used up, or a fault in a library. So each task
    that was in the pool is then done alone; if the pool breaks again, the task
    has failed.
    """

    def __init__(self, num_workers: int):
        self._num_workers = num_workers
        self._others = set(multiprocessing.active_children())
        self._start()

    def _start(self) -> None:
        # Spawned, because TensorFlow does not survive a fork.
        with delayed():
            self._executor = concurrent.futures.ProcessPoolExecutor(
                self._num_workers,
                multiprocessing.get_context("spawn"),
                _begin_worker,
            )

    def run(
        self,
        function: Callable,
        items: Iterable,
        name: Callable[[Any], str] = str,
    ) -> Iterator:
        """Does the tasks; see `Run`."""
        attempts = Attempts(name)
        new = attempts.of(items)
        again: collections.deque[Task] = collections.deque()
        alone: collections.deque[Task] = collections.deque()
        waiting: dict[Future, Task] = {}

        def next_task() -> Task | None:
            queue = alone or again
            return queue.popleft() if queue else next(new, None)

        while True:
            most = 1 if alone else self._num_workers * MAX_WAITING
            while len(waiting) < most and (task := next_task()):
                waiting[self._submit(function, task.item)] = task
            if not waiting:
                break
            for future in _next_done(waiting):
                task = waiting.pop(future)
                error = future.exception()
                if error is None:
                    yield future.result()
                elif not isinstance(error, BrokenProcessPool):
                    if attempts.again(task, error):
                        again.append(task)
                else:
                    others = [*waiting.values()]
                    waiting.clear()
                    self.kill()
                    self._start()
                    if others or attempts.again(task, _lost()):
                        alone.extend([task, *others])
                    break
        attempts.end()

    def _submit(self, function: Callable, item: Any) -> Future:
        try:
            with delayed():  # It starts the processes.
                return self._executor.submit(function, item)
        except BrokenProcessPool as error:  # It has just broken.
            broken: Future = Future()
            broken.set_exception(error)
            return broken

    def kill(self) -> None:
        """Kills the processes, also those at work."""
        # If they lived, `close` would wait for every task in the queue.
        with delayed():
            children = set(multiprocessing.active_children())
            for process in children - self._others:
                process.kill()
                process.join()
            # A killed worker may have sent half a result. The executor
            # waits for the rest until all ends of the pipe are closed.
            pipe: Any = self._executor._result_queue
            pipe._writer.close()
        self.close()

    def close(self) -> None:
        """Ends the processes, once they are idle."""
        self._executor.shutdown()


def _next_done(waiting: Iterable[Future]) -> list[Future]:
    """Waits for the next tasks that are done, or have failed.

    A signal does not interrupt the waiting itself: it would leave the tasks
    locked, and the executor's own thread would wait for them for ever.
    """
    done: Iterable[Future] = ()
    while not done:
        with delayed():
            done, _ = concurrent.futures.wait(
                waiting, SECONDS_OF_A_WAIT, concurrent.futures.FIRST_COMPLETED
            )
    # Results first: those that a broken pool has still given are kept.
    return sorted(done, key=lambda future: future.exception() is not None)


def _lost() -> WorkerLostError:
    return WorkerLostError(
        "the process of the task ended, perhaps for lack of memory"
    )


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
