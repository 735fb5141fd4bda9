"""Prints the seconds of CPU until each command has answered.

    python -m benchmarks.start_up

Each command answers twice in a process of its own: at `--help`, and without
the arguments that it needs. The time holds user and system.
"""

import argparse
import resource
import subprocess
import sys

from rmdn_tf.__main__ import COMMANDS


def cpu_seconds(*words: str) -> float:
    """Returns the time of CPU that `rmdn` with these words takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "rmdn_tf", *words]
    subprocess.run(command, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user = after.ru_utime - before.ru_utime
    return user + after.ru_stime - before.ru_stime


def main() -> None:
    """Prints the smallest times over the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = range(parser.parse_args().rounds)
    print("| command | `--help` | no arguments |\n|---|---|---|")
    for command in ([], *([name] for name in COMMANDS)):
        lines = ([*command, "--help"], command)
        times = (min(cpu_seconds(*line) for _ in rounds) for line in lines)
        cells = " | ".join(f"{seconds:.2f} s" for seconds in times)
        print(f"| `{' '.join(['rmdn', *command])}` | {cells} |", flush=True)


if __name__ == "__main__":
    main()
