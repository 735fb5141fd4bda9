"""Measures how much attention areas get, and how soon.

rmdn areas --video IN.mp4 --areas areas.csv
rmdn areas --video IN.mp4 --areas areas.csv --output OUT.csv --plot OUT.png
rmdn areas --video IN.png --areas areas.csv --summary OUT.csv
"""

import dataclasses
import sys

from rmdn_tf.applications.areas.settings import AreaSettings
from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import setting
from rmdn_tf.prediction.checks import check_inputs, check_outputs
from rmdn_tf.prediction.libraries import import_libraries
from rmdn_tf.prediction.settings import InputSettings, NetworkSettings
from rmdn_tf.video.sources import require_file


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(InputSettings):
    """The video and the model:"""

    video: str = setting(help="A file: a video or a picture.")


@command(__doc__, Options, AreaSettings, NetworkSettings)
def main(line: CommandLine) -> None:
    """Measures the areas of a video."""
    given = line.read(Options)
    settings = line.read(AreaSettings)
    network = line.read(NetworkSettings)
    check_outputs(
        {
            "--video": given.video,
            "--model": given.model,
            "--areas": settings.areas,
        },
        {
            "--output": settings.output,
            "--summary": settings.summary,
            "--plot": settings.plot,
        },
    )
    settings.check_suffixes()
    check_inputs(given.video, given.model, network)
    require_file(given.video)
    # Here, so that help comes at once.
    from rmdn_tf.applications.areas.area_files import read_areas
    from rmdn_tf.applications.areas.share_errors import read_share_errors
    from rmdn_tf.video.decoding import VideoError
    from rmdn_tf.video.reader import VideoReader

    errors = read_share_errors(given.model)
    with VideoReader(given.video) as reader:
        first = reader.first_frame
    if first is None:
        raise VideoError(f"Empty video '{given.video}'.")
    areas = read_areas(settings.areas, (first.height, first.width))
    # Here, since it takes seconds.
    import_libraries(given.model, precision=network.precision)
    from rmdn_tf.applications.areas.report import remarks, report
    from rmdn_tf.applications.areas.summary import format_table
    from rmdn_tf.prediction.attention_model import load

    model = load(given.model, network.precision)
    rows = report(model, errors, given.video, areas, settings, network)
    print(format_table(rows))
    for remark in remarks(rows, errors, given.model):
        print(remark, file=sys.stderr)


if __name__ == "__main__":
    start(main)
