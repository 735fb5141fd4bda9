"""The tables of the comparison of joint and separate networks."""

import numpy as np

from experiments.joint.compare import collect
from experiments.joint.table import format_tables


def test_scores_are_laid_side_by_side_by_the_names_of_videos():
    results = {
        "joint": [
            {"bits": {"b": 2.0, "a": 1.0}},
            {"bits": {"a": 3.0, "b": 4.0}},
        ]
    }
    np.testing.assert_array_equal(
        collect(results)["joint"]["bits"], [[1, 2], [3, 4]]
    )


def test_a_table_has_means_over_videos_and_seeds_and_their_differences():
    draw = np.random.default_rng(0)
    bits = draw.normal(2, 0.1, (3, 20))
    accuracy = np.ones([3, 20])
    accuracy[:, 0] = 0
    text = format_tables(
        {
            "joint": {"bits": bits + 0.5, "accuracy": accuracy},
            "density alone": {"bits": bits},
        }
    )
    means, differences = text.split("\n\n")
    _, _, joint, alone = means.splitlines()
    assert joint.startswith(f"| joint | {bits.mean() + 0.5:.3f} (")
    assert "| 0.950 (" in joint and joint.endswith("seeds ±0.000 |")
    assert alone.startswith("| density alone |") and alone.endswith("|  |  |")
    (difference,) = differences.splitlines()[2:]
    assert difference.startswith("| joint - density alone | +0.500 (+0.500")
    assert difference.endswith("|  |  |")
