"""Folder of numbered images, folder of fixation maps -> frames and fixations.

The form in which the releases in the line of DHF1K hold a video: one image a
frame, `images/<any name><number>.png`, and for the frames that were looked at
a binary map of the same size and number, `fixation/<any name><number>.png`.
"""

import collections
import dataclasses
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import av
import numpy as np

from rmdn_tf.data.records import Fixations
from rmdn_tf.files.images import read_image
from tfrecords_tools.raw_video import RawVideo, SourceError

SPLIT_FOLDERS = ("training", "testing")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")

FRAMES_WITHOUT_MAP = "frames without a fixation map"
MAPS_WITHOUT_FRAME = "fixation maps without a frame"
OTHER_FOLDERS = "folders whose name is none of a video"
MISSING_FRAMES = "frames missing between the first and the last of a folder"

_LAST_DIGITS = re.compile(r"[0-9]+$")


@dataclasses.dataclass(frozen=True)
class VideoFolder:
    """One video of a release in `training/` and `testing/`.

    Attributes:
        path: the folder.
        is_test: whether it lies in `testing/`.
    """

    path: str
    is_test: bool

    @property
    def image_dir(self) -> str:
        """Returns the folder of the frames."""
        return os.path.join(self.path, "images")

    @property
    def map_dir(self) -> str:
        """Returns the folder of the fixation maps."""
        return os.path.join(self.path, "fixation")


def has_video_folders(raw_dir: str | os.PathLike) -> bool:
    """Tells a release of frames by its folders `training` and `testing`."""
    return any(
        os.path.isdir(os.path.join(raw_dir, folder)) for folder in SPLIT_FOLDERS
    )


def list_video_folders(
    raw_dir: str | os.PathLike, name_of: Callable[[str], str | None]
) -> dict[str, VideoFolder]:
    """Lists the videos of a release of frames.

    Args:
        raw_dir: holds `training/`, `testing/` or both.
        name_of: the name of a folder -> that of the video, or None where the
            folder is no video's.

    Returns:
        Name of the video -> `VideoFolder`, sorted.

    Raises:
        SourceError: two folders for one video.
    """
    videos = {}
    for folder in _sub_folders(raw_dir):
        name = name_of(os.path.basename(folder.path))
        if name is None:
            continue
        other = videos.setdefault(name, folder)
        if other != folder:
            raise SourceError(
                f"Two folders for the video '{name}': '{other.path}' and "
                f"'{folder.path}'."
            )
    return dict(sorted(videos.items()))


def other_folders(
    raw_dir: str | os.PathLike, name_of: Callable[[str], str | None]
) -> collections.Counter:
    """Counts the folders that `list_video_folders` passes over."""
    names = [os.path.basename(f.path) for f in _sub_folders(raw_dir)]
    num_others = sum(name_of(name) is None for name in names)
    return +collections.Counter({OTHER_FOLDERS: num_others})


def _sub_folders(raw_dir: str | os.PathLike) -> list[VideoFolder]:
    folders = [
        VideoFolder(item.path, is_test=split == "testing")
        for split in SPLIT_FOLDERS
        if os.path.isdir(os.path.join(raw_dir, split))
        for item in os.scandir(os.path.join(raw_dir, split))
        if item.is_dir()
    ]
    return sorted(folders, key=lambda folder: folder.path)


def open_frame_folder(
    image_dir: str | os.PathLike,
    map_dir: str | os.PathLike | None,
    frames_per_second: float,
    labels: tuple[str, ...] = (),
) -> RawVideo:
    """Opens a folder of frames with its folder of fixation maps.

    Frames are counted from the first image of the folder, whatever its number.
    A gap in the numbers closes up, and is counted.

    Args:
        image_dir: one numbered image a frame.
        map_dir: one binary map a frame; may be missing, as may single maps.
            None where the gaze lies elsewhere: no map is missed then.
        frames_per_second: frame rate; the images do not know it.
        labels: names of the classes of the video.

    Returns:
        The `RawVideo`; its frames raise `SourceError` as they are read where
        an image is unreadable or differs in size from the first. Maps do not
        tell who looked, so it does not know its observers where it has them.

    Raises:
        SourceError: no image, or an image or map that cannot be read.
    """
    images = list_images(image_dir)
    if not images:
        raise SourceError(f"Empty video: no image in '{image_dir}'.")
    numbers = list(images)
    fixations, left_out = Fixations.empty(), collections.Counter()
    if map_dir is not None:
        maps = list_images(map_dir) if os.path.isdir(map_dir) else {}
        fixations, left_out = read_fixation_maps(maps, numbers)
    left_out[MISSING_FRAMES] += numbers[-1] - numbers[0] + 1 - len(numbers)
    return RawVideo(
        frames=read_images(images.values()),
        original_size=image_size(images[numbers[0]]),
        frames_per_second=frames_per_second,
        fixations=fixations,
        labels=labels,
        left_out=+left_out,
        knows_observers=map_dir is None,
    )


