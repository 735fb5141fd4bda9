"""Remote files by fsspec: the only module that knows it.

`file_systems` calls these functions for every path with a scheme. A driver is
loaded only if a path needs it. Its errors become an `OSError` that names the
path and the cause, without credentials.
"""

import contextlib
import dataclasses
import datetime
import importlib
import os
import posixpath
import secrets
import time
from collections.abc import Callable
from typing import Any, NoReturn

import fsspec.config
from fsspec import asyn
from fsspec.core import url_to_fs

from rmdn_tf.files.file_systems import FileState, FileSystemError
from rmdn_tf.files.shown_paths import HIDDEN, redacted, shown

# Seconds until a server must take a connection, and go on with an answer.
CONNECT_SECONDS = 10
ANSWER_SECONDS = 20
ATTEMPTS = 3  # Of a request.

# Bytes of a request, of an upload and of a download; four run at a time.
PART_BYTES = 8 * 2**20
MAX_PARTS = 4


@dataclasses.dataclass(frozen=True)
class Driver:
    """What brings a scheme.

    Attributes:
        module: the library to import; "" if fsspec itself brings it.
        extra: the extra of this package that installs the library.
        has_folders: whether folders are made and files renamed, as on a disk;
            otherwise an upload appears at once, whole.
        is_read_only: whether files cannot be written.
        takes_password: whether a path may hold a user and a password.
    """

    module: str = ""
    extra: str = ""
    has_folders: bool = False
    is_read_only: bool = False
    takes_password: bool = False


_AZURE = Driver("adlfs", "azure")
_HTTP = Driver("aiohttp", "http", is_read_only=True, takes_password=True)
DRIVERS = {
    "abfs": _AZURE,
    "abfss": _AZURE,
    "az": _AZURE,
    "file": Driver(has_folders=True),
    "gs": Driver("gcsfs", "gs"),
    "hdfs": Driver("pyarrow", "hdfs", has_folders=True),
    "http": _HTTP,
    "https": _HTTP,
    "memory": Driver(has_folders=True),
    "s3": Driver("s3fs", "s3"),
}


def require_driver(path: str) -> None:
    """Makes sure that a path's driver is installed; needs no network.

    Raises:
        FileSystemError: the scheme is unknown, its driver is missing, or the
            path holds a password that the driver would take for a name.
    """
    scheme, driver = _driver(path)
    has_password = shown(path).startswith(f"{scheme}://{HIDDEN}@")
    if has_password and not driver.takes_password:
        raise FileSystemError(
            f"Invalid path '{shown(path)}'. Expected no password in it: the "
            "variables of the environment hold it, such as "
            "AWS_SECRET_ACCESS_KEY."
        )
    if not driver.module:
        return
    try:
        importlib.import_module(driver.module)
    except ImportError as error:
        raise FileSystemError(
            f"Cannot use '{shown(path)}'. Expected the library "
            f"{driver.module}, which brings {scheme}://. Received: {error}. "
            f"Install it: pip install 'rmdn-tf[{driver.extra}]'."
        ) from error


def _driver(path: str) -> tuple[str, Driver]:
    scheme = path.partition("://")[0]
    if scheme not in DRIVERS:
        known = [name for name in DRIVERS if DRIVERS[name].module]
        raise FileSystemError(
            f"Invalid scheme of '{shown(path)}'. Expected a path of this "
            f"machine, or one of {'://, '.join(known)}://. Received: "
            f"{scheme}://."
        )
    return scheme, DRIVERS[scheme]


def require_writable(path: str) -> Driver:
    """Returns the driver of a path; refuses one that cannot be written."""
    scheme, driver = _driver(path)
    if driver.is_read_only:
        raise OSError(
            f"Cannot write '{shown(path)}': files can only be read over "
            f"{scheme}://."
        )
    return driver


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
            return use(*_file_system(path))
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


def _file_system(path: str) -> tuple[Any, str]:
    scheme = path.partition("://")[0]
    # Others write there, too.
    options: dict[str, Any] = {"use_listings_cache": False}
    options |= _OPTIONS.get(scheme, dict)()
    configured = fsspec.config.conf.get(scheme, {})
    for key, value in configured.items():
        if isinstance(value, dict) and isinstance(options.get(key), dict):
            options[key] = options[key] | value
        else:
            options[key] = value
    file_system, place = url_to_fs(path, **options)
    if scheme == "s3":
        # botocore repeats a request; this repeats a read that broke off.
        file_system.retries = 2
    return file_system, place


