"""Scores a network in other runtimes on a split that it has not seen.

    python -m experiments.runtimes.held_out --model runs/demo-small \\
        --data_dir data/demo --output_dir OUTPUT --calibration VIDEO...

The network is converted to each runtime and precision, and streams through the
stored frames. OUTPUT keeps files, mixtures and maps; a second call continues.
"""

import argparse
import pathlib

from benchmarks.runtime_files import (
    add_flags,
    portable_files,
    saved_network,
)
from experiments.runtimes.losses import TENSORFLOW, table
from experiments.runtimes.streamed import stream_dataset
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.evaluation.predictors import Static


def main() -> None:
    """Converts, streams and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="directory of a run")
    parser.add_argument("--data_dir", required=True, type=pathlib.Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--output_dir", required=True, type=pathlib.Path)
    add_flags(parser)
    options = parser.parse_args()
    names = stream_files(
        saved_network(options.model, options.output_dir),
        options.data_dir,
        options.split,
        options,
    )
    videos = read_videos(options.data_dir, options.split)
    print(table(options.output_dir, names, videos, Static(None)))


def stream_files(
    network: pathlib.Path,
    data_dir: pathlib.Path,
    split: str,
    options: argparse.Namespace,
    part: str = "",
) -> list[str]:
    """Streams a split through a network and its files.

    Args:
        network: directory of a model.
        data_dir: a prepared dataset.
        split: as in `read_videos`.
        options: flags of the command.
        part: folder of the network's files.

    Returns:
        Names of the files, which are those of runtime and precision.
    """
    directory = options.output_dir
    files = portable_files(network, directory / "files" / part, options)
    forms = {TENSORFLOW: (network, "float32")}
    for file in files:
        if file.problem:
            print(f"{file.name}: {file.problem}")
            continue
        forms[file.name] = (file.path, "float32")
        if file.name == "openvino float32":
            forms["openvino bfloat16"] = (file.path, "bfloat16")
    for name, (path, precision) in forms.items():
        stream_dataset(path, data_dir, split, directory, name, precision)
        print(f"{part} {name}: streamed", flush=True)
    return [*forms][1:]


if __name__ == "__main__":
    main()
