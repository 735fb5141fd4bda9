"""Files on other machines: what `file_systems` does with them.

Errors of the drivers become an `OSError` that names the path and the cause,
without credentials.
"""

import contextlib
import datetime
import os
import posixpath
import secrets
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from fsspec import asyn

from rmdn_tf.files.drivers import (
    ATTEMPTS,
    MAX_PARTS,
    file_system,
    require_driver,
    require_writable,
)
from rmdn_tf.files.path_errors import FileSystemError
from rmdn_tf.files.shown_paths import redacted, shown

# Bytes of a part of an upload.
PART_BYTES = 8 * 2**20


def _call(path: str, what: str, use: Callable[[Any, str], Any]) -> Any:
    """Calls a function with the file system of a path, and the path there.

    Args:
        what: verb of the error, such as "read".

    Raises:
        FileNotFoundError: the path is missing.
        OSError: any other error of the driver.
    """
    require_driver(path)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return use(*file_system(path))
        except FileSystemError:
            raise
        except Exception as error:
            if _is_missing(error) and what != "write":
                message = f"No such file: '{shown(path)}'."
                raise FileNotFoundError(message) from None
            # The other drivers repeat requests themselves.
            if attempt < ATTEMPTS and path.startswith("http"):
                if _is_passing(error):
                    time.sleep(0.2 * 2**attempt)
                    continue
            raise_clear(error, path, what)


def raise_clear(error: BaseException, path: str, what: str) -> NoReturn:
    """Raises the error of a library as an `OSError` that names the path."""
    cause = error.__cause__ or error  # Over http every error is "not found".
    said = str(cause) or type(cause).__name__
    told = redacted(" ".join(said.split())).rstrip(".")
    message = f"Cannot {what} '{shown(path)}': {told}."
    # A traceback prints the causes, too.
    is_safe = all(redacted(str(e)) == str(e) for e in (error, cause))
    raise OSError(message) from (error if is_safe else None)


def _is_missing(error: Exception) -> bool:
    if not isinstance(error, FileNotFoundError):
        return False
    cause = error.__cause__
    if type(cause).__module__.startswith("aiohttp"):
        return getattr(cause, "status", None) in (404, 410)
    return not isinstance(cause, TimeoutError)


def _is_passing(error: Exception) -> bool:
    """Tells whether a request over http may succeed the next time."""
    import aiohttp

    cause = error.__cause__ or error
    if isinstance(cause, aiohttp.ClientResponseError):
        return cause.status in (429, 500, 502, 503, 504)
    kinds = aiohttp.ClientConnectionError, aiohttp.ClientPayloadError
    return isinstance(cause, (*kinds, TimeoutError))


def information(path: str) -> dict[str, Any] | None:
    """Returns what the driver knows of a file or folder; None if missing."""
    try:
        return _call(path, "read", lambda system, place: system.info(place))
    except FileNotFoundError:
        return None


def names_in(directory: str) -> list[str]:
    """Lists the names in a directory, sorted; [] if it does not exist."""
    return sorted(kinds_in(directory))


def kinds_in(directory: str) -> dict[str, bool]:
    """Returns name -> whether it is a directory, of all in a directory.

    It is empty if the directory does not exist: on S3 a directory exists once
    it holds a file.
    """

    def find(system: Any, place: str) -> dict[str, bool]:
        inside = place.rstrip("/") + "/"
        listed = system.ls(inside if "://" in place else place, detail=True)
        return {
            info["name"].rstrip("/").removeprefix(inside): (
                info["type"] == "directory" or info["name"].endswith("/")
            )
            for info in listed
        }

    try:
        kinds = _call(directory, "read", find)
    except FileNotFoundError:
        return {}
    # Without marks of the directory itself, and links to elsewhere.
    return {n: kind for n, kind in kinds.items() if n and "/" not in n}


def read_range(path: str, begin: int, end: int) -> bytes:
    """Reads the bytes from `begin` up to, but not with, `end`."""
    if begin >= end:
        return b""
    if path.startswith("http"):
        return _call(
            path,
            "read",
            lambda system, place: asyn.sync(
                system.loop, _get_part, system, place, begin, end
            )[0],
        )
    return _call(
        path,
        "read",
        lambda system, place: system.cat_file(place, start=begin, end=end),
    )


async def _get_part(
    system: Any, url: str, begin: int, end: int
) -> tuple[bytes, bool]:
    """Reads a part over http; also tells whether the server sends parts."""
    session = await system.set_session()
    headers = {"Range": f"bytes={begin}-{end - 1}"}
    async with session.get(system.encode_url(url), headers=headers) as answer:
        if answer.status in (404, 410):
            raise FileNotFoundError(url)
        answer.raise_for_status()
        is_part = answer.status == 206
        if begin and not is_part:
            raise OSError("the server does not send parts of files")
        content = b""
        while len(content) < end - begin:
            more = await answer.content.read(end - begin - len(content))
            if not more:
                break
            content += more
        return content, is_part


