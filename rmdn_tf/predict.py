"""Predicts where people look in a video.

rmdn predict --video IN.mp4 --output OUT.mp4
rmdn predict --video 0 --output camera.mkv    # until Ctrl-C
rmdn predict --video IN.mp4 --maps MAPS --parameters OUT.npz
rmdn predict --video IN.mp4 --output OUT.mp4 \\
    --server grpc://localhost:8500
"""

import contextlib
import dataclasses
import os
from collections.abc import Mapping

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.files.file_systems import is_local, require_utf8
from rmdn_tf.files.published import require_writable
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.prediction.settings import (
    DrawingSettings,
    NetworkSettings,
    NumberSettings,
    require_suffix,
)
from rmdn_tf.runs.paths import DEFAULT, model_directory, require_model
from rmdn_tf.video.sources import require_present


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The video and the model:"""

    video: str = setting(
        help="A video or picture, rtsp://..., or the number of a camera."
    )
    model: str = setting(
        DEFAULT,
        "Directory of a run, or of a SavedModel, which is a program: load only "
        "one that you trust. With --server, the model's name there.",
        default_text="'default', the model in this package",
    )
    server: str | None = setting(
        None,
        "URL of a TensorFlow Serving that runs the network, grpc://HOST:8500 "
        "or http://HOST:8501.",
    )


def _require_writable(outputs: Mapping[str, str | None]) -> None:
    """Makes sure that the outputs can be written, before long work."""
    for option, path in outputs.items():
        if path and not is_local(path):
            raise ValueError(
                f"Invalid {option}. Expected a path of this machine. "
                f"Received: '{path}'."
            )
    if outputs["--maps"]:
        require_utf8(outputs["--maps"])
    if outputs["--parameters"]:
        require_suffix(outputs["--parameters"])
    for path in (outputs["--output"], outputs["--parameters"]):
        if path:
            require_writable(path)


def _require_formats(video: str, output: str | None) -> None:
    """Makes sure that FFmpeg knows both formats, before TensorFlow loads."""
    require_present(video)
    # Here, so that help comes at once.
    from rmdn_tf.video.formats import require_video_format
    from rmdn_tf.video.pictures import is_picture_name
    from rmdn_tf.video.reader import VideoReader

    if output and not is_picture_name(output):
        require_video_format(output)
    if os.path.isdir(video) or os.path.isfile(video):  # No pipe or camera.
        with VideoReader(video):
            pass


@command(__doc__, Options, NetworkSettings, DrawingSettings, NumberSettings)
def main(line: CommandLine) -> None:
    """Predicts a video."""
    options = line.read(Options)
    network = line.read(NetworkSettings)
    drawing = line.read(DrawingSettings)
    numbers = line.read(NumberSettings)
    outputs = {
        "--output": drawing.output,
        "--maps": numbers.maps,
        "--parameters": numbers.parameters,
    }
    if not any(outputs.values()):
        raise UsageError("Nothing to write: --output, --maps or --parameters.")
    directory = None if options.server else model_directory(options.model)
    refuse_overwriting(
        {"--video": options.video, "--model": directory}, outputs
    )
    _require_writable(outputs)
    _require_formats(options.video, drawing.output)
    if directory:
        require_model(directory)
    import_tensorflow()  # Here, since it takes seconds.
    from rmdn_tf.prediction.attention_model import AttentionModel, load
    from rmdn_tf.prediction.video_prediction import VideoPrediction
    from rmdn_tf.serving.client import Client

    with contextlib.ExitStack() as stack:
        if options.server:
            client = Client(options.server, options.model)
            model: AttentionModel = stack.enter_context(client)
        else:
            model = load(options.model)
        path = None if options.server else options.model
        prediction = VideoPrediction(
            model, options.video, network, drawing, numbers, path
        )
        number = prediction.run()
    unit = "frame" if number == 1 else "frames"
    print(f"{number} {unit}: {', '.join(filter(None, outputs.values()))}")


if __name__ == "__main__":
    start(main)
