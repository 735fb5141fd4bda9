"""`manifest.json`: the settings of a dataset, and its videos, a line for each.

    {
      "settings": {
        "dataset": "demo"
      },
      "videos": {
        "a": {"split": "train", "shard": "train...", "num_frames": 5, ...},
        "b": ...
      }
    }

The lines are written and read one by one, in bounded memory. Earlier releases
wrote several lines for a video, which are read in the same way. A file of
another layout, made by hand, is read whole.
"""

import hashlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from rmdn_tf.data.dataset_info import COUNT, by_name
from rmdn_tf.data.records import SPLITS
from rmdn_tf.files.file_systems import file_length
from rmdn_tf.files.json_files import (
    MAX_BYTES,
    JsonError,
    parse_json,
    read_json,
)
from rmdn_tf.files.published import write_parts
from rmdn_tf.files.reading import read_lines
from tfrecords_tools.shards.video_table import PlacedVideo

SHARD_NAME = rf"(?:{'|'.join(SPLITS)})\.tfrecord-\d{{5}}-of-\d{{5}}"

MANIFEST_SCHEMA = {
    "type": "object",
    "properties": {
        "settings": {"type": "object"},
        "videos": by_name(
            {
                "type": "object",
                "properties": {
                    "split": {"enum": [*SPLITS]},
                    "shard": {
                        "type": "string",
                        "pattern": rf"^{SHARD_NAME}\Z",
                        "description": "the name of a shard",
                    },
                    "num_frames": COUNT,
                    "sha256": {"type": "string"},
                },
                "required": ["split", "shard"],
            }
        ),
    },
    "required": ["settings", "videos"],
}

_VIDEOS = b'  "videos": {\n'
_END = b"  }\n"
_INNER = b"      "  # Begins a line inside a video.
_LINES_AT_ONCE = 1000
_MAX_SETTINGS = 10_000  # lines
_MAX_LINE = 2**20  # bytes


class ManifestFile:
    """A manifest on any file system.

    Args:
        path: of the file, which may be missing.
        error: class of the error for a damaged file.
    """

    def __init__(self, path: str | os.PathLike, error: type[Exception]):
        self.path = path
        self._error = error

    def settings(self) -> dict | None:
        """Reads the settings; None if the file is missing."""
        if file_length(os.fspath(self.path)) is None:
            return None
        lines = itertools.islice(self._lines(), _MAX_SETTINGS)
        head = b"".join(itertools.takewhile(_VIDEOS.__ne__, lines))
        if next(lines, None) is None:  # Another layout.
            return self._read_whole()["settings"]
        return self._parse(head + b'"videos": {}}')["settings"]

    def videos(self) -> Iterator[PlacedVideo]:
        """Reads the videos of a file that exists, in its order.

        Raises an error for a damaged file, at the place of the damage.
        """
        lines = self._lines()
        for line in itertools.islice(lines, _MAX_SETTINGS):
            if line == _VIDEOS:
                break
        else:
            yield from _placed(self._read_whole()["videos"])
            return
        for members in self._batches(lines):
            text = b'{"settings": {}, "videos": {%s}}' % members
            yield from _placed(self._parse(text)["videos"])

    def write(self, settings: Mapping, videos: Iterable[PlacedVideo]) -> None:
        """Writes the file, whole or not at all.

        Args:
            videos: sorted by id.
        """
        write_parts(self.path, _text(settings, videos))

    def _lines(self) -> Iterator[bytes]:
        return read_lines(self.path, _MAX_LINE)

    def _batches(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Yields the members of the object `videos`, many at a time."""
        batch: list[bytes] = []
        num_bytes = 0
        for line in lines:
            if line == _END:
                yield b"".join(batch)
                if b"".join(itertools.islice(lines, 2)).strip() == b"}":
                    return
                break
            batch.append(line)
            num_bytes += len(line)
            is_end = line.endswith(b"},\n") and not line.startswith(_INNER)
            if is_end and len(batch) >= _LINES_AT_ONCE:
                yield b"".join(batch).removesuffix(b",\n")
                batch, num_bytes = [], 0
            if num_bytes > MAX_BYTES:
                break
        self._raise(f"Invalid '{self.path}'. Expected JSON to the end.")

    def _parse(self, text: bytes) -> dict:
        try:
            return parse_json(text, MANIFEST_SCHEMA, f"'{self.path}'")
        except JsonError as cause:
            self._raise(str(cause), cause)

    def _raise(self, message: str, cause: Exception | None = None) -> NoReturn:
        """Raises an error; of a short file, with the place in it."""
        if (file_length(os.fspath(self.path)) or 0) <= MAX_BYTES:
            self._read_whole()
        raise self._error(message) from cause

    def _read_whole(self) -> dict:
        return read_json(self.path, MANIFEST_SCHEMA, error=self._error)


def digest(settings: Mapping, videos: Iterable[PlacedVideo]) -> str:
    """Returns the SHA-256 of settings and videos, sorted by id."""
    total = hashlib.sha256(b'{"settings": ')
    total.update(json.dumps(settings, sort_keys=True).encode())
    separator = ', "videos": {'
    for video in videos:
        # The names and checksums need no escapes.
        member = (
            f"{separator}{json.dumps(video.video_id)}: "
            f'{{"num_frames": {video.num_frames}, "sha256": "{video.sha256}", '
            f'"shard": "{video.shard}", "split": "{video.split}"}}'
        )
        total.update(member.encode())
        separator = ", "
    total.update(b"}}")
    return total.hexdigest()


def _text(settings: Mapping, videos: Iterable[PlacedVideo]) -> Iterator[bytes]:
    head = json.dumps({"settings": settings}, indent=2).removesuffix("\n}")
    yield f"{head},\n".encode() + _VIDEOS
    separator = ""
    for video in videos:
        member = (
            f"{separator}    {json.dumps(video.video_id)}: "
            f'{{"split": "{video.split}", "shard": "{video.shard}", '
            f'"num_frames": {video.num_frames}, "sha256": "{video.sha256}"}}'
        )
        yield member.encode()
        separator = ",\n"
    yield b"\n" + _END + b"}\n"


def _placed(videos: Mapping[str, Mapping]) -> Iterator[PlacedVideo]:
    for name, facts in videos.items():
        yield PlacedVideo(
            name,
            facts["split"],
            facts["shard"],
            facts.get("num_frames"),
            facts.get("sha256"),
        )
