"""Prints how long each command takes until it answers.

    python -m benchmarks.start_up [--rounds N]

Each line runs in a process of its own. Of each command: its help, and a line
whose input is missing, which it refuses after checking its flags. Below them
what no command can do without: an empty Python, and the import of TensorFlow;
and a command that computes, from its start to its first result. Both times are
the smallest of the rounds; that of the CPU holds user and system.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from rmdn_tf.__main__ import COMMANDS

# Of each command, a line whose input A is missing.
MISSING = {
    "predict": "--video A --output B.mp4",
    "prepare": "--dataset folder --raw_dir A --output_dir B",
    "show-records": "--data_dir A",
    "train": "--dataset hollywood2",
    "calibrate": "--data_dir A --output B",
    "evaluate": "--data_dir A --output_dir B",
    "export": "--model A --output B",
    "reframe": "--video A --output B.mp4",
    "compress": "--video A --output B.mp4",
    "quality": "--video A --reference A",
    "areas": "--video A --areas B.csv",
    "view": "--model A",
    "recognize-actions": "--dataset A",
    "convert-weights": "A B.npz",
    "demo-video": "A/B.mp4",
}


def smallest(words: Sequence[str], rounds: int, folder: str) -> str:
    """Returns the cells of the smallest times of CPU and of the clock.

    Raises:
        subprocess.CalledProcessError: Python itself ended with a traceback.
    """
    command = [sys.executable, *words]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    pairs = []
    for _ in range(rounds):
        before, began = _cpu_seconds(), time.perf_counter()
        ended = subprocess.run(
            command, capture_output=True, cwd=folder, env=environment
        )
        took = time.perf_counter() - began
        if b"Traceback" in ended.stderr:
            ended.check_returncode()
        pairs.append((_cpu_seconds() - before, took))
    cpu, clock = map(min, zip(*pairs, strict=True))
    return f"{cpu:.2f} | {clock:.2f}"


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Prints the table of the commands, then that of the floors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        print("| command | help, s of CPU | s | input missing, s of CPU | s |")
        print("|---|---|---|---|---|")
        for name in COMMANDS:
            cells = (
                smallest(["-m", "rmdn_tf", name, *words], rounds, folder)
                for words in (["--help"], MISSING[name].split())
            )
            print(f"| `rmdn {name}` | {' | '.join(cells)} |", flush=True)
        print("\n| | s of CPU | s |\n|---|---|---|")
        for name, words in _lines_of_floors(pathlib.Path(folder)):
            cells = smallest(words, min(rounds, 3), folder)
            print(f"| {name} | {cells} |", flush=True)


def _lines_of_floors(folder: pathlib.Path) -> list[tuple[str, list[str]]]:
    """Names lines of Python, after it has made a picture for them."""
    from PIL import Image

    Image.new("RGB", (320, 180), "grey").save(folder / "in.png")
    predict = ["-m", "rmdn_tf", "predict", "--video", "in.png"]
    return [
        ("`python -c pass`", ["-c", "pass"]),
        ("`import numpy`", ["-c", "import numpy"]),
        ("`import tensorflow`", ["-c", "import rmdn_tf, tensorflow"]),
        (
            "`import ai_edge_litert.interpreter`",
            ["-c", "import ai_edge_litert.interpreter"],
        ),
        (
            "`rmdn predict` of one picture",
            [*predict, "--output", "out.png"],
        ),
    ]


if __name__ == "__main__":
    main()
