"""Makes the animation of the README: people's gaze beside the prediction.

    python -m experiments.readme_animation --raw_dir data/raw/dhf1k \\
        --output docs/images/overlay.webp

Takes a few seconds of a video of DHF1K with raw gaze. On the left are the frame
and the points of gaze of its observers, on the right the density that the
shipped model predicts. Frames are resized, and some are left out.
"""

import argparse
import os
from collections.abc import Iterator

import numpy as np
from PIL import Image

import rmdn_tf
from rmdn_tf.prediction.overlay import Overlay
from rmdn_tf.video.colours import RING_RGB
from rmdn_tf.video.drawing import draw_fixations
from rmdn_tf.video.legend import draw_legend
from rmdn_tf.video.reader import VideoReader
from tfrecords_tools.sources.dhf1k import Dhf1k

SIZE = (270, 480)  # Of each half.
QUALITY = 70


def main() -> None:
    """Writes the animation: a WebP or a GIF, by the name of the output."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw_dir", required=True)
    parser.add_argument("--video_id", default="0002")
    parser.add_argument("--begin", type=float, default=11.5, help="in seconds")
    parser.add_argument("--end", type=float, default=18.0, help="in seconds")
    parser.add_argument("--every", type=int, default=3, help="in frames")
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    times, pictures = [], []
    for number, (time, picture) in enumerate(
        halves(options.raw_dir, options.video_id, options.end)
    ):
        if time >= options.begin and number % options.every == 0:
            times.append(time)
            pictures.append(Image.fromarray(picture))
    pictures[0].save(
        options.output,
        save_all=True,
        append_images=pictures[1:],
        duration=round(1000 * np.diff(times).mean()),  # Milliseconds.
        loop=0,
        quality=QUALITY,
        method=6,
    )
    print(f"{len(pictures)} pictures, {os.path.getsize(options.output)} bytes")


def halves(
    raw_dir: str, video_id: str, end: float
) -> Iterator[tuple[float, np.ndarray]]:
    """Yields time and picture of each frame, uint8 `[H, 2 W, 3]`."""
    source = Dhf1k(raw_dir)
    entry = next(e for e in source.entries() if e.video_id == video_id)
    gaze = source.open(entry).fixations
    points = np.stack([gaze.x, gaze.y], -1)
    people = f"gaze of {len(np.unique(gaze.observer))} people"
    legend = Image.fromarray(draw_legend([(("ring", RING_RGB), people)], SIZE))
    overlay = Overlay(legend=True)
    model = rmdn_tf.load()
    path = dict(source.find_files())[video_id]
    stream = model.densities(interpolate=True)
    reader = VideoReader(path)
    for number, (frame, density) in enumerate(stream(model.moments(reader))):
        if frame.time >= end:
            return
        small = frame.reformat(SIZE[1], SIZE[0], format="yuv420p")
        plain = small.to_ndarray(format="rgb24")
        rings = draw_fixations(plain, points[gaze.frame == number])
        left = Image.fromarray(rings).convert("RGBA")
        left.alpha_composite(legend, (0, SIZE[0] - legend.height))
        both = left.convert("RGB"), overlay(small, density).to_image()
        yield frame.time, np.concatenate(both, axis=1)


if __name__ == "__main__":
    main()
