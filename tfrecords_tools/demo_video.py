"""Writes one video of the demo dataset to a file.

rmdn demo-video OUT.mp4
"""

import dataclasses
from fractions import Fraction
from typing import TYPE_CHECKING

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import argument
from rmdn_tf.files.published import published

if TYPE_CHECKING:
    from tfrecords_tools.raw_video import RawVideo

SIZE = (240, 320)


@dataclasses.dataclass(frozen=True)
class Options:
    """The file:"""

    output: str = argument(help="The video to write, such as demo.mp4.")


def raw_video() -> "RawVideo":
    """Returns the video before it is written, with the gaze of observers."""
    from tfrecords_tools.sources.demo import Demo

    source = Demo(num_videos=3, size=SIZE)
    return source.open(source.entries()[0])


@command(__doc__, Options)
def main(line: CommandLine) -> None:
    """Writes the video that the command names."""
    path = line.read(Options).output
    # Here, so that help comes at once.
    import av

    raw = raw_video()
    rate = Fraction(raw.frames_per_second).limit_denominator(1000)
    with published(path) as temporary, av.open(temporary, "w") as target:
        stream = target.add_stream("libx264", rate=rate)
        stream.pix_fmt = "yuv420p"
        stream.height, stream.width = SIZE
        for frame in raw.frames:
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
        number = stream.frames
    print(f"{number} frames: {path}")


if __name__ == "__main__":
    start(main)
