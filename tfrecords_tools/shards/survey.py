"""Reads the length and the checksum of each raw video.

The lengths balance the shards. The checksums show whether the raw files of a
finished shard have changed.
"""

import dataclasses
import hashlib
import os

from rmdn_tf.files.unchanged import while_unchanged
from tfrecords_tools.raw_video import Source, SourceError, VideoEntry


@dataclasses.dataclass(frozen=True)
class SurveyedVideo:
    """A video to prepare.

    Attributes:
        num_frames: an estimate; 0 if unknown.
        sha256: checksum of its files; empty if a file is unreadable.
    """

    entry: VideoEntry
    num_frames: int
    sha256: str


def survey(source: Source, entry: VideoEntry) -> SurveyedVideo:
    """Reads all files of one video without decoding it.

    An unreadable video is no error here, only when it is opened.
    """
    try:
        sha256 = checksum(source.files(entry))
        num_frames = source.num_frames(entry)
    except (SourceError, OSError):
        return SurveyedVideo(entry, 0, "")
    return SurveyedVideo(entry, num_frames, sha256)


def checksum(paths: list[str]) -> str:
    """Returns the SHA-256 of the files' contents and names without folder."""
    total = hashlib.sha256()
    for path in paths:
        name = os.fsencode(os.path.basename(path))
        total.update(b"%s\0%s\0" % (name, _content(path).encode()))
    return total.hexdigest()


# The cache keeps a shared table from being read again for each video.
@while_unchanged(lambda path: [path], num_results=1024)
def _content(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
