"""A folder of one's own videos, with gaze from a table, or without any.

Raw layout: video files of any format that FFmpeg reads, in sub-folders of any
depth. A video's id is its path in the folder without suffix, parted by `/`.
Next to them may lie

- `gaze.csv`, fixation events with the header
  `video,observer,onset_ms,duration_ms,x,y`, or gaze samples with the header
  `video,observer,t_ms,x,y`. Times are milliseconds from the video's start, x
  and y pixels of the video, empty or `nan` where the eye was not seen.
  Observers are numbers or names.
- `splits.csv` with the header `video,split`, where a split is train,
  validation or test. Without it a stable hash of the id decides, for about
  60, 20 and 20% of the videos.
"""

import collections
import functools
import os
from collections.abc import Collection, Mapping

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames import video_files
from tfrecords_tools.gaze import samples as gaze
from tfrecords_tools.gaze.detection import detect_fixations
from tfrecords_tools.raw_video import (
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
    files_on_disk,
    walk,
)
from tfrecords_tools.sources.folder_tables import read_gaze, read_splits
from tfrecords_tools.sources.splits import any_split

GAZE_FILE = "gaze.csv"
SPLITS_FILE = "splits.csv"

VIDEO_SUFFIXES = frozenset(
    ".3gp .asf .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv "
    ".ts .vob .webm .wmv .y4m".split()
)
"""Suffixes of video files, in small letters; other files are no videos."""

OTHER_FILES = "files that are no videos"


