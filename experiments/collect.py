"""Collects the test scores of several runs into one table, in Markdown.

python experiments/collect.py runs/table1/*
"""

import pathlib
import sys

from rmdn_tf.files.json_files import read_json
from rmdn_tf.metrics.score_texts import read_number

METRICS = ("bits", "auc_judd", "nss", "cc", "sim", "kl")

SCHEMA = {
    "type": "object",
    "properties": {
        "dataset": {"type": "string"},
        "num_videos": {"type": "integer"},
        "scores": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        # Infinite numbers are texts.
                        "mean": {"type": ["number", "string", "null"]},
                        "low": {"type": ["number", "string", "null"]},
                        "high": {"type": ["number", "string", "null"]},
                    },
                    "required": ["mean", "low", "high"],
                },
                "required": [*METRICS],
            },
            "required": ["TCB"],
        },
    },
    "required": ["dataset", "num_videos", "scores"],
}
"""Schema of `test_scores.json`, as far as the table shows it."""


def row(run_dir: pathlib.Path) -> str:
    """Returns the line of a run: its model, or TCB where it has none.

    Args:
        run_dir: with `test_scores.json`.

    Raises:
        OSError: the run was not evaluated.
        ValueError: the file is damaged.
    """
    document = read_json(run_dir / "test_scores.json", SCHEMA)
    scores = document["scores"].get("model", document["scores"]["TCB"])
    cells = [run_dir.name, document["dataset"], str(document["num_videos"])]
    cells += [_with_interval(scores[metric]) for metric in METRICS]
    return f"| {' | '.join(cells)} |"


def _with_interval(score: dict) -> str:
    """Writes a mean with its 95 % interval, where there is one."""
    mean, low, high = (score[key] for key in ("mean", "low", "high"))
    text = f"{read_number(mean):.4f}"
    if low is None:
        return text
    return f"{text} [{read_number(low):.4f}, {read_number(high):.4f}]"


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
        except (OSError, ValueError) as error:
            print(f"Error: no scores in '{run_dir}' ({error})", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv))