def list_images(folder: str | os.PathLike) -> dict[int, str]:
    """Finds the images of a folder by the number that their names end in.

    Other files, hidden ones and sub-folders are no images: next to the maps
    there may be a folder `maps` of MATLAB files.

    Args:
        folder: a folder.

    Returns:
        Number -> path, in the order of the numbers.

    Raises:
        SourceError: the folder is missing, the name of an image ends in no
            number, or two images have the same one.
    """
    try:
        paths = _image_paths(folder)
    except OSError as error:
        raise SourceError(
            f"No folder of images '{folder}': {error.strerror}."
        ) from error
    images = {}
    for path in paths:
        digits = _LAST_DIGITS.search(os.path.splitext(path)[0])
        if digits is None:
            raise SourceError(
                f"Invalid name of the image '{path}'. Expected a name that "
                "ends in the number of the frame."
            )
        number = int(digits.group())
        if number in images:
            raise SourceError(
                f"Two images of the number {number}: '{images[number]}' and "
                f"'{path}'."
            )
        images[number] = path
    return dict(sorted(images.items()))


def image_files(folder: str | os.PathLike) -> list[str]:
    """Lists the paths of `list_images`, sorted; none if there is no folder."""
    try:
        return _image_paths(folder)
    except OSError:
        return []


def _image_paths(folder: str | os.PathLike) -> list[str]:
    with os.scandir(folder) as items:
        files = sorted(item.name for item in items if item.is_file())
    return [
        os.path.join(folder, file)
        for file in files
        if not file.startswith(".")
        and os.path.splitext(file)[1].lower() in IMAGE_SUFFIXES
    ]


def num_images(folder: str | os.PathLike) -> int:
    """Counts images; 0 if they cannot be listed: opening them says why."""
    try:
        return len(list_images(folder))
    except SourceError:
        return 0


def image_size(path: str | os.PathLike) -> tuple[int, int]:
    """Returns (height, width) of an image; raises `SourceError`."""
    return read_image(path, channels=1, error=SourceError).shape[:2]


def read_images(paths: Iterable[str]) -> Iterator[av.VideoFrame]:
    """Decodes images one by one.

    Args:
        paths: images of one size, in time order.

    Yields:
        The frames, RGB.

    Raises:
        SourceError: an image is unreadable, truncated, or of another size
            than the first.
    """
    first_shape = None
    for path in paths:
        image = read_image(path, channels=3, error=SourceError)
        first_shape = first_shape or image.shape
        if image.shape != first_shape:
            raise SourceError(
                f"Invalid size of the image '{path}'. Expected that of the "
                f"first one, {first_shape[1]}x{first_shape[0]}. "
                f"Received: {image.shape[1]}x{image.shape[0]}."
            )
        yield av.VideoFrame.from_ndarray(image, format="rgb24")


def read_fixation_maps(
    maps: Mapping[int, str], numbers: Sequence[int]
) -> tuple[Fixations, collections.Counter]:
    """Reads the points of all maps, one map in memory at a time.

    A fixated pixel becomes a point at the pixel's centre. A map holds the
    points of all observers together and does not say whose they are, nor
    whether two of them met in one pixel. So `observer` is the point's index in
    its own frame, row by row: it tells points of a frame apart, and means
    nothing from one frame to the next.

    Args:
        maps: number -> path of a binary map, as of `list_images`. Coordinates
            are relative to the map, which may differ in size from the frame.
        numbers: the number of each frame of the video, in time order.

    Returns:
        `Fixations`, sorted by frame, then observer, frame being the index into
        `numbers`; and a `Counter`, cause -> frames without a map and maps
        without a frame.

    Raises:
        SourceError: a map cannot be read or is not binary.
    """
    left_out = collections.Counter()
    rows = [np.zeros([0, 4])]
    for frame, number in enumerate(numbers):
        if number not in maps:
            left_out[FRAMES_WITHOUT_MAP] += 1
            continue
        x, y = _fixated_points(maps[number])
        observer = np.arange(len(x))
        rows.append(np.stack([np.full(len(x), frame), x, y, observer], axis=1))
    left_out[MAPS_WITHOUT_FRAME] += len(maps.keys() - set(numbers))
    return Fixations.from_rows(np.concatenate(rows)), +left_out


def _fixated_points(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns x and y `[n]`, float64 in (0, 1), of the map's points."""
    image = read_image(path, channels=1, error=SourceError)[..., 0]
    row, column = np.nonzero(image)
    levels = np.unique(image[row, column])
    if len(levels) > 1:
        raise SourceError(
            f"Invalid fixation map '{path}'. Expected a binary image: 0, and "
            "255 at a fixated pixel. Received: levels from "
            f"{levels[0]} to {levels[-1]} besides 0."
        )
    height, width = image.shape
    return (column + 0.5) / width, (row + 0.5) / height