def sends_parts(path: str) -> bool:
    """Tells whether parts of a file can be read; some http servers cannot."""
    if not path.startswith("http"):
        return True
    return _call(
        path,
        "read",
        lambda system, place: asyn.sync(
            system.loop, _get_part, system, place, 0, 1
        )[1],
    )


def download_whole(path: str, target: str) -> None:
    """Copies a file to this machine by one request."""
    _call(path, "read", lambda system, place: system.get_file(place, target))


def upload(source: str, path: str) -> None:
    """Copies a file of this machine; it appears at its name when whole."""
    driver = require_writable(path)
    os.stat(source)  # Its error is about this machine.
    parts = {}
    if path.startswith("s3:"):
        parts = {"chunksize": PART_BYTES, "max_concurrency": MAX_PARTS}
    put = _put_renamed if driver.renames else _put
    _call(
        path,
        "write",
        lambda system, place: put(system, source, place, **parts),
    )


def _put(system: Any, source: str, place: str, **parts: int) -> None:
    system.put_file(source, place, **parts)


def _put_renamed(system: Any, source: str, place: str) -> None:
    """Writes under another name first."""
    folder, name = posixpath.split(place)
    system.makedirs(folder, exist_ok=True)
    unfinished = f"{folder}/unfinished.{secrets.token_hex(4)}.{name}"
    try:
        system.put_file(source, unfinished)
        if system.exists(place):
            system.rm_file(place)  # HDFS renames to free names only.
        system.mv(unfinished, place)
    except BaseException:
        with contextlib.suppress(Exception):
            system.rm_file(unfinished)
        raise


def remove(path: str) -> None:
    """Removes a file, or a folder with its content; a missing one is fine."""
    has_folders = require_writable(path).has_folders
    with contextlib.suppress(FileNotFoundError):
        _call(
            path,
            "remove",
            lambda system, place: _remove(system, place, has_folders),
        )


def _remove(system: Any, place: str, has_folders: bool) -> None:
    """Removes files one by one: `rm` would take "a[1]" for a pattern."""
    if system.info(place)["type"] != "directory":
        system.rm_file(place)
        return
    found = system.find(place, withdirs=True, detail=True)
    folders = []
    for name, info in found.items():
        if info["type"] == "directory":
            folders.append(name)
        else:
            system.rm_file(name)
    if has_folders:
        for folder in sorted({*folders, place}, key=len, reverse=True):
            system.rmdir(folder)


def make_folder(path: str) -> None:
    """Makes a folder and its parents, where the driver knows folders."""
    if require_writable(path).has_folders:
        _call(
            path,
            "write",
            lambda system, place: system.makedirs(place, exist_ok=True),
        )


def state_of(path: str) -> tuple[int | str, ...] | None:
    """Returns the state of a file, as `unchanged.file_state` does.

    It is the length, the time, the store's tag of the content, and the time
    again where there is no tag.
    """
    info = information(path)
    if info is None:
        return None
    changed, tag = _time_of(info), _tag_of(info)
    return length_of(path, info), changed, tag, 0 if tag else changed


def length_of(path: str, info: Mapping[str, Any]) -> int:
    """Returns the length of a file in bytes, from its `information`."""
    if info["type"] == "directory":
        raise IsADirectoryError(f"Cannot read '{shown(path)}': it is a folder.")
    if info["size"] is None:
        raise OSError(
            f"Cannot read '{shown(path)}': the server does not tell its length."
        )
    return info["size"]


def _time_of(info: Mapping[str, Any]) -> int:
    """Returns when a file changed, in ns since 1970; now if unknown."""
    for key in ("LastModified", "mtime", "last_modified", "updated", "created"):
        value = info.get(key)
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                value = datetime.datetime.fromisoformat(value)
        if isinstance(value, datetime.datetime):
            value = value.timestamp()
        if isinstance(value, int | float):
            return round(value * 1e9)
    if "Last-Modified" in info:  # Over http.
        with contextlib.suppress(ValueError):
            told = parsedate_to_datetime(info["Last-Modified"])
            return round(told.timestamp() * 1e9)
    return time.time_ns()


def _tag_of(info: Mapping[str, Any]) -> str:
    for key in ("ETag", "etag", "generation", "md5Hash"):
        if info.get(key):
            return str(info[key]).strip('"')
    return ""
