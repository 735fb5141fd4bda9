"""Files on other machines, by fsspec: in memory and over http."""

import contextlib
import functools
import http.server
import os
import pathlib
import threading

import pytest

fsspec = pytest.importorskip("fsspec")

from rmdn_tf.files import remote  # noqa: E402
from rmdn_tf.files.file_systems import (  # noqa: E402
    FileState,
    FileSystemError,
    file_state,
)

pytestmark = pytest.mark.slow

NOISE = bytes(range(256)) * 40


@pytest.fixture
def folder(request):
    """Returns a folder in memory, which only this test sees."""
    path = f"memory://{request.node.name}"
    yield path
    remote.remove(path)


@pytest.fixture
def source(tmp_path):
    """Returns a file of this machine."""
    path = tmp_path / "source.bin"
    path.write_bytes(NOISE)
    return str(path)


class Handler(http.server.SimpleHTTPRequestHandler):
    """A server of files; the first requests of each path may fail."""

    failures: dict[str, list[int]] = {}
    sends_parts = True

    def do_GET(self):
        codes = self.failures.get(self.path)
        if codes:
            self.send_error(codes.pop(0))
            return
        asked = self.headers.get("Range")
        if not (asked and self.sends_parts):
            super().do_GET()
            return
        begin, end = map(int, asked.removeprefix("bytes=").split("-"))
        content = pathlib.Path(self.translate_path(self.path)).read_bytes()
        self.send_response(206)
        part = content[begin : end + 1]
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def do_HEAD(self):
        if self.failures.get(self.path):
            self.send_error(self.failures[self.path][0])
            return
        super().do_HEAD()

    def log_message(self, *_):
        """Keeps quiet."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serves `tmp_path` over http; returns its address."""
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(Handler, "failures", {})
    monkeypatch.setattr(Handler, "sends_parts", True)
    handler = functools.partial(Handler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_what_is_uploaded_is_listed_read_and_removed(folder, source, tmp_path):
    for name in ("b", "a", "inner/c"):
        remote.upload(source, f"{folder}/{name}")
    assert remote.names_in(folder) == ["a", "b", "inner"]
    assert remote.read_range(f"{folder}/a", 3, 9) == NOISE[3:9]
    assert remote.read_range(f"{folder}/a", 3, 3) == b""
    remote.download(f"{folder}/a", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == NOISE
    for name in ("a", "inner", "inner"):  # What is gone is gone.
        remote.remove(f"{folder}/{name}")
    assert remote.names_in(folder) == ["b"]


def test_a_missing_file_and_folder_are_told(folder, tmp_path):
    path = f"{folder}/missing"
    assert remote.information(path) is None
    assert remote.names_in(path) == []
    for read in (
        lambda: remote.read_range(path, 0, 1),
        lambda: remote.download(path, str(tmp_path / "copy")),
    ):
        with pytest.raises(FileNotFoundError, match=f"No such file: '{path}'"):
            read()


def test_an_upload_that_fails_leaves_the_old_file(folder, source, monkeypatch):
    remote.upload(source, f"{folder}/a")
    system, _ = remote._file_system(folder)

    def fail(source, place, **_):
        system.pipe_file(place, b"half")
        raise OSError("broken pipe")

    monkeypatch.setattr(system, "put_file", fail)
    with pytest.raises(OSError, match=f"Cannot write '{folder}/a': broken"):
        remote.upload(source, f"{folder}/a")
    assert remote.names_in(folder) == ["a"]
    assert remote.read_range(f"{folder}/a", 0, len(NOISE)) == NOISE


def test_a_file_is_downloaded_in_parts(folder, source, tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "PART_BYTES", 1000)
    remote.upload(source, f"{folder}/a")
    remote.download(f"{folder}/a", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == NOISE


def test_the_state_of_a_file_tells_a_change(tmp_path, folder, source):
    before = file_state(source)
    assert isinstance(before, FileState)
    assert before.size == len(NOISE)
    assert before == file_state(pathlib.Path(source))
    os.utime(source, ns=(0, 5))
    assert file_state(source).time == 5
    assert file_state(source).tag != before.tag
    assert file_state(tmp_path / "missing") is None
    with pytest.raises(IsADirectoryError, match="folder"):
        file_state(tmp_path)
    remote.upload(source, f"{folder}/a")
    assert file_state(f"{folder}/a").size == len(NOISE)
    assert file_state(f"{folder}/a").time
    assert file_state(f"{folder}/missing") is None
    with pytest.raises(IsADirectoryError, match="folder"):
        file_state(folder)


def test_a_file_over_http_is_read_listed_and_downloaded(
    server, source, tmp_path
):
    path = f"{server}/source.bin"
    assert file_state(path).size == len(NOISE)
    assert file_state(path).tag
    assert remote.read_range(path, 5, 9) == NOISE[5:9]
    assert remote.sends_parts(path)
    assert remote.names_in(server) == ["source.bin"]
    remote.download(path, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == NOISE
    assert file_state(f"{server}/missing") is None


def test_a_server_that_sends_only_whole_files_is_read_whole(
    server, source, tmp_path
):
    Handler.sends_parts = False
    path = f"{server}/source.bin"
    assert not remote.sends_parts(path)
    assert remote.read_range(path, 0, 9) == NOISE[:9]
    with pytest.raises(OSError, match="does not send parts"):
        remote.read_range(path, 5, 9)
    remote.download(path, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == NOISE


def test_a_request_over_http_that_fails_is_repeated(
    server, source, monkeypatch
):
    monkeypatch.setattr(remote.time, "sleep", lambda _: None)
    Handler.failures = {"/source.bin": [503, 500]}
    assert remote.read_range(f"{server}/source.bin", 0, 3) == NOISE[:3]
    Handler.failures = {"/source.bin": [503] * 3}
    with pytest.raises(OSError, match="source.bin': 503"):
        remote.read_range(f"{server}/source.bin", 0, 3)


def test_a_server_that_refuses_is_no_missing_file(server, source):
    Handler.failures = {"/source.bin": [403] * 9}
    with pytest.raises(OSError, match="source.bin': 403"):
        file_state(f"{server}/source.bin")


def test_no_error_of_a_driver_tells_a_password_or_a_signature(monkeypatch):
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(remote.time, "sleep", lambda _: None)
    path = "http://me:hidden@127.0.0.1:9/a?sig=hidden"
    with pytest.raises(OSError, match="127.0.0.1:9") as raised:
        remote.information(path)
    error = raised.value
    while error is not None:
        assert "hidden" not in f"{error!r}"
        error = error.__cause__ or (
            None if error.__suppress_context__ else error.__context__
        )


def test_nothing_is_written_over_http(source):
    pytest.importorskip("aiohttp")
    for write in (
        lambda path: remote.upload(source, path),
        remote.remove,
        remote.make_folder,
    ):
        with pytest.raises(OSError, match="'http://host/a': files can only"):
            write("http://host/a")


@pytest.mark.parametrize("path", ["s3://K:S@bucket/a", "az://K:S/S@box/a"])
def test_a_password_that_no_driver_takes_is_refused_and_not_shown(path):
    scheme = path.partition(":")[0]
    with pytest.raises(FileSystemError, match=f"'{scheme}://[*]{{3}}@b"):
        remote.require_driver(path)


def test_an_unknown_scheme_is_an_error_that_lists_the_known():
    message = "'ftp://host/data'.*one of abfs://.*s3://.*Received: ftp://"
    with pytest.raises(FileSystemError, match=message):
        remote.require_driver("ftp://host/data")


@pytest.mark.parametrize(
    ("scheme", "module", "extra"),
    [
        ("s3", "s3fs", "s3"),
        ("gs", "gcsfs", "gs"),
        ("abfs", "adlfs", "azure"),
        ("hdfs", "pyarrow", "hdfs"),
        ("https", "aiohttp", "http"),
    ],
)
def test_a_missing_driver_is_an_error_that_tells_how_to_install_it(
    monkeypatch, scheme, module, extra
):
    def fail(name):
        raise ModuleNotFoundError(f"No module named '{name}'")

    monkeypatch.setattr(remote.importlib, "import_module", fail)
    message = (
        f"'{scheme}://a/b'.*library {module}, which brings {scheme}://.*No "
        rf"module named '{module}'.*pip install 'rmdn-tf\[{extra}\]'"
    )
    with pytest.raises(FileSystemError, match=message):
        remote.require_driver(f"{scheme}://a/b")


@pytest.mark.parametrize(
    ("variables", "endpoint"),
    [
        ({"S3_ENDPOINT": "host:9000"}, "https://host:9000"),
        ({"S3_ENDPOINT": "host:9000", "S3_USE_HTTPS": "0"}, "http://host:9000"),
        ({"S3_ENDPOINT": "http://host:9000"}, "http://host:9000"),
        ({}, None),
    ],
)
def test_the_variables_of_before_choose_the_server_of_s3(
    monkeypatch, variables, endpoint
):
    pytest.importorskip("s3fs")
    for name in ("S3_ENDPOINT", "S3_USE_HTTPS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    system, place = remote._file_system("s3://bucket/a")
    assert system.endpoint_url == endpoint
    assert system.client_kwargs["region_name"] == "eu-west-3"
    assert place == "bucket/a"


def test_the_settings_of_fsspec_come_first(monkeypatch):
    pytest.importorskip("s3fs")
    monkeypatch.setenv("S3_ENDPOINT", "http://other")
    settings = {
        "endpoint_url": "http://host",
        "config_kwargs": {"read_timeout": 3},
    }
    with contextlib.ExitStack() as stack:
        stack.callback(fsspec.config.conf.pop, "s3", None)
        fsspec.config.conf["s3"] = settings
        system, _ = remote._file_system("s3://bucket/a")
    assert system.endpoint_url == "http://host"
    assert system.config_kwargs["read_timeout"] == 3
    assert system.config_kwargs["connect_timeout"] == remote.CONNECT_SECONDS
