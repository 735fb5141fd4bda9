"""Collects the test scores of several runs into one table, in Markdown.

python experiments/collect.py runs/table1/*
"""

import json
import pathlib
import sys

METRICS = ("bits", "auc_judd", "nss", "cc", "sim", "kl")


def row(run_dir: pathlib.Path) -> str:
    """Returns the line of a run: its model, or TCB where it has none.

    Args:
        run_dir: with `test_scores.json`.

    Raises:
        OSError: the run was not evaluated.
        ValueError, KeyError: the file is damaged.
    """
    document = json.loads((run_dir / "test_scores.json").read_text())
    scores = document["scores"].get("model", document["scores"]["TCB"])
    cells = [run_dir.name, document["dataset"], str(document["num_videos"])]
    cells += [_with_interval(scores[metric]) for metric in METRICS]
    return f"| {' | '.join(cells)} |"


def _with_interval(score: dict) -> str:
    """Writes a mean with its 95 % interval, where there is one."""
    mean, low, high = (score[key] for key in ("mean", "low", "high"))
    # Infinite numbers are texts.
    text = f"{float(mean):.4f}"
    return text if low is None else f"{text} [{low:.4f}, {high:.4f}]"


def main(argv: list[str]) -> int:
    """Prints the table; returns the exit code."""
    if len(argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    header = ["run", "dataset", "videos", *METRICS]
    print(f"| {' | '.join(header)} |")
    print("|" + "---|" * len(header))
    code = 0
    for run_dir in map(pathlib.Path, argv[1:]):
        try:
            print(row(run_dir))
        except (OSError, ValueError, KeyError) as error:
            print(f"Error: no scores in '{run_dir}' ({error})", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv))
