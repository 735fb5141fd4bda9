"""Prints the number of epochs to a run's best validation loss.

python experiments/best_epoch.py RUN_DIR
"""

import sys

from rmdn_tf.runs.directory import RunDirectory


def main(argv: list[str]) -> int:
    """Prints the number; returns the exit code."""
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    run_dir = RunDirectory(argv[1])
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
    sys.exit(main(sys.argv))
