"""Networks to compare runtimes by, and their portable files."""

import argparse
import dataclasses
import os
import pathlib
from collections.abc import Iterator, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from rmdn_tf.runtimes.formats import FORMATS, PRECISIONS

# Those that this package runs: not TensorFlow.js, and Triton serves ONNX.
RUNTIMES = ("onnx", "openvino", "litert")


@dataclasses.dataclass(frozen=True)
class PortableFile:
    """A network in one runtime and precision.

    Attributes:
        name: runtime and precision, such as "litert float16".
        path: the file or directory.
        problem: why it does not exist; empty if it does.
    """

    name: str
    path: pathlib.Path
    problem: str = ""

    @property
    def megabytes(self) -> float:
        """Its size, in 10^6 bytes."""
        files = [f for f in (self.path, *self.path.rglob("*")) if f.is_file()]
        return sum(file.stat().st_size for file in files) / 1e6


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that choose runtimes and precisions."""
    parser.add_argument("--runtimes", nargs="*", default=RUNTIMES)
    parser.add_argument("--precisions", nargs="*", default=PRECISIONS)
    parser.add_argument(
        "--calibration", nargs="*", default=[], help="videos, for int8"
    )


def saved_network(name: str, directory: pathlib.Path) -> pathlib.Path:
    """Returns the directory of a network, for `rmdn_tf.load`.

    Args:
        name: "default", a preset, which gets random weights, or a directory.
        directory: the random network is saved there.
    """
    from rmdn_tf.model.presets import PRESETS
    from rmdn_tf.model.rmdn import build_rmdn
    from rmdn_tf.model.saving import save_model
    from rmdn_tf.runs.paths import model_directory

    if name not in PRESETS:
        return model_directory(name)
    network = directory / name
    if not network.exists():
        save_model(build_rmdn(PRESETS[name]), PRESETS[name], network)
    return network


def portable_files(
    network: pathlib.Path,
    directory: pathlib.Path,
    options: argparse.Namespace,
    *,
    num_clips: int | None = 1,
) -> Iterator[PortableFile]:
    """Converts a network, unless its file exists.

    Args:
        network: of `saved_network`.
        directory: of the files.
        options: the flags of `add_flags`.
        num_clips: clips that run at once; None for any number.

    Yields:
        A file for each runtime and precision.
    """
    from rmdn_tf.model.saving import load_model

    directory.mkdir(parents=True, exist_ok=True)
    model, config = load_model(network)
    samples: list = []
    for precision in options.precisions:
        if precision == "int8":
            samples = _samples(model, config, options.calibration)
        for runtime in options.runtimes:
            yield _converted(
                model,
                config,
                directory,
                runtime,
                precision=precision,
                num_clips=num_clips,
                samples=samples,
            )


def _samples(model, config, videos: Sequence[str]) -> list:
    from rmdn_tf.prediction.calibration import calibration_samples

    return calibration_samples(model, config, videos)


def _converted(
    model, config, directory: pathlib.Path, runtime: str, **settings
) -> PortableFile:
    from rmdn_tf.runs.network_facts import describe_network
    from rmdn_tf.runtimes.export import export_portable

    facts = describe_network(model, config, directory.name)
    precision = settings["precision"]
    suffix = FORMATS[runtime].suffix
    path = directory / f"{runtime}-{precision}{suffix}"
    problem = ""
    if not path.exists():
        try:
            export_portable(
                model, config, path, runtime, facts=facts, **settings
            )
        except ValueError as error:
            problem = str(error)
    return PortableFile(f"{runtime} {precision}", path, problem)
