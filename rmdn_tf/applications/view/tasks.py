"""Runs pieces of work in a thread, one at a time, while the server answers."""

import queue
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

LISTED, WAITING, RUNNING = "listed", "waiting", "running"
DONE, FAILED = "done", "failed"


class Cancelled(Exception):
    """The work is no longer wanted."""


class Task:
    """A piece of work, as the page sees it.

    Attributes:
        state: `LISTED` until the page asks for the work, `WAITING` until it
            begins, then `RUNNING`, at last `DONE` or `FAILED`.
        progress: from 0 to 1; None if the length is unknown.
        error: one sentence, if it failed.
    """

    def __init__(self) -> None:
        self.state = LISTED
        self.progress: float | None = 0.0
        self.error: str | None = None
        self._is_cancelled = threading.Event()

    @property
    def is_cancelled(self) -> bool:
        """Whether the work is no longer wanted."""
        return self._is_cancelled.is_set()

    def cancel(self) -> None:
        """Ends the work at the next call of `go_on`."""
        self._is_cancelled.set()

    def go_on(self, done: float | None = None, of: float | None = None) -> None:
        """Notes how much is done; the work calls it often.

        Args:
            done: how much, such as a number of frames.
            of: how much in all; None if unknown.

        Raises:
            Cancelled: the work is no longer wanted.
        """
        if self.is_cancelled:
            raise Cancelled
        if done is not None:
            self.progress = min(done / of, 1.0) if of else None

    def finish(self, error: str | None = None) -> None:
        """Ends the work, with an error if it failed."""
        self.error = error
        self.state = FAILED if error else DONE
        if not error:
            self.progress = 1.0

    def to_json(self) -> dict[str, Any]:
        """Returns what the page gets."""
        return {
            "state": self.state,
            "progress": self.progress,
            "error": self.error,
        }


Work = Callable[[Task], None]


class Worker:
    """A thread that does one piece of work after another.

    Args:
        name: name of the thread.
    """

    def __init__(self, name: str):
        self._queue: queue.Queue[tuple[Task, Work] | None] = queue.Queue()
        self._running: Task | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name=name)
        self._thread.daemon = True  # A second Ctrl-C does not wait.
        self._thread.start()

    def add(self, task: Task, work: Work) -> None:
        """Queues work, which waits for its turn.

        Args:
            task: takes the progress and the end.
            work: does the work; an exception is its failure.
        """
        task.state = WAITING
        self._queue.put((task, work))

    def close(self, seconds: float = 10.0) -> None:
        """Cancels all work; waits until the running one ends.

        Args:
            seconds: longest wait.
        """
        self._is_closed = True
        running = self._running
        if running:
            running.cancel()
        self._queue.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._is_closed:
                continue
            self._running, work = item
            _run(self._running, work)
            self._running = None


def _run(task: Task, work: Work) -> None:
    try:
        task.go_on()
        task.state = RUNNING
        work(task)
        task.finish()
    except Exception as error:
        task.finish(_described(error, task.is_cancelled))


def _described(error: Exception, is_cancelled: bool) -> str:
    """Returns one line of text."""
    # Cancelled work may find that its files are gone.
    if is_cancelled or isinstance(error, Cancelled):
        return "Stopped."
    text, kind = " ".join(str(error).split()), type(error).__name__
    if isinstance(error, ValueError | OSError | MemoryError):
        return text or kind
    # Other videos go on: the page and the console show the error.
    traceback.print_exception(error, file=sys.stderr)
    return f"{kind}: {text}"
