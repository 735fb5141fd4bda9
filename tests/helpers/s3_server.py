"""An S3 server of this machine, as a fixture of pytest and as a context."""

import contextlib
import dataclasses
import importlib.util
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from rmdn_tf.files.file_systems import require_file_system
from rmdn_tf.files.path_errors import FileSystemError

BUCKET = "bucket"  # S3 wants names of three letters or more.
SECONDS_TO_START = 60
HEADERS = {
    # The server checks no signature, but that there is one.
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/s3/"
    "aws4_request, SignedHeaders=host, Signature=0",
    # A form, which is the default, it would take apart.
    "Content-Type": "application/octet-stream",
}


@dataclasses.dataclass(frozen=True)
class S3Server:
    """A server that runs, with an empty bucket at first.

    Attributes:
        endpoint: its address.
        environment: what a process needs to find it.
    """

    endpoint: str
    environment: dict[str, str]

    def path(self, name: str) -> str:
        """Returns "s3://bucket/name"."""
        return f"s3://{BUCKET}/{name}"

    def put(self, directory: pathlib.Path, name: str) -> str:
        """Uploads the files of a directory; returns their s3:// path."""
        for file in directory.iterdir():
            self.put_file(file, f"{name}/{file.name}")
        return self.path(name)

    def put_file(self, path: pathlib.Path, name: str) -> None:
        """Uploads a file."""
        url = f"{self.endpoint}/{BUCKET}/{urllib.parse.quote(name)}"
        _request(url, "PUT", path.read_bytes())

    def names(self, prefix: str) -> list[str]:
        """Lists the names of all files that begin with a text."""
        url = f"{self.endpoint}/{BUCKET}?list-type=2&prefix={prefix}"
        return re.findall("<Key>(.*?)</Key>", _request(url, "GET").decode())

    def get(self, name: str) -> bytes:
        """Returns the content of a file."""
        return _request(f"{self.endpoint}/{BUCKET}/{name}", "GET")

    def run(
        self,
        *arguments: str,
        environment: dict[str, str] | None = None,
        timeout: float = 300,
        cwd: pathlib.Path | None = None,
    ) -> subprocess.CompletedProcess:
        """Runs Python with arguments, in a process that finds the server."""
        return subprocess.run(
            [sys.executable, *arguments],
            env=environment or self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            cwd=cwd,
        )


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    """Returns an `S3Server`, or skips the test and says why."""
    if importlib.util.find_spec("moto") is None:
        pytest.skip("No S3 server: pip install 'moto[server]'.")
    try:
        require_file_system(f"s3://{BUCKET}")
    except FileSystemError as error:
        pytest.skip(str(error))
    with run_s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@contextlib.contextmanager
def run_s3_server(
    folder: pathlib.Path, host: str = "127.0.0.1"
) -> Iterator[S3Server]:
    """Runs an `S3Server` on an address of this machine; logs in a folder."""
    log, port = folder / "log.txt", _free_port(host)
    with open(log, "w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", host, "-p", str(port)],
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        endpoint = f"http://{host}:{port}"
        _make_bucket(endpoint, process, log)
        yield S3Server(endpoint, os.environ | _settings(endpoint))
    finally:
        process.kill()
        process.wait()


def _settings(endpoint: str) -> dict[str, str]:
    return {
        "S3_ENDPOINT": endpoint,
        "S3_USE_HTTPS": "0",
        "S3_VERIFY_SSL": "0",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _free_port(host: str) -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        return listener.getsockname()[1]


def _make_bucket(endpoint, process, log) -> None:
    """Waits until the server answers."""
    end = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < end:
        try:
            _request(f"{endpoint}/{BUCKET}", "PUT")
            return
        except OSError:  # Refused, or not in time.
            time.sleep(0.1)
    text = log.read_text()[-1000:]
    raise RuntimeError(f"The S3 server did not start: {text}")


def _request(url: str, method: str, data: bytes | None = None) -> bytes:
    # Past any proxy: the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, data, HEADERS, method=method)
    with opener.open(request, timeout=10) as response:
        return response.read()
