"""Watches the memory of networks in other runtimes over many clips.

    python -m benchmarks.runtime_memory --network small

Each network streams noise of its own size, from the frame to the mixture, in a
process of its own.
"""

import argparse
import os
import pathlib
import tempfile

from benchmarks.runtime_files import (
    PortableFile,
    add_flags,
    portable_files,
    saved_network,
)
from benchmarks.runtime_process import NetworkProcess


def main() -> None:
    """Prints the memory of each process after some numbers of clips."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--network",
        default="default",
        help="a preset, with random weights; the directory of a run; default",
    )
    parser.add_argument(
        "--clips", nargs="*", type=int, default=[1_000, 5_000, 10_000]
    )
    add_flags(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = pathlib.Path(temporary)
        network = saved_network(options.network, directory)
        files = portable_files(network, directory / "files", options)
        networks = [PortableFile("tensorflow", network), *files]
        clips = " | ".join(f"{number:,} clips" for number in options.clips)
        print(f"| MiB after | {clips} |\n|{'---|' * (1 + len(options.clips))}")
        for one in networks:
            cells = one.problem or " | ".join(
                f"{size:,.0f}" for size in memory(one.path, options.clips)
            )
            print(f"| {one.name} | {cells} |", flush=True)


def memory(path: pathlib.Path, clips: list[int]) -> list[float]:
    """Returns the memory of a process after each number of clips, MiB."""
    sizes, done = [], 0
    with NetworkProcess(path, os.cpu_count() or 1) as process:
        for number in clips:
            sizes.append(process.run(number - done).resident)
            done = number
    return sizes


if __name__ == "__main__":
    main()
