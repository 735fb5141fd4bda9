"""Tests what the server refuses, and errors that it tells."""

import errno
import os
import struct
import zlib

import pytest

pytest.importorskip("starlette", reason="needs the extra `view`")
pytest.importorskip("uvicorn", reason="needs the extra `view`")

from rmdn_tf.applications.view import app
from rmdn_tf.applications.view.session import NotReady
from tests.helpers.made_videos import moving_square, write_video
from tests.helpers.view_server import running_server


def test_a_damaged_upload_is_refused_and_leaves_nothing(
    client, served, tmp_path
):
    path = tmp_path / "text.mp4"
    path.write_text("no video")
    status, answer = client.upload(path)
    assert (status, answer["error"]) == (
        400,
        "Not a video or picture that can be read, or damaged.",
    )
    assert client("GET", "/api/state")[1]["videos"] == []


def test_a_playlist_reads_no_other_file(client, tmp_path, clip):
    path = tmp_path / "list.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:1,\n{clip}\n#EXT-X-ENDLIST\n")
    assert client.upload(path)[0] == 400
    path.write_text(f"ffconcat version 1.0\nfile '{clip}'\n")
    assert client.upload(path)[0] == 400


def test_more_bytes_videos_or_seconds_than_allowed_are_refused(
    client, clip, tmp_path
):
    status, answer = client(
        "POST", "/api/videos", bytes(2_000_001), X_Name="big.mp4"
    )
    assert status == 413 and "at most 2,000,000 bytes" in answer["error"]
    long = write_video(
        tmp_path / "long.mp4", moving_square(21), ticks=range(0, 21000, 1000)
    )
    status, answer = client.upload(long)
    assert status == 400 and "at most" in answer["error"]
    for _ in range(4):
        assert client.upload(clip)[0] == 201
    status, answer = client.upload(clip)
    assert (status, answer["error"]) == (
        413,
        "At most 4 videos at once. Remove one.",
    )


def test_an_error_names_the_file_as_the_page_does_without_its_folder(
    client, served, tmp_path
):
    path = tmp_path / "large.png"
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body))
            + kind
            + body
            + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in (
                (b"IHDR", header),
                (b"IDAT", zlib.compress(bytes(300_001))),
                (b"IEND", b""),
            )
        )
    )
    status, answer = client.upload(path)
    assert (status, answer["error"]) == (
        400,
        "Invalid picture 'large.png'. Expected at most 134217728 pixels.",
    )


def test_a_full_disk_is_told_and_leaves_nothing(client, monkeypatch, clip):
    def store(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(app, "store", store)
    status, answer = client.upload(clip)
    assert (status, answer["error"]) == (
        507,
        "The disk is full. Remove a video, or set TMPDIR.",
    )
    assert client("GET", "/api/state")[1]["videos"] == []


@pytest.mark.parametrize("place", ["upload", "file"])
def test_other_errors_of_the_disk_are_not_those_of_a_full_one(
    client, monkeypatch, clip, place, tmp_path
):
    def fail(*_, **__):
        number = errno.EACCES
        raise PermissionError(number, os.strerror(number), str(tmp_path))

    _, video = client.upload(clip)
    client.finished(video["id"])
    path = f"/api/videos/{video['id']}/files"
    if place == "upload":
        monkeypatch.setattr(app, "store", fail)
        status, answer = client.upload(clip)
    else:
        monkeypatch.setattr(app, "request_file", fail)
        status, answer = client("POST", path, {"kind": "parameters"})
    assert (status, answer["error"]) == (
        500,
        "The server cannot read or write a file: Permission denied.",
    )


def test_the_table_of_an_area_needs_a_name_that_a_file_can_hold(client, clip):
    _, video = client.upload(clip)
    client.finished(video["id"])
    body = '{"areas": [{"name": "\\ud800", "points": [[0,0],[1,0],[1,1]]}]}'
    status, answer = client("POST", f"/api/videos/{video['id']}/areas", body)
    assert status == 400 and "`name`" in answer["error"]


def test_a_video_that_is_removed_while_another_tab_starts_it_leaves_nothing(
    tmp_path, clip
):
    with running_server(tmp_path) as (session, client):
        session.add_files([clip])
        (before,) = session.videos.values()
        session.remove(before)
        with pytest.raises(NotReady, match="removed meanwhile"):
            session.start(before)
        assert not [*tmp_path.iterdir()]
        (listed,) = session.videos.values()
        session.start(listed)
        session.remove(before)
        assert [*session.videos.values()] == [listed]
        assert client.finished(listed.id)["state"] == "done"


def test_a_video_that_another_tab_has_closed_is_told_so(tmp_path, clip):
    with running_server(tmp_path) as (session, client):
        session.add_files([clip])
        (video,) = client("GET", "/api/state")[1]["videos"]
        path = f"/api/videos/{video['id']}"
        client("POST", f"{path}/start")
        client("DELETE", path)
        status, answer = client("GET", f"{path}/densities/model?from=0")
    assert (status, answer["error"]) == (
        409,
        "The video was closed in another tab.",
    )
