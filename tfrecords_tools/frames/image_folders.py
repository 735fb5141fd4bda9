"""A folder of numbered images, one per frame -> frames."""

import os
import re
from collections.abc import Iterable, Iterator

import av

from rmdn_tf.files.images import read_image
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.raw_files import by_name, is_file, is_folder, paths_in
from tfrecords_tools.raw_video import SourceError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")

_LAST_DIGITS = re.compile(r"[0-9]+$")


def image_files(folder: str | os.PathLike) -> list[str]:
    """Lists the images of a folder, sorted by name, without hidden files.

    Returns an empty list for a missing folder.

    Raises:
        SourceError: the folder is unreadable.
    """
    return [
        path
        for path in (paths_in(folder) if is_folder(folder) else [])
        if os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES
        and not os.path.basename(path).startswith(".")
        and is_file(path)
    ]


def list_images(folder: str | os.PathLike) -> dict[int, str]:
    """Returns number at the end of the name -> path of each image, sorted."""
    return by_name(
        ((_number(path), path) for path in image_files(folder)), "image"
    )


def _number(path: str) -> int:
    digits = _LAST_DIGITS.search(os.path.splitext(path)[0])
    if digits is None:
        raise SourceError(
            f"Invalid name of the image '{path}'. Expected a name that ends in "
            "the number of the frame."
        )
    return int(digits.group())


def probe_images(
    folder: str | os.PathLike, frames_per_second: float | None
) -> VideoFacts:
    """Returns the facts of a folder of images.

    The image with the smallest number is frame 0. Gaps in the numbers are
    ignored.
    """
    images = list_images(folder)
    if not images:
        raise SourceError(f"Empty video: no image in '{folder}'.")
    if frames_per_second is None:
        raise SourceError(
            f"Missing frame rate of the images in '{folder}'. This dataset "
            "has no folders of images."
        )
    numbers = tuple(images)
    first = read_image(images[numbers[0]], channels=1, error=SourceError)
    return VideoFacts(
        size=(first.shape[0], first.shape[1]),
        frames_per_second=frames_per_second,
        num_frames=len(numbers),
        image_numbers=numbers,
    )


def read_images(paths: Iterable[str]) -> Iterator[av.VideoFrame]:
    """Decodes images one by one, as RGB; all must have the same size."""
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
