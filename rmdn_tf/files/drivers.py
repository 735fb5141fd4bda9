"""The drivers of fsspec, which bring schemes, and their settings."""

import dataclasses
import importlib
import os
from collections.abc import Callable
from typing import Any

import fsspec.config
from fsspec.core import url_to_fs

from rmdn_tf.files.path_errors import FileSystemError
from rmdn_tf.files.shown_paths import HIDDEN, shown

# Seconds until a server must take a connection, and go on with an answer.
CONNECT_SECONDS = 10
ANSWER_SECONDS = 20
ATTEMPTS = 3  # Of a request.

# How many parts of a file are under way at a time, up or down.
MAX_PARTS = 4


@dataclasses.dataclass(frozen=True)
class Driver:
    """What brings a scheme.

    Attributes:
        module: the library to import; "" if fsspec itself brings it.
        extra: the extra of this package that installs the library.
        has_folders: whether folders are made and removed, as on a disk.
        renames: whether a file appears while it is written, as on a disk, so
            that it is renamed when it is whole.
        is_read_only: whether files cannot be written.
        takes_password: whether a path may hold a user and a password.
    """

    module: str = ""
    extra: str = ""
    has_folders: bool = False
    renames: bool = False
    is_read_only: bool = False
    takes_password: bool = False


_AZURE = Driver("adlfs", "azure")
_HTTP = Driver("aiohttp", "http", is_read_only=True, takes_password=True)
DRIVERS = {
    "abfs": _AZURE,
    "abfss": _AZURE,
    "az": _AZURE,
    "file": Driver(has_folders=True, renames=True),
    "gs": Driver("gcsfs", "gs"),
    "hdfs": Driver("pyarrow", "hdfs", has_folders=True, renames=True),
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


def file_system(path: str) -> tuple[Any, str]:
    """Returns the file system of a path, and the path in its words."""
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
