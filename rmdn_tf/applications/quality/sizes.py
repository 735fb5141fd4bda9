"""Compares the sizes of videos with that of their reference."""

import os
from collections.abc import Sequence

from rmdn_tf.metrics.picture_quality import SSIM_WINDOW
from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.reader import VideoReader


def require_size(
    name: str, size: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    """Makes sure that a video has the size of the reference.

    Args:
        name: name of the video.
        size: (height, width) of its frames.
        expected: the reference's.

    Raises:
        VideoError: the sizes differ.
    """
    if size != expected:
        raise VideoError(
            f"Invalid video '{name}'. Expected the size of the reference, "
            f"{expected[1]}x{expected[0]}. Received: {size[1]}x{size[0]}. With "
            "--scale it is resized."
        )


def require_size_for_ssim(name: str, size: tuple[int, int]) -> None:
    """Makes sure that frames are large enough to be compared.

    Args:
        name: name of the video.
        size: (height, width) of its frames.

    Raises:
        VideoError: a side is too short.
    """
    if min(size) < SSIM_WINDOW:
        raise VideoError(
            f"Invalid video '{name}'. Expected at least {SSIM_WINDOW}x"
            f"{SSIM_WINDOW} pixels for SSIM. Received: {size[1]}x{size[0]}."
        )


def require_same_sizes(
    reference: str | os.PathLike, videos: Sequence[str | os.PathLike]
) -> None:
    """Makes sure that the first frames of videos have one size.

    Args:
        reference: path of the reference.
        videos: paths of its distorted versions.

    Raises:
        VideoError: the sizes differ, or a video is invalid.
    """
    expected: tuple[int, int] | None = None
    for path in (reference, *videos):
        with VideoReader(path) as reader:
            frame = reader.first_frame
            if frame is not None:
                size = frame.height, frame.width
                expected = expected or size
                require_size(reader.name, size, expected)
