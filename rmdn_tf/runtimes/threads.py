"""Threads for work in NumPy, which lets them run while it computes."""

import concurrent.futures
import functools
import os
from collections.abc import Callable, Collection
from typing import Any


def num_processors() -> int:
    """Returns how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Not on macOS and Windows.
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def for_each(function: Callable[[Any], None], values: Collection) -> None:
    """Calls a function for each value, in threads; raises what it raises."""
    try:
        results = _threads().map(function, values)
    except RuntimeError:  # Python is ending, and begins no more threads.
        results = map(function, values)
    for _ in results:
        pass


@functools.cache
def _threads() -> concurrent.futures.Executor:
    return concurrent.futures.ThreadPoolExecutor(num_processors())


if hasattr(os, "register_at_fork"):  # Threads do not survive a fork.
    os.register_at_fork(after_in_child=_threads.cache_clear)
