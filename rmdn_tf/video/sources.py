"""Tells files, streams and cameras apart, and how FFmpeg opens them."""

import os
import re
import sys
from typing import Any, NamedTuple

# Longest wait for a network stream to open, and for its packets.
TIMEOUT_SECONDS = 20

# System -> FFmpeg's name of its cameras, and the address of a camera.
_CAMERAS = {
    "darwin": ("avfoundation", "{}"),
    "win32": ("dshow", "video={}"),
}
_LINUX = ("v4l2", "/dev/video{}")

# Characters by which FFmpeg may take a path for more than one file, such as
# `concat:a.ts|b.ts` or `%04d.png`.
_SEVERAL = re.compile("[:|%*]")


class Source(NamedTuple):
    """A source of frames.

    Attributes:
        address: FFmpeg's name of the source.
        name: name of the source in messages, without the password of a URL.
        is_live: whether the source is a camera or a stream.
        options: options of `av.open`.
    """

    address: str
    name: str
    is_live: bool
    options: dict[str, Any]


def find_source(text: str) -> Source:
    """Takes a path, the URL of a stream, or the number of a camera."""
    if text.isdecimal():
        kind, address = _CAMERAS.get(sys.platform, _LINUX)
        camera = f"camera {text}"
        return Source(address.format(text), camera, True, {"format": kind})
    name = re.sub(r"(?<=://)[^/@]*@", "", text)
    if "://" not in text or text.startswith("file:"):
        return Source(text, name, False, {})
    options: dict[str, Any] = {"timeout": TIMEOUT_SECONDS}
    if text.startswith("rtsp://"):
        # UDP would lose packets, and so frames.
        options["options"] = {"rtsp_transport": "tcp"}
    return Source(text, name, True, options)


def require_present(text: str) -> None:
    """Makes sure that a video file exists, before long work.

    Raises:
        FileNotFoundError: the text is the name of one file, which is missing.
    """
    source = find_source(text)
    is_file = not source.is_live and not _SEVERAL.search(source.address)
    if is_file and not os.path.exists(source.address):
        raise FileNotFoundError(
            f"Unreadable video '{source.name}': No such file or directory."
        )


def require_file(text: str | os.PathLike) -> None:
    """Makes sure that a video is one file, which can be read twice.

    Raises:
        ValueError: the video is a camera, a stream, a pipe or several files.
    """
    source = find_source(os.fspath(text))
    if source.is_live or not os.path.isfile(
        source.address.removeprefix("file:")
    ):
        raise ValueError(
            "Invalid --video. Expected a video file, which can be read twice. "
            f"Received: '{source.name}'. Record a camera or a stream first."
        )
