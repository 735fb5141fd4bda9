"""The videos of a preparation, on disk: a million take no more memory than ten.

An SQLite file in the folder of temporary files, which SQLITE_TMPDIR or TMPDIR
names. Its name is removed at once, so that nothing stays after a kill.
"""

import contextlib
import dataclasses
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rmdn_tf.data.records import SPLITS
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.shards.survey import SurveyedVideo

_CACHE_MB = 32
_VIDEOS_AT_ONCE = 1000

_TABLES = f"""
PRAGMA cache_size = -{_CACHE_MB * 1024};
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
CREATE TABLE listed (
    id TEXT PRIMARY KEY, split INTEGER, cut_from TEXT, is_wanted INTEGER
) WITHOUT ROWID;
CREATE TABLE surveyed (
    id TEXT PRIMARY KEY, num_frames INTEGER, sha256 TEXT
) WITHOUT ROWID;
CREATE TABLE videos (
    number INTEGER PRIMARY KEY, id TEXT, split INTEGER, cut_from TEXT,
    num_frames INTEGER, sha256 TEXT
);
CREATE TABLE placed (number INTEGER PRIMARY KEY, shard INTEGER);
CREATE TABLE earlier (
    id TEXT PRIMARY KEY, split INTEGER, file TEXT, num_frames INTEGER,
    sha256 TEXT
) WITHOUT ROWID;
"""


# What differs -> a query of the id and the splits.
_DIFFERENCES = {
    "is gone": "SELECT id, NULL, NULL FROM earlier "
    "WHERE id NOT IN (SELECT id FROM listed)",
    "is new": "SELECT id, NULL, NULL FROM listed "
    "WHERE id NOT IN (SELECT id FROM earlier)",
    "was in {} and is now in {}": "SELECT id, earlier.split, listed.split "
    "FROM earlier JOIN listed USING (id) WHERE earlier.split != listed.split",
}


class PlacedVideo(NamedTuple):
    """A video in the manifest.

    Attributes:
        shard: name of the shard that it is in.
        num_frames, sha256: as of `SurveyedVideo`; None if the manifest does not
            tell.
    """

    video_id: str
    split: str
    shard: str
    num_frames: int | None
    sha256: str | None


@dataclasses.dataclass(frozen=True)
class Shard:
    """A shard to write, without its videos.

    Attributes:
        num_frames: of its videos, where unknown lengths count as 0.
    """

    split: str
    file: str
    num_frames: int


