"""Times networks in other runtimes against TensorFlow.

    python -m benchmarks.runtime_speed --calibration VIDEO...
    python -m benchmarks.runtime_speed --networks default --dynamic \
        --precisions float32 --runtimes onnx openvino

Streams noise of the network's size, from the frame to the mixture. Each file
runs in a process of its own, in turn with TensorFlow in another one. Times are
for a clip: a frame of the model of the package and of `paper`, and four frames
of `small`. `small` and `paper` have random weights.
"""

import argparse
import pathlib
import tempfile

import numpy as np

from benchmarks.runtime_files import (
    PortableFile,
    add_flags,
    portable_files,
    saved_network,
)
from benchmarks.runtime_process import NetworkProcess, Usage

# Calls that do not count: the first compiles.
WARM_UP = 2

HEAD = (
    "| file | MB | MiB opened | threads | clips at once | CPU ms | wall ms "
    "| CPU / TensorFlow's | wall / TensorFlow's |"
)


def main() -> None:
    """Prints a table for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--networks",
        nargs="*",
        default=["default", "small", "paper"],
        help="presets, directories of runs, or default",
    )
    parser.add_argument("--threads", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--at_once", nargs="*", type=int, default=[1, 4])
    parser.add_argument("--clips", type=int, default=24, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dynamic", action="store_true")
    parser.add_argument("--files", help="where to keep the files")
    add_flags(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = pathlib.Path(options.files or temporary)
        for name in options.networks:
            network = saved_network(name, directory)
            place = directory / f"{name}-{'any' if options.dynamic else 'one'}"
            files = portable_files(
                network,
                place,
                options,
                num_clips=None if options.dynamic else 1,
            )
            compare(name, network, [*files], options)


def compare(
    name: str,
    network: pathlib.Path,
    files: list[PortableFile],
    options: argparse.Namespace,
) -> None:
    """Prints the table of a network."""
    print(f"\n{name}\n\n{HEAD}\n{'|---' * 9}|", flush=True)
    for num_threads in options.threads:
        with NetworkProcess(network, num_threads) as tensorflow:
            for file in files:
                if file.problem:
                    print(f"| {file.name} | {file.problem} |")
                    continue
                with NetworkProcess(file.path, num_threads) as other:
                    for at_once in options.at_once:
                        pairs = paired(tensorflow, other, at_once, options)
                        print_row(file, num_threads, at_once, pairs)


def paired(
    tensorflow: NetworkProcess,
    other: NetworkProcess,
    at_once: int,
    options: argparse.Namespace,
) -> list[tuple[Usage, Usage]]:
    """Runs TensorFlow and another runtime in turn."""
    for one in (tensorflow, other):
        one.run(WARM_UP * at_once, at_once)
    return [
        (
            tensorflow.run(options.clips, at_once),
            other.run(options.clips, at_once),
        )
        for _ in range(options.rounds)
    ]


def print_row(
    file: PortableFile,
    num_threads: int,
    at_once: int,
    pairs: list[tuple[Usage, Usage]],
) -> None:
    """Prints medians over the rounds; TensorFlow's are in brackets."""
    reference, own = (np.array(usages) for usages in zip(*pairs, strict=True))
    theirs, ours = (
        [f"{1e3 * np.median(one[:, n]):.1f}" for n in range(2)]
        for one in (reference, own)
    )
    ratios = own / reference
    cells = [
        file.name,
        f"{file.megabytes:.2f}",
        f"{own[-1, 3]:.0f} ({reference[-1, 3]:.0f})",
        num_threads,
        at_once,
        *(f"{a} ({b})" for a, b in zip(ours, theirs, strict=True)),
        *(
            f"{np.median(ratios[:, n]):.2f} "
            f"({ratios[:, n].min():.2f} to {ratios[:, n].max():.2f})"
            for n in range(2)
        ),
    ]
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
