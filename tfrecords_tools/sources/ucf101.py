"""UCF101: 13,320 videos of 101 actions, three official splits, no gaze.

References:
    1. Khurram Soomro, Amir Roshan Zamir, Mubarak Shah. "UCF101: A Dataset of
       101 Human Actions Classes From Videos in The Wild." CRCV-TR-12-01, 2012.

Raw layout: `UCF-101/<Class>/v_<Class>_g<group>_c<clip>.avi`, and from the
archive of the splits `ucfTrainTestlist/classInd.txt`, `trainlist0<n>.txt` and
`testlist0<n>.txt`. Videos of one group are cut from one recording.
"""

import collections
import os
import re
from collections.abc import Iterator, Mapping

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames import video_files
from tfrecords_tools.raw_video import (
    ABSENT_VIDEOS,
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
    files_on_disk,
)
from tfrecords_tools.sources.splits import train_or_validation

VIDEO_FOLDER = "UCF-101"
LIST_FOLDER = "ucfTrainTestlist"
CLASS_FILE = "classInd.txt"
OFFICIAL_SPLITS = (1, 2, 3)

UNLISTED_VIDEOS = "videos on disk that the lists do not name"

_NAME = re.compile(r"v_(?P<action>\w+)_g(?P<group>\d+)_c\d+")


class Ucf101(Source):
    """The videos of one official split, without gaze.

    Of the training list about 20% of the groups are held out for validation;
    a group stays together.

    Args:
        raw_dir: folder with `UCF-101/` and `ucfTrainTestlist/`.
        official_split: 1, 2 or 3.
    """

    name = "ucf101"
    citation = (
        "Soomro, Zamir, Shah: UCF101: A Dataset of 101 Human Actions Classes "
        "From Videos in The Wild. CRCV-TR-12-01, 2012. For research; cite the "
        "report."
    )

    def __init__(self, raw_dir: str | os.PathLike, official_split: int = 1):
        if official_split not in OFFICIAL_SPLITS:
            raise ValueError(
                f"Invalid `official_split`. Expected one of {OFFICIAL_SPLITS}. "
                f"Received: official_split={official_split}."
            )
        self._video_dir = os.path.join(raw_dir, VIDEO_FOLDER)
        self._list_dir = os.path.join(raw_dir, LIST_FOLDER)
        self._official_split = official_split

    def entries(self) -> list[VideoEntry]:
        """Lists the videos of the split that are on disk, sorted by id."""
        present = _present_videos(self._video_dir)
        entries = [
            VideoEntry(video_id, split)
            for video_id, split in sorted(self._listed_videos().items())
            if _key(video_id) in present
        ]
        if not entries:
            raise SourceError(
                f"No video in '{self._video_dir}' is one that the lists of "
                f"split {self._official_split} name."
            )
        return entries

    def num_frames(self, entry: VideoEntry) -> int:
        """Counts packets; see `Source.num_frames`."""
        return video_files.estimated_length(self._path_of(entry))

    def files(self, entry: VideoEntry) -> list[str]:
        """Returns the video and the lists; see `Source.files`."""
        lists = [os.path.join(self._list_dir, CLASS_FILE)]
        lists += self._list_paths().values()
        return files_on_disk([self._path_of(entry), *lists])

    def settings(self) -> dict:
        """Returns the official split."""
        return {"official_split": self._official_split}

    def folds(self) -> dict[str, list[str]]:
        """Returns the test lists of the three splits, those that are there."""
        classes = self._classes()
        folds = {}
        for number in OFFICIAL_SPLITS:
            path = os.path.join(self._list_dir, f"testlist{number:02d}.txt")
            if os.path.isfile(path):
                folds[f"split {number}"] = sorted(_read_list(path, classes))
        return folds

    def open(self, entry: VideoEntry) -> RawVideo:
        """Opens one video; see `Source.open`."""
        path = self._path_of(entry)
        return video_files.open_video(
            path,
            video_files.probe(path),
            Fixations.empty(),
            collections.Counter(),
            (self._classes()[_action_of(entry.video_id).lower()],),
        )

    def left_out(self) -> collections.Counter:
        """Counts listed videos that are absent, and unlisted ones."""
        present = _present_videos(self._video_dir).keys()
        listed = {_key(video_id) for video_id in self._listed_videos()}
        return +collections.Counter(
            {
                ABSENT_VIDEOS: len(listed - present),
                UNLISTED_VIDEOS: len(present - listed),
            }
        )

    def _path_of(self, entry: VideoEntry) -> str:
        """Finds one video in the folder of its class."""
        present = _present_videos(self._video_dir, _action_of(entry.video_id))
        path = present.get(_key(entry.video_id))
        if path is None:
            raise SourceError(
                f"No file for the video '{entry.video_id}' in "
                f"'{self._video_dir}'."
            )
        return path

    def _list_paths(self) -> dict[str, str]:
        """Maps "train" and "test" to the paths of the lists."""
        return {
            kind: os.path.join(
                self._list_dir, f"{kind}list{self._official_split:02d}.txt"
            )
            for kind in ("train", "test")
        }

    def _listed_videos(self) -> dict[str, str]:
        """Maps the ids of both lists to their splits."""
        listed = {}
        for kind, path in self._list_paths().items():
            for video_id in _read_list(path, self._classes()):
                if video_id in listed:
                    raise SourceError(
                        f"Invalid '{path}': the video '{video_id}' is listed "
                        "a second time."
                    )
                listed[video_id] = kind
        return {
            video_id: split
            if split == "test"
            else train_or_validation(_group_of(video_id))
            for video_id, split in listed.items()
        }

    def _classes(self) -> dict[str, str]:
        """Maps the names of the classes in small letters to the names."""
        path = os.path.join(self._list_dir, CLASS_FILE)
        classes = {}
        for number, line in _lines(path):
            index, _, name = line.partition(" ")
            if not index.isdecimal() or not name.isidentifier():
                raise SourceError(
                    f"Invalid line {number} of '{path}'. Expected a number "
                    f"and the name of a class. Received: {line!r}."
                )
            classes[name.lower()] = name
        return classes


