"""Values of the benchmarks' own code on the frames of `experiments`."""

import csv

from experiments.protocols.cases import Case, all_cases
from experiments.protocols.goldens import GOLDENS


def goldens(peer: str) -> list[tuple[Case, dict[str, float]]]:
    """Returns the frames, and the values of each; without those that fail."""
    rows = golden_rows(peer)
    cases = all_cases()
    assert [case.name for case in cases] == list(rows)
    return [(case, rows[case.name]) for case in cases]


def golden_rows(peer: str) -> dict[str, dict[str, float]]:
    """Returns the name of each frame, and its values that the code gave."""
    with open(GOLDENS / f"{peer}.csv", newline="") as file:
        return {
            row.pop("case"): {k: float(v) for k, v in row.items() if v}
            for row in csv.DictReader(file)
        }
