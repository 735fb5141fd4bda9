"""What every engine promises of its tasks.

- A task is done at least once, and perhaps twice: after a worker was lost, it
  is done elsewhere.
- A task that fails is done again, `MAX_ATTEMPTS` times in all, if that may
  help. If it still fails, the others go on, and `TasksFailedError` names it at
  the end.
- An error that would come again, such as invalid data, ends the run at once.
"""

import dataclasses
import errno
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from rmdn_tf.files.locks import InUseError
from rmdn_tf.files.write_errors import full_disk

MAX_ATTEMPTS = 3
MAX_LISTED = 20  # Failed tasks that the error lists.

# The system's errors that would come again.
_LASTING = {
    getattr(errno, name)
    for name in (
        "EACCES EDQUOT EEXIST EFBIG EINVAL EISDIR ENAMETOOLONG ENOENT ENOSPC "
        "ENOTDIR ENOTEMPTY EPERM EROFS"
    ).split()
}

# TensorFlow's errors that may not come again.
_PASSING = (
    "AbortedError",
    "CancelledError",
    "DeadlineExceededError",
    "InternalError",
    "ResourceExhaustedError",
    "UnavailableError",
    "UnknownError",
)


class Run(Protocol):
    """Calls a function on every item."""

    def __call__(
        self,
        function: Callable[[Any], Any],
        items: Iterable[Any],
        name: Callable[[Any], str] = str,
    ) -> Iterator[Any]:
        """Calls a function on every item.

        Args:
            function: can be pickled. What it returns is small; for Beam, JSON.
            items: can be pickled.
            name: names an item, for errors.

        Yields:
            The results, in any order.

        Raises:
            TasksFailedError: some tasks failed; all others are done.
            WorkerLostError: the only worker was lost.
            Exception: an error of the function that would come again.
        """


class WorkerLostError(OSError):
    """A worker ended, or could not be reached, while it did a task."""


class TasksFailedError(OSError):
    """Some tasks failed, each several times; all others are done."""

    def __init__(self, failures: dict[str, str], total: int):
        lines = [f"  {name}: {cause}" for name, cause in failures.items()]
        if len(lines) > MAX_LISTED:
            more = len(lines) - MAX_LISTED
            lines = [*lines[:MAX_LISTED], f"  and {more} more"]
        super().__init__(
            f"{len(failures)} of {total} tasks failed {MAX_ATTEMPTS} times; "
            "the others are done. Repeat the command to try again.\n"
            + "\n".join(lines)
        )


def may_pass(error: BaseException) -> bool:
    """Tells whether a task that failed may succeed when it is done again."""
    if full_disk(error) or isinstance(error, InUseError):
        return False
    if isinstance(error, OSError):
        return error.errno not in _LASTING
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow and isinstance(error, tensorflow.errors.OpError):
        return type(error).__name__ in _PASSING
    return isinstance(error, MemoryError | EOFError)


@dataclasses.dataclass(eq=False)
class Attempts:
    """Decides which failed tasks are done again, and lists the others.

    Attributes:
        name: names an item.
    """

    name: Callable[[Any], str]
    _failures: dict[str, str] = dataclasses.field(default_factory=dict)
    _total: int = 0

    def of(self, items: Iterable[Any]) -> Iterator["Task"]:
        """Makes a task of each item, when it is needed."""
        for item in items:
            self._total += 1
            yield Task(item)

    def again(self, task: "Task", error: BaseException) -> bool:
        """Counts a failure; returns whether to do the task again.

        Raises:
            Exception: `error`, if it would come again.
        """
        if not may_pass(error):
            raise error
        task.failures += 1
        if task.failures < MAX_ATTEMPTS:
            return True
        self._failures[self.name(task.item)] = cause_of(error)
        return False

    def give_up(self, task: "Task", cause: str) -> None:
        """Lists a task that failed, and is not done again."""
        self._failures[self.name(task.item)] = cause

    def end(self) -> None:
        """Raises `TasksFailedError` if a task failed."""
        if self._failures:
            raise TasksFailedError(self._failures, self._total)


@dataclasses.dataclass(eq=False)
class Task:
    """An item, and how often its task has failed."""

    item: Any
    failures: int = 0


def in_attempts(
    function: Callable[[Any], Any], item: Any
) -> tuple[Any, str | None]:
    """Does a task here, up to `MAX_ATTEMPTS` times.

    Returns:
        The result and None; or None and the cause of the failure.

    Raises:
        Exception: an error of the function that would come again.
    """
    attempts = Attempts(str)
    task = Task(item)
    while True:
        try:
            return function(item), None
        except Exception as error:
            if not attempts.again(task, error):
                return None, cause_of(error)


def cause_of(error: BaseException) -> str:
    """Returns the message of an error, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
