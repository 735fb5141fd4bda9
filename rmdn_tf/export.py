"""Exports a model, for TensorFlow Serving or for another runtime.

rmdn export --model runs/demo-small \\
    --output saved_models/demo-small
rmdn export --format onnx --output model.onnx
rmdn export --format litert --precision int8 \\
    --calibration VIDEOS --output model.tflite

A SavedModel is written to `saved_models/demo-small/<version>/`.
"""

import dataclasses
import pathlib
from typing import TYPE_CHECKING

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.prediction.video_names import named_videos
from rmdn_tf.runs.directory import BEST
from rmdn_tf.runs.paths import DEFAULT, default_directory, require_model
from rmdn_tf.runtimes.formats import FORMATS, PRECISIONS

if TYPE_CHECKING:
    import keras

    from rmdn_tf.model.config import ModelConfig

SAVED_MODEL = "savedmodel"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The model and where to write it:"""

    model: str = setting(
        DEFAULT,
        "Directory of a run.",
        default_text="'default', the model in this package",
    )
    output: str = setting(
        help="Directory of the SavedModel's versions, such as "
        "saved_models/NAME; a file for onnx and litert; a new directory for "
        "openvino and tfjs."
    )
    format: str = setting(
        SAVED_MODEL,
        "savedmodel for TensorFlow Serving, or the runtime that the network "
        "is for.",
        (SAVED_MODEL, *FORMATS),
    )
    precision: str = setting(
        PRECISIONS[0],
        "How the weights are stored; with int8 the convolutions also compute "
        "in 8 bits.",
        PRECISIONS,
    )
    dynamic: bool = setting(
        False,
        "The network takes any number of frames at once, not those of one "
        "clip only; for onnx and openvino.",
    )
    calibration: tuple[str, ...] = setting(
        (),
        "Videos, or a folder of videos, that are like those to predict: they "
        "tell the ranges of the features for int8.",
    )


@command(__doc__, Options)
def main(line: CommandLine) -> None:
    """Exports a model."""
    options = line.read(Options)
    path = pathlib.Path(options.model)
    if options.model == DEFAULT:
        path = default_directory()
    best = path / BEST if (path / BEST).is_dir() else path
    run = path.parent if path.name == BEST else path
    refuse_overwriting(
        {"--model": path, "--calibration": options.calibration},
        {"--output": options.output},
    )
    require_model(path)
    import_tensorflow()  # Here, since it takes seconds.
    from rmdn_tf.model.saving import load_model
    from rmdn_tf.runs.run_facts import describe_run

    model, config = load_model(best)
    if options.format == SAVED_MODEL:
        from rmdn_tf.serving.export import export

        version = export(model, config, options.output, describe_run(run))
        print(f"SavedModel: {version}")
        return
    _export_portable(model, config, options, describe_run(run))


def _export_portable(
    model: "keras.Model", config: "ModelConfig", options: Options, run: dict
) -> None:
    from rmdn_tf.prediction.calibration import calibration_samples
    from rmdn_tf.runs.network_facts import describe_network
    from rmdn_tf.runtimes.export import export_portable

    name = pathlib.Path(options.output).stem
    samples = []
    if options.calibration:
        videos, _ = named_videos(options.calibration)
        samples = calibration_samples(model, config, [*videos.values()])
    export_portable(
        model,
        config,
        options.output,
        options.format,
        precision=options.precision,
        num_clips=None if options.dynamic else 1,
        samples=samples,
        facts=describe_network(model, config, name, run),
    )
    print(f"{FORMATS[options.format].title}: {options.output}")


if __name__ == "__main__":
    start(main)