class VideoTable(contextlib.AbstractContextManager):
    """Videos with their lengths, checksums and shards.

    Use it in one thread. `with` removes it at the end.
    """

    def __init__(self) -> None:
        self._files: list[str] = []
        self._new: list[tuple] = []
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")  # Nothing is ever undone.

    def __exit__(
        self, kind: object, error: BaseException | None, trace: object
    ) -> None:
        self._database.close()
        if isinstance(error, sqlite3.OperationalError):
            raise OSError(
                f"Cannot write the list of videos as a temporary file: {error}."
                " Free space, or set TMPDIR to another folder."
            ) from error

    def list_videos(
        self, name: str, entries: Iterable[VideoEntry], limit: int | None = None
    ) -> None:
        """Lists the videos to prepare.

        Args:
            name: of the dataset, for errors.
            entries: all of its videos.
            limit: most videos of each split, the first ones.

        Raises:
            SourceError: an id is repeated or not UTF-8, a split is unknown, or
                there is no video.
        """
        counts = dict.fromkeys(SPLITS, 0)
        video_id = ""

        def rows() -> Iterator[tuple]:
            nonlocal video_id
            for entry in entries:
                video_id, split = entry.video_id, entry.split
                if split not in counts:
                    raise SourceError(
                        f"Invalid split of the video '{video_id}'. "
                        f"Expected one of {SPLITS}. Received: {split!r}."
                    )
                counts[split] += 1
                is_wanted = limit is None or counts[split] <= limit
                index = SPLITS.index(split)
                yield video_id, index, entry.cut_from, is_wanted

        try:
            self._write("INSERT INTO listed VALUES (?, ?, ?, ?)", rows())
        except sqlite3.IntegrityError as error:
            raise SourceError(
                f"Two videos of '{name}' have the id '{video_id}'."
            ) from error
        except UnicodeEncodeError as error:
            raise SourceError(
                f"Invalid name of the video {video_id!a}. Expected UTF-8."
            ) from error
        if not any(counts.values()):
            raise SourceError(f"The dataset '{name}' holds no video.")
        self._database.execute("DELETE FROM listed WHERE NOT is_wanted")

    def __len__(self) -> int:
        return self._number("SELECT COUNT(*) FROM listed")

    def num_videos(self) -> dict[str, int]:
        """Returns split -> number of videos, for all of `SPLITS`."""
        count = "SELECT COUNT(*) FROM listed WHERE split = ?"
        return {
            split: self._number(count, index)
            for index, split in enumerate(SPLITS)
        }

    def num_videos_before_cutting(self) -> int:
        """Returns the number of videos that shots were cut from."""
        return self._number(
            "SELECT COUNT(DISTINCT cut_from) FROM listed WHERE cut_from != ''"
        )

    def entries(self) -> Iterator[VideoEntry]:
        """Yields the videos, sorted by id."""
        rows = self._read("SELECT id, split, cut_from FROM listed ORDER BY id")
        for video_id, split, cut_from in rows:
            yield VideoEntry(video_id, SPLITS[split], cut_from)

    def add(self, video: SurveyedVideo) -> None:
        """Adds the length and the checksum of a listed video."""
        self._new.append((video.entry.video_id, video.num_frames, video.sha256))
        if len(self._new) >= _VIDEOS_AT_ONCE:
            self._write_new()

    def _write_new(self) -> None:
        self._write("INSERT INTO surveyed VALUES (?, ?, ?)", self._new)
        self._new.clear()

    def number_videos(self) -> None:
        """Numbers the videos, sorted by id, once all are surveyed."""
        self._write_new()
        self._database.execute(
            "INSERT INTO videos SELECT NULL, id, split, cut_from, num_frames, "
            "sha256 FROM listed JOIN surveyed USING (id) ORDER BY id"
        )

    def lengths_of(self, split: str) -> Iterator[tuple[int, int]]:
        """Yields number and length of the videos of a split, longest first."""
        return self._read(
            "SELECT number, num_frames FROM videos WHERE split = ? "
            "ORDER BY num_frames DESC, number",
            SPLITS.index(split),
        )

    def place(
        self, files: Sequence[str], places: Iterable[tuple[int, int]]
    ) -> None:
        """Puts videos into shards.

        Args:
            files: of the shards.
            places: number of a video, and index of its shard in `files`.
        """
        first = len(self._files)
        self._files += files
        self._write(
            "INSERT INTO placed VALUES (?, ?)",
            ((number, first + index) for number, index in places),
        )

    def shards(self) -> list[Shard]:
        """Returns the shards, in the order of `SPLITS`, then of their names.

        All videos must be in their places.
        """
        self._database.execute(
            "CREATE INDEX IF NOT EXISTS by_shard ON placed (shard, number)"
        )
        rows = self._read(
            # "+": not by the index, whose videos lie far apart.
            "SELECT MIN(split), shard, SUM(num_frames) FROM placed "
            "JOIN videos USING (number) GROUP BY +shard"
        )
        named = [(split, self._files[i], total) for split, i, total in rows]
        return [Shard(SPLITS[split], *facts) for split, *facts in sorted(named)]

    def videos_of(self, shard: Shard) -> Iterator[SurveyedVideo]:
        """Yields the videos of a shard, sorted by id."""
        rows = self._read(
            "SELECT id, split, cut_from, num_frames, sha256 FROM placed "
            "JOIN videos USING (number) WHERE shard = ? ORDER BY number",
            self._files.index(shard.file),
        )
        for video_id, split, cut_from, *facts in rows:
            entry = VideoEntry(video_id, SPLITS[split], cut_from)
            yield SurveyedVideo(entry, *facts)

    def checksums_of(self, shard: Shard) -> dict[str, str]:
        """Returns video id -> checksum, of the videos of a shard."""
        rows = self._read(
            "SELECT id, sha256 FROM placed JOIN videos USING (number) "
            "WHERE shard = ? ORDER BY number",
            self._files.index(shard.file),
        )
        return dict(rows)

    def placed_videos(self) -> Iterator[PlacedVideo]:
        """Yields all videos with their shards, sorted by id."""
        rows = self._read(
            "SELECT id, split, shard, num_frames, sha256 FROM videos "
            "JOIN placed USING (number) ORDER BY number"
        )
        for video_id, split, shard, num_frames, sha256 in rows:
            yield PlacedVideo(
                video_id, SPLITS[split], self._files[shard], num_frames, sha256
            )

    def add_earlier(self, videos: Iterable[PlacedVideo]) -> str | None:
        """Adds the videos of an earlier run, for the methods below.

        Returns:
            A video that comes twice; None if none does.
        """
        video_id = None

        def rows() -> Iterator[tuple]:
            nonlocal video_id
            for video in videos:
                video_id, split, *facts = video
                yield video_id, SPLITS.index(split), *facts

        try:
            self._write("INSERT INTO earlier VALUES (?, ?, ?, ?, ?)", rows())
        except sqlite3.IntegrityError:
            return video_id
        return None

    def differences(self, most: int) -> tuple[list[str], int]:
        """Compares the splits with those of the earlier run.

        Returns:
            The first `most` differences as phrases, and the number of all.
        """
        phrases: list[str] = []
        total = 0
        for what, query in _DIFFERENCES.items():
            total += self._number(f"SELECT COUNT(*) FROM ({query})")
            for video_id, before, now in self._read(f"{query} ORDER BY id"):
                if len(phrases) == most:
                    break
                named = [SPLITS[s] for s in (before, now) if s is not None]
                phrases.append(f"'{video_id}' {what.format(*named)}")
        return phrases, total

    def place_as_earlier(self) -> None:
        """Puts each video into its shard of the earlier run, if none is new."""
        found = self._read("SELECT DISTINCT file FROM earlier")
        files = [file for (file,) in found]
        index_of = {file: index for index, file in enumerate(files)}
        sorted_files = self._read("SELECT file FROM earlier ORDER BY id")
        # Videos are numbered from 1, in the order of their ids.
        numbers = enumerate((index_of[f] for (f,) in sorted_files), start=1)
        self.place(files, numbers)

    def is_as_earlier(self) -> bool:
        """Tells whether no length and checksum has changed."""
        return not self._number(
            "SELECT EXISTS (SELECT * FROM earlier JOIN surveyed USING (id) "
            "WHERE earlier.num_frames IS NOT surveyed.num_frames "
            "OR earlier.sha256 IS NOT surveyed.sha256)"
        )

    def _number(self, query: str, *values: object) -> int:
        ((number,),) = self._read(query, *values)
        return number

    def _read(self, query: str, *values: object) -> Iterator[Any]:
        # A cursor of its own, since several are read in turn.
        return self._database.cursor().execute(query, values)

    def _write(self, statement: str, rows: Iterable[Sequence]) -> None:
        self._database.cursor().executemany(statement, rows)
