"""Prints how many epochs a run needed to its best validation loss.

python experiments/best_epoch.py RUN_DIR
"""

import json
import pathlib
import sys


def main(argv: list[str]) -> int:
    """Prints the number; returns the exit code."""
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    path = pathlib.Path(argv[1]) / "best" / "validation.json"
    try:
        print(json.loads(path.read_text())["epoch"])
    except (OSError, ValueError, KeyError) as error:
        print(
            f"Error: no finished epoch in '{path}' ({error})", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
