"""Entry: writes one video of the demo dataset as a file.

python -m tfrecords_tools.demo_video OUT.mp4
"""

import argparse
import os
from fractions import Fraction

import av

from rmdn_tf.files.published import published
from tfrecords_tools.sources.demo import Demo

SIZE = (240, 320)


def write_demo_video(path: str | os.PathLike, number: int = 0) -> None:
    """Writes a video of the demo dataset, whole or not at all.

    Args:
        path: of the video, such as `demo.mp4`.
        number: which one.

    Raises:
        OSError: it cannot be written.
    """
    source = Demo(number + 3, size=SIZE)  # The dataset has three splits.
    raw = source.open(source.entries()[number])
    rate = Fraction(raw.frames_per_second).limit_denominator(1000)
    with published(path) as temporary, av.open(temporary, "w") as target:
        stream = target.add_stream("libx264", rate=rate)
        stream.pix_fmt = "yuv420p"
        stream.height, stream.width = SIZE
        for frame in raw.frames:
            target.mux(stream.encode(frame))
        target.mux(stream.encode())


def main() -> None:
    """Writes the video that the command names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    write_demo_video(parser.parse_args().output)


if __name__ == "__main__":
    main()
