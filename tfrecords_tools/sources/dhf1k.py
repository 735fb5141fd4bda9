"""DHF1K: 1,000 videos of everyday life, 17 observers.

References:
    1. Wenguan Wang, Jianbing Shen, Fang Guo, Ming-Ming Cheng, Ali Borji.
       "Revisiting Video Saliency: A Large-scale Benchmark and a New Model."
       IEEE Conference on Computer Vision and Pattern Recognition, 2018.

Raw layout, of which any part may be there:

    video/001.AVI                                    the videos
    annotation/0001/images/0001.png                  or their frames
    annotation/0001/fixation/0001.png                fixation maps
    exportdata_train/P01/P01_Trail001.txt            or the raw gaze

Frames and maps are numbered from 1. Videos 1-600 are for training, 601-700 for
validation, 701-1000 for testing; of the last the gaze is not public, so their
records hold no fixation.
"""

import collections
import dataclasses
import functools
import os
import re
from collections.abc import Mapping

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames import frame_folders, video_files
from tfrecords_tools.gaze import samples as gaze
from tfrecords_tools.raw_video import (
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
    files_on_disk,
)
from tfrecords_tools.sources import dhf1k_gaze

VIDEO_FOLDER = "video"
ANNOTATION_FOLDER = "annotation"
GAZE_FOLDER = "exportdata_train"
FORMS = ("video", "frames", "raw_gaze")

NUM_VIDEOS = 1000
FIRST_OF_SPLIT = {"test": 701, "validation": 601, "train": 1}

ABSENT = f"videos of the {NUM_VIDEOS} that are not on disk"
OTHER_FILES = "files whose names are not those of the dataset"
WITHOUT_GAZE = "videos for training or validation without gaze on disk"
GAZE_WITHOUT_VIDEO = "recordings of gaze whose video is not on disk"

_VIDEO_NAME = re.compile(r"([0-9]{1,4})\.avi", re.IGNORECASE)
_FOLDER_NAME = re.compile(r"[0-9]{1,4}")


