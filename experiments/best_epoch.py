"""Prints the number of epochs to a run's best validation loss.

python experiments/best_epoch.py RUN_DIR
"""

import argparse
import sys

from rmdn_tf.runs.directory import RunDirectory


def main(arguments: list[str] | None = None) -> int:
    """Prints the number; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run_dir")
    run_dir = RunDirectory(parser.parse_args(arguments).run_dir)
    try:
        print(run_dir.read_validation()["epoch"])
    except (OSError, ValueError) as error:
        print(
            f"Error: no finished epoch in '{run_dir.best}' ({error})",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
