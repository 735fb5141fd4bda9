"""The user's own split of any dataset, from a table `video,split`."""

import collections
import dataclasses
import os
from collections.abc import Sequence

from tfrecords_tools.raw_files import is_file, is_folder
from tfrecords_tools.raw_video import (
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
)
from tfrecords_tools.sources.folder_tables import read_splits

# The table in the folder of the raw files.
SPLITS_FILE = "splits.csv"


@dataclasses.dataclass(frozen=True)
class UserSplits(Source):
    """A dataset whose videos are split by a table instead of its own split.

    The table has the header `video,split` and a line for each video, by the id
    that the dataset gives it. Shots are listed by the video that they were cut
    from, so that they stay together.

    Attributes:
        source: the dataset.
        path: of the table.
    """

    source: Source
    path: str

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name of the dataset."""
        return self.source.name

    @property
    def citation(self) -> str:  # type: ignore[override]
        """Whom to cite, and the terms of use."""
        return self.source.citation

    def entries(self) -> list[VideoEntry]:
        entries = self.source.entries()
        splits = self._splits(tuple(sorted(set(map(_uncut, entries)))))
        return [
            dataclasses.replace(entry, split=splits[_uncut(entry)])
            for entry in entries
        ]

    def num_frames(self, entry: VideoEntry) -> int:
        return self.source.num_frames(entry)

    def measured_file(self, entry: VideoEntry) -> str | None:
        return self.source.measured_file(entry)

    def files(self, entry: VideoEntry) -> list[str]:
        files = self.source.files(entry)
        return files if self.path in files else [*files, self.path]

    def settings(self) -> dict:
        return self.source.settings()

    def has_gaze(self) -> bool:
        return self.source.has_gaze()

    def folds(self) -> dict[str, list[str]]:
        return self.source.folds()

    def splits_from(self) -> str:
        return os.path.basename(self.path)

    def open(self, entry: VideoEntry) -> RawVideo:
        return self.source.open(entry)

    def check(self) -> None:
        self.source.check()

    def summary(self) -> str:
        return self.source.summary()

    def gaze_picture(self, entries: Sequence[VideoEntry]) -> bytes | None:
        return self.source.gaze_picture(entries)

    def left_out(self) -> collections.Counter:
        return self.source.left_out()

    def _splits(self, videos: tuple[str, ...]) -> dict[str, str]:
        def unknown(video_id: str, path: str, line: int) -> SourceError:
            return SourceError(
                f"Invalid line {line} of '{path}'. Expected a video of the "
                f"dataset '{self.name}', such as '{videos[0]}'. Received: "
                f"'{video_id}'."
            )

        return read_splits(self.path, videos, unknown)


def _uncut(entry: VideoEntry) -> str:
    """Returns the video that a shot was cut from, or the video itself."""
    return entry.cut_from or entry.video_id


def with_user_splits(
    source: Source, path: str | None, raw_dir: str | os.PathLike | None
) -> Source:
    """Splits a dataset by the user's table, if there is one.

    Args:
        source: the dataset.
        path: of the table; None for `splits.csv` in `raw_dir`, if it exists.
        raw_dir: folder of the raw files; None without one.

    Raises:
        SourceError: the table that the user names is missing.
    """
    if path is None:
        default = raw_dir and os.path.join(raw_dir, SPLITS_FILE)
        if not default or not is_file(default):
            return source
        return UserSplits(source, os.fspath(default))
    if not is_file(path):
        received = "a folder" if is_folder(path) else "no such file"
        raise SourceError(
            f"Invalid `splits_csv`. Expected a table of splits. Received: "
            f"'{path}', {received}."
        )
    return UserSplits(source, path)
