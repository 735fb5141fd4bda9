"""Files, streams and cameras are told apart by their address."""

import sys

import pytest

from rmdn_tf.video.sources import find_source


@pytest.mark.parametrize("path", ["a.mp4", "7.mp4", "file:/tmp/a.ts"])
def test_a_file_is_not_live(path):
    assert find_source(path) == (path, path, False, {})


def test_the_password_of_a_stream_is_in_no_message():
    address = "rtsp://me:secret@host/live"
    source = find_source(address)
    assert (source.address, source.is_live) == (address, True)
    assert source.name == "rtsp://host/live"
    assert source.options["options"] == {"rtsp_transport": "tcp"}


@pytest.mark.parametrize(
    ("platform", "kind", "address"),
    [
        ("linux", "v4l2", "/dev/video1"),
        ("darwin", "avfoundation", "1"),
        ("win32", "dshow", "video=1"),
    ],
)
def test_a_number_is_a_camera_of_the_system(
    monkeypatch, platform, kind, address
):
    monkeypatch.setattr(sys, "platform", platform)
    camera = (address, "camera 1", True, {"format": kind})
    assert find_source("1") == camera
