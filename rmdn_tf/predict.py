"""Predicts where people look in a video.

rmdn predict --video IN.mp4 --output OUT.mp4
rmdn predict --video 0 --output camera.mkv    # until Ctrl-C
rmdn predict --video IN.mp4 --maps MAPS --parameters OUT.npz
rmdn predict --video IN.mp4 --output OUT.mp4 \\
    --server grpc://localhost:8500
"""

import contextlib
import dataclasses

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine, UsageError
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.files.file_systems import require_utf8
from rmdn_tf.prediction.checks import (
    check_inputs,
    check_outputs,
    require_output_format,
)
from rmdn_tf.prediction.settings import (
    DrawingSettings,
    InputSettings,
    NetworkSettings,
    NumberSettings,
    require_suffix,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(InputSettings):
    """The video and the model:"""

    server: str | None = setting(
        None,
        "URL of a TensorFlow Serving that runs the network, grpc://HOST:8500 "
        "or http://HOST:8501. --model is the model's name there.",
    )


@command(__doc__, Options, NetworkSettings, DrawingSettings, NumberSettings)
def main(line: CommandLine) -> None:
    """Predicts a video."""
    options = line.read(Options)
    network = line.read(NetworkSettings)
    drawing = line.read(DrawingSettings)
    numbers = line.read(NumberSettings)
    files = {"--output": drawing.output, "--parameters": numbers.parameters}
    outputs = [*filter(None, (*files.values(), numbers.maps))]
    if not outputs:
        raise UsageError("Nothing to write: --output, --maps or --parameters.")
    model_path = None if options.server else options.model
    inputs = {"--video": options.video, "--model": model_path}
    check_outputs(inputs, files, {"--maps": numbers.maps})
    if numbers.maps:
        require_utf8(numbers.maps)
    if numbers.parameters:
        require_suffix(numbers.parameters)
    if drawing.output:
        require_output_format(drawing.output)
    check_inputs(options.video, model_path, network)
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
        prediction = VideoPrediction(
            model, options.video, network, drawing, numbers, model_path
        )
        number = prediction.run()
    unit = "frame" if number == 1 else "frames"
    print(f"{number} {unit}: {', '.join(outputs)}")


if __name__ == "__main__":
    start(main)
