"""Exports a model for TensorFlow Serving or another runtime.

rmdn export --model runs/demo-small \\
    --output saved_models/demo-small
rmdn export --format onnx --output model.onnx
rmdn export --format litert --precision int8 \\
    --calibration VIDEOS --output model.tflite

A SavedModel is written to `saved_models/demo-small/<version>/`.
"""

import dataclasses
import itertools
import os
import pathlib

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.commands.wording import counted
from rmdn_tf.files.file_systems import is_local
from rmdn_tf.files.published import require_new_directory
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.prediction.checks import check_outputs
from rmdn_tf.prediction.settings import require_suffix
from rmdn_tf.runs.directory import BEST
from rmdn_tf.runs.paths import (
    DEFAULT,
    default_directory,
    model_directory,
    require_trained,
)
from rmdn_tf.runtimes.formats import (
    FORMATS,
    INT8,
    PRECISIONS,
    require_converter,
)
from rmdn_tf.video.folders import videos_in

SAVED_MODEL = "savedmodel"

# Formats whose network may take any number of frames at once.
_ANY_LENGTH = [name for name, one in FORMATS.items() if one.any_length]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The model and where to write it:"""

    model: str = setting(
        DEFAULT,
        "Directory of a run, or one of its checkpoints.",
        default_text="'default', the model in this package",
    )
    output: str = setting(
        help="Directory of the SavedModel's versions, such as "
        "saved_models/NAME; a file for onnx and litert; a new directory for "
        "openvino, tfjs and triton."
    )
    format: str = setting(
        SAVED_MODEL,
        "savedmodel for TensorFlow Serving, or the runtime that the network "
        "is for.",
        (SAVED_MODEL, *FORMATS),
    )
    precision: str = setting(
        PRECISIONS[0],
        "How the weights are stored. With int8, convolutions of the encoder "
        "also compute in 8 bits, except in tfjs.",
        PRECISIONS,
    )
    dynamic: bool = setting(
        False,
        "Let the network take the frames of any number of clips at once, not "
        f"of one only; for {', '.join(_ANY_LENGTH)}.",
    )
    calibration: tuple[str, ...] = setting(
        (),
        "Videos, or folders of videos, that are like those to predict. Their "
        "features set the ranges of the 8-bit numbers of int8.",
    )

    def __post_init__(self) -> None:
        if self.dynamic and self.format not in _ANY_LENGTH:
            raise ValueError(
                "Invalid `dynamic`. Expected one of --format "
                f"{', '.join(_ANY_LENGTH)}. Received: format={self.format}."
            )
        self._require_precision()
        self._require_suffix()

    def _require_precision(self) -> None:
        form = FORMATS.get(self.format)
        if not form and self.precision != PRECISIONS[0]:
            raise ValueError(
                f"Invalid `precision`. Expected {PRECISIONS[0]} for --format "
                f"{self.format}. Received: precision={self.precision}."
            )
        calibrates = self.precision == INT8 and form and form.calibrates
        if bool(calibrates) != bool(self.calibration):
            expected = "videos" if calibrates else "no videos"
            raise ValueError(
                f"Invalid `calibration`. Expected {expected} for --format "
                f"{self.format} --precision {self.precision}. Received: "
                f"calibration={' '.join(self.calibration) or None}."
            )

    def _require_suffix(self) -> None:
        suffix = pathlib.Path(self.output).suffix.lower()
        suffixes = {name: one.suffix for name, one in FORMATS.items()}
        if suffixes.get(self.format):
            require_suffix(
                self.output,
                [suffixes[self.format]],
                f"`output` of --format {self.format}",
            )
        elif suffix in filter(None, suffixes.values()):
            names = [n for n, other in suffixes.items() if other == suffix]
            raise ValueError(
                "Invalid `output`. Expected a directory for --format "
                f"{self.format}. Received: '{self.output}', a file of "
                f"--format {' or '.join(names)}."
            )


@command(__doc__, Options)
def main(line: CommandLine) -> None:
    """Exports a model."""
    options = line.read(Options)
    refuse_overwriting(
        {"--model": _run_of(options), "--calibration": options.calibration},
        {"--output": options.output},
    )
    require_trained(options.model)
    if options.format == SAVED_MODEL:
        _export_saved_model(options)
    else:
        _export_portable(options, _check_portable(options))


def _run_of(options: Options) -> pathlib.Path:
    """Returns the directory of the run."""
    if options.model == DEFAULT:
        return default_directory()
    path = pathlib.Path(options.model)
    if not is_local(options.model):
        path = model_directory(options.model)
    return path.parent if path.name == BEST else path


def _export_saved_model(options: Options) -> None:
    import_tensorflow()  # Here, since it takes seconds.
    from rmdn_tf.runs.loading import load_keras
    from rmdn_tf.runs.run_facts import describe_run
    from rmdn_tf.serving.export import export

    model, config = load_keras(options.model)
    run = describe_run(_run_of(options))
    print(f"SavedModel: {export(model, config, options.output, run)}")


def _check_portable(options: Options) -> list[str]:
    """Checks paths and libraries; returns the videos of the calibration."""
    output = {"--output": options.output}
    if FORMATS[options.format].suffix:
        check_outputs({}, output)
    else:
        check_outputs({}, {}, output)
        require_new_directory(options.output)
    require_converter(options.format, options.precision)
    return list(itertools.chain(*map(_videos_at, options.calibration)))


def _videos_at(path: str) -> list[str]:
    """Returns the videos of a folder, or one video."""
    videos = videos_in(path)[0] if os.path.isdir(path) else [path]
    if not videos or not os.path.exists(videos[0]):
        raise FileNotFoundError(
            "Invalid `calibration`. Expected videos, or folders of videos. "
            f"Received: '{path}', without any."
        )
    return videos


def _export_portable(options: Options, videos: list[str]) -> None:
    import_tensorflow()  # Here, since it takes seconds.
    from rmdn_tf.prediction.calibration import calibration_samples
    from rmdn_tf.runs.loading import load_keras
    from rmdn_tf.runs.network_facts import describe_network
    from rmdn_tf.runs.run_facts import describe_run
    from rmdn_tf.runtimes.export import export_portable

    model, config = load_keras(options.model)
    samples = calibration_samples(model, config, videos) if videos else []
    path, run = pathlib.Path(options.output), _run_of(options)
    name = path.stem if FORMATS[options.format].suffix else path.name
    export_portable(
        model,
        config,
        options.output,
        options.format,
        precision=options.precision,
        num_clips=None if options.dynamic else 1,
        samples=samples,
        facts=describe_network(model, config, name, describe_run(run)),
    )
    print(_told(options, len(samples)))


def _told(options: Options, num_samples: int) -> str:
    """Returns what was written."""
    path = pathlib.Path(options.output)
    files = path.rglob("*") if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files)
    made = f"{size / 1e6:.1f} MB, {options.precision}"
    if num_samples:
        made += f", calibrated on {counted(num_samples, 'clip')}"
    return f"{FORMATS[options.format].title}: {path} ({made})"


if __name__ == "__main__":
    start(main)
