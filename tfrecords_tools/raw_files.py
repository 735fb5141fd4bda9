"""Folders and text files of a raw dataset, read with clear errors."""

import os
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, TypeVar

from rmdn_tf.files.safe_names import composed
from rmdn_tf.files.unchanged import while_unchanged
from tfrecords_tools.raw_video import SourceError

MAX_QUOTED = 100  # characters of a malformed line in an error

_kept: list[Any] = []
# The name of the preparation that the caches belong to.
_preparation: str | None = None

Name = TypeVar("Name", bound=Hashable)


def kept(
    files: Callable[..., Iterable[str | os.PathLike]] = lambda *_: (),
    num_results: int = 1,
) -> Callable[[Callable], Callable]:
    """Decorates a function to cache its last results until `forget_kept`.

    Each process then reads a folder or table that all videos share only once.

    Args:
        files: takes the function's arguments and lists the tables that the
            function reads. A table that changes is read again.
        num_results: how many results to cache.
    """

    def decorate(function: Callable) -> Callable:
        cached = while_unchanged(files, num_results)(function)
        _kept.append(cached)
        return cached

    return decorate


def forget_kept(preparation: str | None = None) -> None:
    """Clears every cache of `kept`, as the files may have changed.

    Args:
        preparation: unique name of the preparation under way. What the process
            has read for it stays; a process of a cluster serves several.
    """
    global _preparation
    if preparation is None or preparation != _preparation:
        for cached in _kept:
            cached.cache_clear()
    _preparation = preparation or _preparation


def existing(paths: Iterable[str]) -> list[str]:
    """Drops the paths of missing files; for `Source.files`."""
    return [path for path in paths if os.path.isfile(path)]


def paths_in(folder: str | os.PathLike) -> list[str]:
    """Lists a folder's content, sorted; raises `SourceError` if it cannot."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise _unreadable_folder(error) from error
    return [os.path.join(folder, name) for name in names]


def avi_files(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yields (name without suffix, path) of the AVI files not hidden."""
    for path in paths:
        name, suffix = os.path.splitext(os.path.basename(path))
        if suffix.lower() == ".avi" and not name.startswith("."):
            yield composed(name), path


def by_name(
    named_paths: Iterable[tuple[Name, str]], what: str
) -> dict[Name, str]:
    """Returns name -> path, sorted by name.

    Raises:
        SourceError: two paths have the same name; calls them `what`.
    """
    paths: dict[Name, str] = {}
    for name, path in named_paths:
        first = paths.setdefault(name, path)
        if first != path:
            one, other = first, path
            if composed(first) == composed(path):  # They look the same.
                one, other = ascii(first)[1:-1], ascii(path)[1:-1]
            raise SourceError(
                f"Two paths for the {what} {name!r}: '{one}' and '{other}'. "
                "Keep one of them."
            )
    return dict(sorted(paths.items()))


def numbered_lines(
    path: str | os.PathLike, advice: str = ""
) -> Iterator[tuple[int, str]]:
    """Yields (number from 1, text) of each line that is not blank.

    Invalid UTF-8 becomes U+FFFD; names become `composed`.

    Raises:
        SourceError: the file is missing or unreadable; ends with the advice.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, composed(line.rstrip("\n"))
    except OSError as error:
        message = f"Unreadable file '{path}': {error.strerror}. {advice}"
        raise SourceError(message.rstrip()) from error


def invalid_line(
    path: str | os.PathLike, number: int, expected: str, line: str
) -> SourceError:
    """Returns the error to raise for a malformed line."""
    return SourceError(
        f"Invalid line {number} of '{path}'. Expected {expected}. "
        f"Received: {line[:MAX_QUOTED]!r}."
    )


def _unreadable_folder(error: OSError) -> SourceError:
    return SourceError(
        f"Unreadable folder '{error.filename}': {error.strerror}."
    )
