"""Crops a video to another shape, where people look.

rmdn reframe --video IN.mp4 --aspect 9:16 --output OUT.mp4
rmdn reframe --video IN.mp4 --aspect 1:1 --zoom 1.5 --output OUT.mp4
rmdn reframe --video IN.mp4 --aspect 9:16 --padding blur --output OUT.mp4
rmdn reframe --video IN.mp4 --aspect 4:5 --path OUT.csv    # for an editor
"""

import dataclasses

from rmdn_tf.applications.reframe.settings import CropSettings, OutputSettings
from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.wording import counted
from rmdn_tf.prediction.checks import check_inputs, check_outputs
from rmdn_tf.prediction.libraries import import_libraries
from rmdn_tf.prediction.settings import InputSettings, NetworkSettings
from rmdn_tf.video.sources import require_file


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(InputSettings):
    """The video and the model:"""

    video: str = setting(help="A video file.")


@command(__doc__, Options, CropSettings, OutputSettings, NetworkSettings)
def main(line: CommandLine) -> None:
    """Crops a video."""
    options = line.read(Options)
    crop = line.read(CropSettings)
    output = line.read(OutputSettings)
    network = line.read(NetworkSettings)
    files = {"--output": output.output, "--path": output.path}
    outputs = [*filter(None, files.values())]
    if not outputs:
        raise UsageError("Nothing to write: --output or --path.")
    inputs = {"--video": options.video, "--model": options.model}
    check_outputs(inputs, files)
    if output.output:
        # Here, so that help comes at once.
        from rmdn_tf.video.formats import require_video_format

        require_video_format(output.output)
    check_inputs(options.video, options.model, network)
    require_file(options.video)
    # Here, since it takes seconds.
    import_libraries(options.model, precision=network.precision)
    from rmdn_tf.applications.reframe.reframing import Reframing
    from rmdn_tf.prediction.attention_model import load

    model = load(options.model, network.precision)
    path = Reframing(model, options.video, network, crop, output).run()
    print(
        f"{counted(len(path.times), 'frame')}, with {path.shares.mean():.0%} "
        f"of the predicted attention ({path.centre_shares.mean():.0%} in a "
        f"fixed crop in the centre): {', '.join(outputs)}"
    )


if __name__ == "__main__":
    start(main)