def _s3_options() -> dict[str, Any]:
    """Reads the variables of TensorFlow's file system; boto reads its own."""
    client: dict[str, Any] = {}
    if region := os.environ.get("AWS_REGION"):
        client["region_name"] = region
    if os.environ.get("S3_VERIFY_SSL") == "0":
        client["verify"] = False
    options: dict[str, Any] = {
        "client_kwargs": client,
        "config_kwargs": {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": ANSWER_SECONDS,
            "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
        },
        "max_concurrency": MAX_PARTS,
    }
    if endpoint := os.environ.get("S3_ENDPOINT"):
        is_plain = os.environ.get("S3_USE_HTTPS") == "0"
        if "://" not in endpoint:
            endpoint = f"http{'' if is_plain else 's'}://{endpoint}"
        options["endpoint_url"] = endpoint
    return options


def _http_options() -> dict[str, Any]:
    import aiohttp

    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS
    )
    # With the proxy of the environment.
    return {"client_kwargs": {"timeout": timeout, "trust_env": True}}


_OPTIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "s3": _s3_options,
    "http": _http_options,
    "https": _http_options,
    "gs": lambda: {"requests_timeout": ANSWER_SECONDS},
}


def information(path: str) -> dict[str, Any] | None:
    """Returns what the driver knows of a file or folder; None if missing."""
    try:
        return _call(path, "read", lambda system, place: system.info(place))
    except FileNotFoundError:
        return None


def names_in(directory: str) -> list[str]:
    """Lists the names in a directory, sorted; [] if it does not exist."""

    def list_paths(system: Any, place: str) -> list[str]:
        inside = place.rstrip("/") + "/"
        paths = system.ls(inside if "://" in place else place, detail=False)
        return [path.rstrip("/").removeprefix(inside) for path in paths]

    try:
        names = _call(directory, "read", list_paths)
    except FileNotFoundError:
        return []  # On S3 a directory exists once it holds a file.
    # Also without marks of the directory itself, and links to elsewhere.
    return sorted({name for name in names if name and "/" not in name})


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


def download(path: str, target: str) -> None:
    """Copies a file to this machine in bounded memory."""
    info = information(path)
    if info is None:
        raise FileNotFoundError(f"No such file: '{shown(path)}'.")
    if info["size"] is None or not sends_parts(path):
        _call(
            path, "read", lambda system, place: system.get_file(place, target)
        )
        return
    with open(target, "wb") as file:
        for begin in range(0, info["size"], PART_BYTES):
            end = min(begin + PART_BYTES, info["size"])
            content = read_range(path, begin, end)
            if len(content) != end - begin:
                raise OSError(
                    f"Cannot read '{shown(path)}': it became shorter meanwhile."
                )
            file.write(content)


def upload(source: str, path: str) -> None:
    """Copies a file of this machine; it appears at its name when whole."""
    driver = require_writable(path)
    parts = {}
    if path.startswith("s3:"):
        parts = {"chunksize": PART_BYTES, "max_concurrency": MAX_PARTS}
    put = _put_renamed if driver.has_folders else _put
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
    require_writable(path)
    with contextlib.suppress(FileNotFoundError):
        _call(
            path,
            "remove",
            lambda system, place: system.rm(place, recursive=True),
        )


def make_folder(path: str) -> None:
    """Makes a folder and its parents, where the driver knows folders."""
    if require_writable(path).has_folders:
        _call(
            path,
            "write",
            lambda system, place: system.makedirs(place, exist_ok=True),
        )


def state_of(path: str) -> FileState | None:
    """Returns the state of a file; None if it is missing."""
    info = information(path)
    if info is None:
        return None
    if info["type"] == "directory":
        raise IsADirectoryError(f"Cannot read '{shown(path)}': it is a folder.")
    if info["size"] is None:
        raise OSError(
            f"Cannot read '{shown(path)}': the server does not tell its length."
        )
    return FileState(info["size"], _time_of(info), _tag_of(info))


def _time_of(info: dict[str, Any]) -> int | None:
    for key in ("LastModified", "mtime", "last_modified", "updated", "created"):
        value = info.get(key)
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                value = datetime.datetime.fromisoformat(value)
        if isinstance(value, datetime.datetime):
            value = value.timestamp()
        if isinstance(value, int | float):
            return round(value * 1e9)
    return None


def _tag_of(info: dict[str, Any]) -> str:
    for key in ("ETag", "etag", "generation", "md5Hash", "Last-Modified"):
        if info.get(key):
            return str(info[key]).strip('"')
    return ""
