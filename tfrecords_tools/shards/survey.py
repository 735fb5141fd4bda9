"""Which videos there are, how long they are, and what they are made of.

All files of a video are read through once: its length balances the shards, and
the checksum tells later whether a finished shard still fits its raw data.
"""

import dataclasses
import functools
import hashlib
import os

from tfrecords_tools.raw_video import Source, SourceError, VideoEntry


@dataclasses.dataclass(frozen=True)
class SurveyedVideo:
    """A video to prepare.

    Attributes:
        entry: the video.
        num_frames: number of frames, exact or estimated; 0 if unknown.
        sha256: checksum over the names and contents of its files; empty where
            one of them cannot be read.
    """

    entry: VideoEntry
    num_frames: int
    sha256: str


def survey(source: Source, entry: VideoEntry) -> SurveyedVideo:
    """Reads the files of one video through, without decoding it.

    Raises nothing for what is unreadable: opening the video will say why.
    """
    try:
        sha256 = checksum(source.files(entry))
        num_frames = source.num_frames(entry)
    except (SourceError, OSError):
        return SurveyedVideo(entry, 0, "")
    return SurveyedVideo(entry, num_frames, sha256)


def checksum(paths: list[str]) -> str:
    """Returns a SHA-256 over the names, without folder, and the contents."""
    total = hashlib.sha256()
    for path in paths:
        facts = os.stat(path)
        content = _content(path, facts.st_size, facts.st_mtime_ns)
        total.update(f"{os.path.basename(path)}\0{content}\0".encode())
    return total.hexdigest()


# Tables that all videos share would else be read once a video.
@functools.lru_cache(maxsize=1024)
def _content(path: str, num_bytes: int, modified_ns: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
