"""Values of the benchmarks' own code on the frames of `experiments`."""

import csv

from experiments.protocols.cases import Case, all_cases
from experiments.protocols.goldens import GOLDENS


def goldens(peer: str) -> list[tuple[Case, dict[str, float]]]:
    """Returns the frames, and the values of each; without those that fail."""
    with open(GOLDENS / f"{peer}.csv", newline="") as file:
        rows = {row.pop("case"): row for row in csv.DictReader(file)}
    cases = all_cases()
    assert [case.name for case in cases] == list(rows)
    return [
        (
            case,
            {k: float(value) for k, value in rows[case.name].items() if value},
        )
        for case in cases
    ]
