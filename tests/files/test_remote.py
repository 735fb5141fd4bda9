"""Files on other machines, by fsspec: in memory and over http."""

import functools
import hashlib
import http.server
import os
import pathlib
import threading
from datetime import UTC, datetime

import pytest

fsspec = pytest.importorskip("fsspec")

from rmdn_tf.files import drivers, read_ahead, remote  # noqa: E402
from rmdn_tf.files.checksums import sha256_of  # noqa: E402
from rmdn_tf.files.file_systems import (  # noqa: E402
    file_length,
    local_copy,
)
from rmdn_tf.files.read_ahead import ReadAhead, download  # noqa: E402
from rmdn_tf.files.unchanged import file_state  # noqa: E402

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
    download(f"{folder}/a", str(tmp_path / "copy"))
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
        lambda: download(path, str(tmp_path / "copy")),
    ):
        with pytest.raises(FileNotFoundError, match=f"No such file: '{path}'"):
            read()


def test_an_upload_to_a_disk_that_fails_leaves_the_old_file(
    tmp_path, source, monkeypatch
):
    folder = f"file://{tmp_path}/out"
    remote.upload(source, f"{folder}/a")
    remote.upload(source, f"{folder}/a")
    system, _ = drivers.file_system(folder)

    def fail(source, place, **_):
        pathlib.Path(place).write_bytes(b"half")
        raise OSError("broken pipe")

    monkeypatch.setattr(system, "put_file", fail)
    with pytest.raises(OSError, match=f"Cannot write '{folder}/a': broken"):
        remote.upload(source, f"{folder}/a")
    assert remote.names_in(folder) == ["a"]
    assert remote.read_range(f"{folder}/a", 0, len(NOISE)) == NOISE
    remote.make_folder(f"{folder}/inner/deep")
    remote.remove(folder)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["a[1]", "a*", "a?b", "ä b#c%20"])
def test_a_name_is_no_pattern(folder, source, name):
    for one in (name, "a1", "axb"):
        remote.upload(source, f"{folder}/{one}")
    assert remote.information(f"{folder}/{name}")["size"] == len(NOISE)
    remote.remove(f"{folder}/{name}")
    assert remote.names_in(folder) == ["a1", "axb"]


def test_a_file_is_downloaded_in_parts(folder, source, tmp_path, monkeypatch):
    monkeypatch.setattr(read_ahead, "READ_BYTES", 1000)
    remote.upload(source, f"{folder}/a")
    download(f"{folder}/a", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == NOISE


def test_the_state_of_a_remote_file_tells_a_change(folder, source, tmp_path):
    remote.upload(source, f"{folder}/a")
    before = file_state(f"{folder}/a")
    assert before[0] == len(NOISE)
    assert before == file_state(f"{folder}/a")
    (tmp_path / "other").write_bytes(NOISE[1:] + b"x")
    remote.upload(str(tmp_path / "other"), f"{folder}/a")
    assert file_state(f"{folder}/a") != before
    assert file_state(f"{folder}/missing") is None
    with pytest.raises(IsADirectoryError, match="folder"):
        file_state(folder)


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (
            {"ETag": '"1a"', "LastModified": datetime(2020, 1, 1, tzinfo=UTC)},
            (5, 1577836800 * 10**9, "1a", 0),
        ),
        (
            {"Last-Modified": "Wed, 01 Jan 2020 00:00:00 GMT"},
            (5, 1577836800 * 10**9, "", 1577836800 * 10**9),
        ),
        ({"mtime": 2.5}, (5, 25 * 10**8, "", 25 * 10**8)),
        (
            {"generation": 7, "updated": "2020-01-01T00:00:00Z"},
            (5, 1577836800 * 10**9, "7", 0),
        ),
    ],
)
def test_each_store_tells_the_state_in_its_own_words(
    monkeypatch, info, expected
):
    known = {"type": "file", "size": 5, **info}
    monkeypatch.setattr(remote, "information", lambda path: known)
    assert remote.state_of("s3://bucket/a") == expected


def test_a_file_is_read_ahead_in_parts(folder, source, monkeypatch):
    monkeypatch.setattr(read_ahead, "READ_BYTES", 1000)
    remote.upload(source, f"{folder}/a")
    file = ReadAhead(f"{folder}/a")
    assert file.size == len(NOISE)
    sizes = (1, 0, 999, 1500, 10**9, 5)
    read = [file.read(size) for size in sizes]
    assert b"".join(read) == NOISE
    assert [len(part) for part in read[:4]] == [1, 0, 999, 1500]
    assert read[-1] == b""


def test_a_file_that_becomes_shorter_while_it_is_read_is_an_error(
    folder, source, tmp_path, monkeypatch
):
    monkeypatch.setattr(read_ahead, "READ_BYTES", 1000)
    remote.upload(source, f"{folder}/a")
    file = ReadAhead(f"{folder}/a")
    (tmp_path / "short").write_bytes(b"x" * 3500)
    remote.upload(str(tmp_path / "short"), f"{folder}/a")
    with pytest.raises(OSError, match=f"'{folder}/a': it became shorter"):
        file.read(10**9)


def test_the_checksum_of_a_file_is_the_same_everywhere(
    folder, source, server, monkeypatch
):
    monkeypatch.setattr(read_ahead, "READ_BYTES", 1000)
    remote.upload(source, f"{folder}/a")
    expected = hashlib.sha256(NOISE).hexdigest()
    assert sha256_of(source) == expected
    assert sha256_of(f"{folder}/a") == expected
    Handler.sends_parts = False
    assert sha256_of(f"{server}/source.bin") == expected


def test_a_copy_of_this_machine_lives_as_long_as_it_is_used(folder, source):
    with local_copy(source) as path:
        assert path == source
    remote.upload(source, f"{folder}/video.avi")
    with local_copy(f"{folder}/video.avi") as path:
        assert pathlib.Path(path).read_bytes() == NOISE
        assert path.endswith("/video.avi")
    assert not os.path.exists(os.path.dirname(path))


def test_a_file_over_http_is_read_listed_and_downloaded(
    server, source, tmp_path
):
    path = f"{server}/source.bin"
    assert file_length(path) == len(NOISE)
    assert file_state(path)[-1] % 10**9 == 0  # Whole seconds.
    assert remote.read_range(path, 5, 9) == NOISE[5:9]
    assert remote.sends_parts(path)
    assert remote.names_in(server) == ["source.bin"]
    download(path, str(tmp_path / "copy"))
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
    download(path, str(tmp_path / "copy"))
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
