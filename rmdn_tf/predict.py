"""Entry: a video -> the same video with the density over it.

    python -m rmdn_tf.predict --video IN.mp4 --output OUT.mp4 [--model MODEL]

Every frame gets a density, from the first on; memory does not depend on the
length. Sound is not copied.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from fractions import Fraction

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import av
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from rmdn_tf.attention import AttentionModel, load
from rmdn_tf.pictures import overlay
from rmdn_tf.published_files import published

MAP_ROWS = 90
"""Of the density that is evaluated; it is smooth, and enlarged to the frame."""


def draw(
    model: AttentionModel,
    video: str | os.PathLike,
    output: str | os.PathLike,
    opacity: float = 0.7,
) -> int:
    """Writes the video with the density over it, whole or not at all.

    Args:
        model: of `rmdn_tf.load`.
        video: any that FFmpeg reads.
        output: such as `out.mp4`.
        opacity: of the colour at the density's peak, in [0, 1].

    Returns:
        The number of frames.

    Raises:
        ValueError: the video has no picture, or is damaged.
        OSError: it cannot be read, or the output cannot be written.
    """
    num_frames = 0
    try:
        with av.open(os.fspath(video)) as source, published(output) as path:
            rate = _rate_of(source, video)
            with av.open(path, "w") as target:
                stream = target.add_stream("libx264", rate=rate)
                frames = tqdm(_frames(source), unit="frame", leave=False)
                for frame, density in model.stream(frames, float(rate)):
                    picture = _draw_frame(frame, density, opacity)
                    stream.width, stream.height = picture.width, picture.height
                    stream.pix_fmt = "yuv420p"
                    target.mux(stream.encode(picture))
                    num_frames += 1
                if not num_frames:
                    raise ValueError(f"No frame could be read from '{video}'.")
                target.mux(stream.encode())
    except av.FFmpegError as error:
        raise ValueError(
            f"'{video}' could not be read to its end, or '{output}' not be "
            f"written: {error}"
        ) from error
    return num_frames


def _rate_of(source, video) -> Fraction:
    if not source.streams.video:
        raise ValueError(f"'{video}' holds no video.")
    return source.streams.video[0].average_rate or Fraction(25)


def _frames(source) -> Iterator[np.ndarray]:
    for frame in source.decode(video=0):
        yield frame.to_ndarray(format="rgb24")


def _draw_frame(frame: np.ndarray, density, opacity: float) -> av.VideoFrame:
    """Draws one frame; odd sizes lose a row or a column, as H.264 asks for."""
    height, width = frame.shape[:2]
    map_ = density.saliency_map(MAP_ROWS, max(1, MAP_ROWS * width // height))
    map_ = tf.image.resize(map_[..., None], (height, width))[..., 0].numpy()
    picture = overlay(frame, map_, opacity)
    even = picture[: height // 2 * 2, : width // 2 * 2]
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(even), "rgb24")


def main(arguments: list[str] | None = None) -> int:
    """Reads the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--model", default="default", help="a run's directory")
    parser.add_argument("--opacity", type=float, default=0.7, help="0 to 1")
    options = parser.parse_args(arguments)
    try:
        model = load(options.model)
        number = draw(model, options.video, options.output, options.opacity)
    except (OSError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{number} frames: {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