class Dhf1k(Source):
    """The videos on disk, with their fixation maps or with the raw gaze.

    Args:
        raw_dir: folder with the sub-folders named above.
        form: "video", videos with fixation maps; "frames", extracted frames
            with fixation maps; or "raw_gaze", videos with the gaze of each
            observer. By default what is there decides: raw gaze before maps,
            since maps do not tell observers apart; videos before frames.
    """

    name = "dhf1k"
    citation = (
        "Wang, Shen, Guo, Cheng, Borji: Revisiting Video Saliency: A "
        "Large-scale Benchmark and a New Model. CVPR 2018. CC BY 4.0."
    )

    def __init__(self, raw_dir: str | os.PathLike, form: str | None = None):
        if form is not None and form not in FORMS:
            raise ValueError(
                f"Invalid `form`. Expected one of {FORMS}. "
                f"Received: form={form!r}."
            )
        self._raw_dir = os.fspath(raw_dir)
        self._form = form

    @property
    def form(self) -> str:
        """Which form is read, as given or as recognised."""
        if self._form is not None:
            return self._form
        if os.path.isdir(self._folder(GAZE_FOLDER)):
            return "raw_gaze"
        if os.path.isdir(self._folder(VIDEO_FOLDER)):
            return "video"
        if os.path.isdir(self._folder(ANNOTATION_FOLDER)):
            return "frames"
        raise SourceError(
            f"No DHF1K in '{self._raw_dir}'. Expected a folder "
            f"'{VIDEO_FOLDER}' or '{ANNOTATION_FOLDER}' in it."
        )

    def entries(self) -> list[VideoEntry]:
        """Lists the videos on disk by their numbers, in four digits."""
        dhf1k_gaze.list_recordings.cache_clear()  # It may have changed since.
        videos = self._videos()
        if not videos:
            raise SourceError(
                f"No video of DHF1K in '{self._raw_dir}' (form '{self.form}')."
            )
        return [
            VideoEntry(f"{number:04d}", split_of(number)) for number in videos
        ]

    def num_frames(self, entry: VideoEntry) -> int:
        """Counts packets or images; see `Source.num_frames`."""
        path = self._path_of(entry)
        if self.form == "frames":
            return frame_folders.num_images(path)
        return video_files.estimated_length(path)

    def files(self, entry: VideoEntry) -> list[str]:
        """Returns the video or its frames, and its gaze; see `Source.files`."""
        path, number = self._path_of(entry), int(entry.video_id)
        images = frame_folders.image_files(path)
        if self.form == "raw_gaze":
            gaze_files = self._recordings_of(number).values()
        else:
            gaze_files = frame_folders.image_files(self._map_dir(number))
        return files_on_disk([*(images or [path]), *gaze_files])

    def settings(self) -> dict:
        """Returns the form that is read, though it be recognised."""
        return {"form": self.form}

    def open(self, entry: VideoEntry) -> RawVideo:
        """Opens one video; see `Source.open`."""
        path, number = self._path_of(entry), int(entry.video_id)
        if self.form == "frames":
            # What has no maps at all is counted once, not for each frame.
            map_dir = self._map_dir(number)
            raw = frame_folders.open_frame_folder(
                path,
                map_dir if os.path.isdir(map_dir) else None,
                dhf1k_gaze.FRAMES_PER_SECOND,
            )
        else:
            facts = video_files.probe(path)
            fixations, left_out = self._fixations(number, facts)
            raw = video_files.open_video(path, facts, fixations, left_out)
        return dataclasses.replace(raw, knows_observers=self.form == "raw_gaze")

    def left_out(self) -> collections.Counter:
        """Counts absent videos, videos without gaze, gaze without video."""
        videos = self._videos().keys()
        counts = collections.Counter({ABSENT: NUM_VIDEOS - len(videos)})
        counts[OTHER_FILES] = self._num_other_files()
        if self.form == "raw_gaze":
            recordings, num_others = self._recordings()
            with_gaze = recordings.keys()
            counts[OTHER_FILES] += num_others
            counts[GAZE_WITHOUT_VIDEO] = sum(
                len(recordings[number]) for number in with_gaze - videos
            )
        else:
            with_gaze = {n for n in videos if os.path.isdir(self._map_dir(n))}
        counts[WITHOUT_GAZE] = sum(
            split_of(number) != "test" for number in videos - with_gaze
        )
        return +counts

    def _fixations(
        self, number: int, facts: video_files.VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        if self.form == "raw_gaze":
            samples, left_out = dhf1k_gaze.read_recordings(
                self._recordings_of(number), (facts.height, facts.width)
            )
            fixations, more = gaze.samples_to_fixations(
                samples, (facts.height, facts.width), facts.num_frames
            )
            return fixations, left_out + more
        map_dir = self._map_dir(number)
        if not os.path.isdir(map_dir):
            return Fixations.empty(), collections.Counter()
        maps = frame_folders.list_images(map_dir)
        return frame_folders.read_fixation_maps(
            maps, range(1, facts.num_frames + 1)
        )

    def _recordings_of(self, number: int) -> Mapping[int, str]:
        """Maps the observers of a video to their files."""
        recordings, _ = self._recordings()
        return recordings.get(number, {})

    def _recordings(self) -> tuple[Mapping[int, Mapping[int, str]], int]:
        return dhf1k_gaze.list_recordings(self._folder(GAZE_FOLDER))

    def _path_of(self, entry: VideoEntry) -> str:
        path = self._videos().get(int(entry.video_id))
        if path is None:
            raise SourceError(
                f"No file for the video '{entry.video_id}' in "
                f"'{self._raw_dir}' (form '{self.form}')."
            )
        return path

    def _videos(self) -> Mapping[int, str]:
        """Maps the numbers of the videos on disk, in order, to their paths."""
        if self.form == "frames":
            folder, pattern = self._folder(ANNOTATION_FOLDER), _FOLDER_NAME
        else:
            folder, pattern = self._folder(VIDEO_FOLDER), _VIDEO_NAME
        if not os.path.isdir(folder):
            raise SourceError(f"No folder '{folder}' with the videos.")
        inner = "images" if self.form == "frames" else ""
        changed_ns = os.stat(folder).st_mtime_ns
        return _list_videos(folder, pattern, inner, changed_ns)

    def _num_other_files(self) -> int:
        if self.form == "frames":
            return 0  # Folders without images hold the maps of other forms.
        names = os.listdir(self._folder(VIDEO_FOLDER))
        return sum(_number(_VIDEO_NAME, name) is None for name in names)

    def _map_dir(self, number: int) -> str:
        folder = self._folder(ANNOTATION_FOLDER)
        return os.path.join(folder, f"{number:04d}", "fixation")

    def _folder(self, name: str) -> str:
        return os.path.join(self._raw_dir, name)


def split_of(number: int) -> str:
    """Returns the split of a video, as published.

    Args:
        number: of the video, 1 to 1000.

    Returns:
        "train", "validation" or "test".
    """
    return next(s for s, first in FIRST_OF_SPLIT.items() if number >= first)


# Each of a thousand videos would else list all of them.
@functools.lru_cache(maxsize=4)
def _list_videos(
    folder: str, pattern: re.Pattern, inner: str, changed_ns: int
) -> dict[int, str]:
    """Maps the numbers of the videos, in order, to `folder/<name>/<inner>`."""
    paths = {}
    for name in sorted(os.listdir(folder)):
        number = _number(pattern, name)
        path = (
            os.path.join(folder, name, inner)
            if inner
            else (os.path.join(folder, name))
        )
        if number is None or not os.path.exists(path):
            continue
        if number in paths:
            raise SourceError(
                f"Two videos of the number {number}: '{paths[number]}' and "
                f"'{path}'."
            )
        paths[number] = path
    return dict(sorted(paths.items()))


def _number(pattern: re.Pattern, name: str) -> int | None:
    """Returns the number in the name of a file, None if it is another file."""
    digits = re.search("[0-9]+", name)
    if not pattern.fullmatch(name) or digits is None:
        return None
    number = int(digits.group())
    return number if 1 <= number <= NUM_VIDEOS else None
