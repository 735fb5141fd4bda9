"""Caches of what was read, for as long as the files stay unchanged."""

import collections
import functools
import os
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from rmdn_tf.files.file_systems import is_local

# A file's place, length and times, or an object's ETag; see `file_state`.
FileState = tuple[int | str, ...]

# Two changes within a clock tick leave the same times: at worst 2 s apart, on
# FAT. Git calls such a file "racily clean".
_TICK_NS = 2_000_000_000


def while_unchanged(
    files: Callable[..., Iterable[str | os.PathLike]], num_results: int = 1
) -> Callable[[Callable], Callable]:
    """Decorates a function to cache its last results.

    A result is computed again once one of its files is replaced, or has another
    length or time. That includes `ctime`, which no program can set back. A
    result of files that have just changed is not cached.

    Args:
        files: takes the function's arguments; lists the files, or local
            folders, that the function reads.
        num_results: how many results to cache, the latest.

    Example:

    >>> @while_unchanged(lambda path: [path])
    ... def read_table(path): ...
    """

    def decorate(function: Callable) -> Callable:
        results: collections.OrderedDict = collections.OrderedDict()
        lock = threading.Lock()

        def cached(*arguments: Hashable) -> Any:
            now = time.time_ns()
            states = [file_state(path) for path in files(*arguments)]
            known = results.get(arguments)
            if known is not None and known[0] == states:
                return known[1]
            result = function(*arguments)
            settled = all(
                state is None or is_settled(state, now) for state in states
            )
            with lock:
                results.pop(arguments, None)
                if settled:
                    results[arguments] = states, result
                if len(results) > num_results:
                    results.popitem(last=False)
            return result

        decorated: Any = functools.wraps(function)(cached)
        decorated.cache_clear = results.clear
        return decorated

    return decorate


def file_state(path: str | os.PathLike) -> FileState | None:
    """Identifies a file and its content without reading it.

    Returns:
        Two equal states mean the same content, if both are settled; see
        `is_settled`. The last item is when the file last changed, in ns since
        1970; 0 if the other items identify the content by themselves. None if
        the file is missing.

    Raises:
        OSError: the server of a remote file does not answer.
    """
    if not is_local(path):
        from rmdn_tf.files import remote

        return remote.state_of(os.fspath(path))
    try:
        s = os.stat(path)
    except OSError:
        return None
    return s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns


def is_settled(state: FileState, now: int) -> bool:
    """Tells whether a later change of a file would change its state.

    Args:
        state: read at `now` or later.
        now: the time, in ns since 1970.
    """
    return int(state[-1]) < now - _TICK_NS
