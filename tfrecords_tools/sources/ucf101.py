"""UCF101: 13,320 videos of 101 actions, three official splits, no gaze.

Raw layout: `UCF-101/<Class>/v_<Class>_g<group>_c<clip>.avi`, and the lists
`classInd.txt`, `trainlist0<n>.txt` and `testlist0<n>.txt` in
`ucfTrainTestlist/`. Videos of one group are cut from one recording.
"""

import collections
import dataclasses
import os
import re
from collections.abc import Iterator

from tfrecords_tools.raw_files import (
    avi_files,
    invalid_line,
    is_file,
    is_folder,
    kept,
    numbered_lines,
    paths_in,
)
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.disk_source import ABSENT_VIDEOS, DiskSource
from tfrecords_tools.sources.splits import train_or_validation

VIDEO_FOLDER = "UCF-101"
LIST_FOLDER = "ucfTrainTestlist"
CLASS_FILE = "classInd.txt"
OFFICIAL_SPLITS = (1, 2, 3)
ADVICE = (
    "The lists come in an archive of their own, the splits for action "
    "recognition."
)

_NAME = re.compile(r"v_(?P<action>\w+)_g\d+_c\d+")


@dataclasses.dataclass(frozen=True)
class Ucf101(DiskSource):
    """The videos of one official split: 1, 2 or 3.

    About 20% of the groups in the training list are held out for validation.
    """

    name = "ucf101"
    citation = (
        "Soomro, Zamir, Shah: UCF101: A Dataset of 101 Human Actions Classes "
        "From Videos in The Wild. CRCV-TR-12-01, 2012. For research; cite the "
        "report."
    )

    others = "videos on disk that the lists do not name"

    official_split: int = 1

    def __post_init__(self) -> None:
        if self.official_split not in OFFICIAL_SPLITS:
            raise ValueError(
                f"Invalid `official_split`. Expected one of {OFFICIAL_SPLITS}. "
                f"Received: official_split={self.official_split}."
            )

    def find_files(self) -> Iterator[tuple[str | None, str]]:
        # Names in lists and on disk may differ in case.
        listed = {video_id.lower(): video_id for video_id in self._splits()}
        for folder in filter(is_folder, paths_in(self.path_in(VIDEO_FOLDER))):
            for name, path in avi_files(paths_in(folder)):
                yield listed.get(name.lower()), path

    def entry_of(self, video_id: str) -> VideoEntry:
        return VideoEntry(video_id, self._splits()[video_id])

    def labels_of(self, video_id: str) -> tuple[str, ...]:
        match = _NAME.fullmatch(video_id)
        return (self._classes()[match["action"].lower()],) if match else ()

    def companion_files(self, video_id: str) -> list[str]:
        return [self._list(CLASS_FILE), *self._split_lists().values()]

    def settings(self) -> dict:
        return {"official_split": self.official_split}

    def folds(self) -> dict[str, list[str]]:
        paths = {n: self._list(f"testlist{n:02d}.txt") for n in OFFICIAL_SPLITS}
        return {
            f"split {number}": sorted(self._read_list(path))
            for number, path in paths.items()
            if is_file(path)
        }

    def left_out(self) -> collections.Counter:
        num_absent = len(self._splits()) - len(self.videos())
        return super().left_out() + collections.Counter(
            {ABSENT_VIDEOS: num_absent}
        )

    def _list(self, file: str) -> str:
        return self.path_in(LIST_FOLDER, file)

    def _split_lists(self) -> dict[str, str]:
        return {
            kind: self._list(f"{kind}list{self.official_split:02d}.txt")
            for kind in ("train", "test")
        }

    @kept(lambda self: self._split_lists().values())
    def _splits(self) -> dict[str, str]:
        """Returns video id -> split, from both lists."""
        splits = {}
        for kind, path in self._split_lists().items():
            for video_id in self._read_list(path):
                if video_id in splits:
                    raise SourceError(
                        f"Invalid '{path}': the video '{video_id}' is listed a "
                        "second time."
                    )
                group = video_id.removeprefix("v_").rpartition("_c")[0]
                splits[video_id] = (
                    "test" if kind == "test" else train_or_validation(group)
                )
        return splits

    @kept(lambda self: [self._list(CLASS_FILE)])
    def _classes(self) -> dict[str, str]:
        """Returns class in lower case -> class."""
        path = self._list(CLASS_FILE)
        classes = {}
        for number, line in numbered_lines(path, ADVICE):
            index, _, name = line.strip().partition(" ")
            if not index.isdecimal() or not name.isidentifier():
                expected = "a number and the name of a class"
                raise invalid_line(path, number, expected, line)
            classes[name.lower()] = name
        return classes

    def _read_list(self, path: str) -> Iterator[str]:
        """Yields the video ids of the lines `<Class>/<id>.avi [number]`."""
        for number, line in numbered_lines(path, ADVICE):
            # Only training lists have the number of the class.
            folder, _, file = line.split()[0].partition("/")
            video_id, suffix = os.path.splitext(file)
            match = _NAME.fullmatch(video_id)
            # A folder and its videos may differ in case.
            if (
                suffix.lower() != ".avi"
                or match is None
                or match["action"].lower() != folder.lower()
                or folder.lower() not in self._classes()
            ):
                expected = (
                    "'<Class>/v_<Class>_g<group>_c<clip>.avi' with a class of "
                    f"'{CLASS_FILE}'"
                )
                raise invalid_line(path, number, expected, line)
            yield video_id
