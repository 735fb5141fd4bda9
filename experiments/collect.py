"""Prints the test scores of several runs as a Markdown table.

python experiments/collect.py runs/table1/*
"""

import argparse
import pathlib
import sys

from rmdn_tf.files.json_files import read_json
from rmdn_tf.metrics.score_texts import read_number
from rmdn_tf.runs.run_facts import TEST_SCORES_FILE, TEST_SCORES_SCHEMA

METRICS = ("bits", "auc_judd", "nss", "cc", "sim", "kl")


def row(run_dir: pathlib.Path) -> str:
    """Returns the line of a run: its model, or TCB if it has no model."""
    file = run_dir / TEST_SCORES_FILE
    document = read_json(file, TEST_SCORES_SCHEMA)
    try:
        scores = document["scores"]
        scores = scores.get("model") or scores["TCB"]
        cells = [run_dir.name, document["dataset"], str(document["num_videos"])]
        cells += [_with_interval(scores[metric]) for metric in METRICS]
    except KeyError as error:
        raise ValueError(f"'{file}' has no {error}") from error
    return f"| {' | '.join(cells)} |"


def _with_interval(score: dict) -> str:
    """Formats a mean, with its 95 % interval if it has one."""
    mean, low, high = (score[key] for key in ("mean", "low", "high"))
    text = f"{read_number(mean):.4f}"
    if low is None:
        return text
    return f"{text} [{read_number(low):.4f}, {read_number(high):.4f}]"


def main(arguments: list[str] | None = None) -> int:
    """Prints the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run_dirs", type=pathlib.Path, nargs="+")
    run_dirs = parser.parse_args(arguments).run_dirs
    header = ["run", "dataset", "videos", *METRICS]
    print(f"| {' | '.join(header)} |")
    print("|" + "---|" * len(header))
    code = 0
    for run_dir in run_dirs:
        try:
            print(row(run_dir))
        except (OSError, ValueError) as error:
            print(f"Error: no scores in '{run_dir}' ({error})", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
