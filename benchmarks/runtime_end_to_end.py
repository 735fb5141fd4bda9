"""Times `rmdn predict` by other runtimes against TensorFlow, file to file.

    python -m benchmarks.runtime_end_to_end --video IN.mp4 --models m.tflite \
        [--summary] [--rounds 3] [--processors 1]

The model of the package in TensorFlow and each other one take turns; the start
of the program is included.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

from rmdn_tf.runs.paths import default_directory


def main() -> None:
    """Prints medians over the rounds, and ratios within a round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", required=True)
    parser.add_argument("--models", nargs="+", required=True)
    # Not "default", which runs in LiteRT where that is installed.
    network = str(default_directory())
    parser.add_argument("--network", default=network, help="in TensorFlow")
    parser.add_argument("--summary", action="store_true", help="no video")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processors", type=int)
    options = parser.parse_args()
    if options.processors:
        some = sorted(os.sched_getaffinity(0))[: options.processors]
        os.sched_setaffinity(0, some)
    print(
        "| model | CPU s | wall s | CPU / TensorFlow's | wall / TensorFlow's |"
        "\n|---|---|---|---|---|"
    )
    for model in options.models:
        times = np.array(
            [
                [predict(one, options) for one in (options.network, model)]
                for _ in range(options.rounds)
            ]
        )  # [rounds, 2, 2]
        (cpu, wall), own = np.median(times, 0)
        ratios = times[:, 1] / times[:, 0]
        cells = [
            pathlib.Path(model).name,
            f"{own[0]:.1f} ({cpu:.1f})",
            f"{own[1]:.1f} ({wall:.1f})",
            *(
                f"{np.median(one):.2f} ({one.min():.2f} to {one.max():.2f})"
                for one in ratios.T
            ),
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


def predict(model: str, options: argparse.Namespace) -> tuple[float, float]:
    """Predicts the video; returns the seconds of CPU and of the clock."""
    before, began = _cpu_seconds(), time.perf_counter()
    with tempfile.TemporaryDirectory() as directory:
        output = f"--output={directory}/out.mp4"
        if options.summary:
            output = f"--summary={directory}/out.csv"
        flags = [f"--video={options.video}", f"--model={model}", output]
        command = [sys.executable, "-m", "rmdn_tf.predict", *flags]
        subprocess.run(command, check=True, capture_output=True)
    return _cpu_seconds() - before, time.perf_counter() - began


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