class Folder(Source):
    """The videos of a folder and its sub-folders; hidden ones do not count.

    Args:
        raw_dir: the folder.
        gaze_csv: table of events or samples; by default `gaze.csv` of the
            folder, if it is there.
        pixels_per_degree: pixels of the video in a degree of the visual field,
            to find the fixations in samples. The default is that of a video
            which fills a screen of 1280 pixels, seen from 60 cm.
        labels_from_folders: whether the first sub-folder that a video lies in
            is its class.
    """

    name = "folder"
    citation = "The user's own videos."

    def __init__(
        self,
        raw_dir: str | os.PathLike,
        gaze_csv: str | os.PathLike | None = None,
        *,
        pixels_per_degree: float = 33.0,
        labels_from_folders: bool = False,
    ):
        self._raw_dir = os.fspath(raw_dir)
        default = os.path.join(self._raw_dir, GAZE_FILE)
        if gaze_csv is None and os.path.isfile(default):
            gaze_csv = default
        self._gaze_csv = None if gaze_csv is None else os.fspath(gaze_csv)
        self._pixels_per_degree = pixels_per_degree
        self._labels_from_folders = labels_from_folders

    def entries(self) -> list[VideoEntry]:
        """Lists the videos of the folder, sorted by id."""
        videos, _ = self._walk()
        if not videos:
            raise SourceError(f"No video in '{self._raw_dir}'.")
        if self._gaze_csv is not None:
            _check_videos(
                self._gaze_csv, read_gaze(self._gaze_csv).lines, videos
            )
        splits = self._splits(videos)
        return [
            VideoEntry(video_id, splits[video_id])
            for video_id in sorted(videos)
        ]

    def num_frames(self, entry: VideoEntry) -> int:
        """Counts packets; see `Source.num_frames`."""
        return video_files.estimated_length(self._path_of(entry.video_id))

    def files(self, entry: VideoEntry) -> list[str]:
        """Returns the video and the tables; see `Source.files`."""
        return files_on_disk([self._path_of(entry.video_id), *self._tables()])

    def settings(self) -> dict:
        """Returns the arguments but the paths."""
        return {
            "pixels_per_degree": self._pixels_per_degree,
            "labels_from_folders": self._labels_from_folders,
        }

    def open(self, entry: VideoEntry) -> RawVideo:
        """Opens one video; see `Source.open`."""
        path = self._path_of(entry.video_id)
        labels = self._labels(entry.video_id)
        facts = video_files.probe(path)
        fixations, left_out = self._fixations(entry.video_id, facts)
        return video_files.open_video(path, facts, fixations, left_out, labels)

    def left_out(self) -> collections.Counter:
        """Counts the files that are neither videos nor tables."""
        _, others = self._walk()
        tables = {os.path.realpath(table) for table in self._tables()}
        return +collections.Counter(
            {
                OTHER_FILES: sum(
                    os.path.realpath(path) not in tables for path in others
                )
            }
        )

    def _tables(self) -> list[str]:
        """Returns the paths of the tables, which need not be there."""
        tables = [os.path.join(self._raw_dir, SPLITS_FILE)]
        return tables if self._gaze_csv is None else [*tables, self._gaze_csv]

    def _walk(self) -> tuple[dict[str, str], list[str]]:
        """Returns id -> path of all videos, and the paths of other files."""
        if not os.path.isdir(self._raw_dir):
            raise SourceError(f"No folder '{self._raw_dir}' with the videos.")
        videos, others = {}, []
        for directory, folders, files in walk(self._raw_dir):
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            for file in sorted(f for f in files if not f.startswith(".")):
                path = os.path.join(directory, file)
                if not _is_video(file):
                    others.append(path)
                    continue
                video_id = self._id_of(path)
                if video_id in videos:
                    raise SourceError(
                        f"Two files for the video '{video_id}': "
                        f"'{videos[video_id]}' and '{path}'."
                    )
                videos[video_id] = path
        return videos, others

    def _id_of(self, path: str) -> str:
        stem, _ = os.path.splitext(os.path.relpath(path, self._raw_dir))
        try:
            stem.encode()
        except UnicodeEncodeError as error:
            raise SourceError(
                f"Invalid name of the video {path!r}. Expected UTF-8."
            ) from error
        return stem.replace(os.sep, "/")

    def _path_of(self, video_id: str) -> str:
        """Finds one video in its own sub-folder, without a walk."""
        directory, stem = os.path.split(os.path.join(self._raw_dir, video_id))
        if os.path.isdir(directory):
            changed_ns = os.stat(directory).st_mtime_ns
            file = _videos_in(directory, changed_ns).get(stem)
            if file is not None:
                return os.path.join(directory, file)
        raise SourceError(
            f"No file for the video '{video_id}' in '{self._raw_dir}'."
        )

    def _splits(self, videos: Collection[str]) -> dict[str, str]:
        path = os.path.join(self._raw_dir, SPLITS_FILE)
        if not os.path.isfile(path):
            return {video_id: any_split(video_id) for video_id in videos}
        table = read_splits(path)
        _check_videos(path, table.lines, videos)
        for video_id in sorted(videos):
            if video_id not in table.splits:
                raise SourceError(
                    f"No split of the video '{video_id}': '{path}' has no "
                    "line for it."
                )
        return table.splits

    def _fixations(
        self, video_id: str, facts: video_files.VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        if self._gaze_csv is None:
            return Fixations.empty(), collections.Counter()
        table = read_gaze(self._gaze_csv)
        rows = table.rows.get(video_id, ())
        found = collections.Counter()
        if not table.is_events:
            rows, found = detect_fixations(rows, self._pixels_per_degree)
        fixations, left_out = gaze.events_to_fixations(
            rows,
            (facts.height, facts.width),
            facts.frames_per_second,
            facts.num_frames,
        )
        return fixations, found + left_out

    def _labels(self, video_id: str) -> tuple[str, ...]:
        if not self._labels_from_folders:
            return ()
        label, separator, _ = video_id.partition("/")
        if not separator:
            raise SourceError(
                f"No class of the video '{video_id}': it lies in no sub-folder "
                f"of '{self._raw_dir}', whose name would be its class."
            )
        return (label,)


# A folder of ten thousand videos would else be listed as often.
@functools.lru_cache(maxsize=256)
def _videos_in(directory: str, changed_ns: int) -> dict[str, str]:
    """Maps the names of the videos of one folder to those of their files."""
    files = filter(_is_video, os.listdir(directory))
    return {os.path.splitext(file)[0]: file for file in files}


def _is_video(file: str) -> bool:
    suffix = os.path.splitext(file)[1]
    return not file.startswith(".") and suffix.lower() in VIDEO_SUFFIXES


def _check_videos(
    path: str, lines: Mapping[str, int], videos: Collection[str]
) -> None:
    """Raises for the first line of a table whose video is not there."""
    for video_id, number in lines.items():
        if video_id not in videos:
            raise SourceError(
                f"No video '{video_id}' in the folder, though line {number} "
                f"of '{path}' names it. Expected a path in the folder, without "
                "suffix, parted by '/'."
            )