def _read_list(path: str, classes: Mapping[str, str]) -> Iterator[str]:
    """Yields the ids of one list, whose lines read `Class/v_....avi [n]`."""
    for number, line in _lines(path):
        # The class's number is in the training lists only; the name says it.
        file = line.split()[0]
        folder, _, name = file.partition("/")
        video_id, suffix = os.path.splitext(name)
        if (
            suffix.lower() != ".avi"
            or not _NAME.fullmatch(video_id)
            # The names of the videos of one class differ in case from it.
            or _action_of(video_id).lower() != folder.lower()
            or folder.lower() not in classes
        ):
            raise SourceError(
                f"Invalid line {number} of '{path}'. Expected "
                "'<Class>/v_<Class>_g<group>_c<clip>.avi' with a class of "
                f"'{CLASS_FILE}'. Received: {line!r}."
            )
        yield video_id


def _lines(path: str) -> Iterator[tuple[int, str]]:
    """Yields the lines of a list that are not empty, and their numbers."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError as error:
        raise SourceError(
            f"No list '{path}'. The lists come in an archive of their own, "
            "the splits for action recognition."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"Unreadable list '{path}': {error}.") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


def _present_videos(
    video_dir: str, action: str | None = None
) -> dict[str, str]:
    """Maps keys to files, of all classes or of one; case does not count."""
    if not os.path.isdir(video_dir):
        raise SourceError(f"No folder '{video_dir}' with the videos.")
    paths = {}
    for folder in sorted(os.listdir(video_dir)):
        directory = os.path.join(video_dir, folder)
        if not os.path.isdir(directory) or (
            action is not None and folder.lower() != action.lower()
        ):
            continue
        for file in sorted(os.listdir(directory)):
            stem, suffix = os.path.splitext(file)
            if suffix.lower() != ".avi":
                continue
            path = os.path.join(directory, file)
            if paths.setdefault(_key(stem), path) != path:
                raise SourceError(
                    f"Two files for the video '{stem}': "
                    f"'{paths[_key(stem)]}' and '{path}'."
                )
    return paths


def _key(video_id: str) -> str:
    return video_id.lower()


def _action_of(video_id: str) -> str:
    return _NAME.fullmatch(video_id)["action"]


def _group_of(video_id: str) -> str:
    """Returns e.g. "Archery_g08", whose videos share a split."""
    match = _NAME.fullmatch(video_id)
    return f"{match['action']}_g{match['group']}"
