"""The tables of maps and metrics."""

import numpy as np

from experiments.best_maps.table import difference_table, score_table
from rmdn_tf.evaluation.scores import Scores

OWN = {"nss": "density", "kl": "kl"}


def _scores():
    scores = Scores(["density", "kl"], ["nss", "kl"])
    draw = np.random.default_rng(0)
    for video in "abcd":
        base = draw.normal(1, 0.1, 4)
        scores.add(
            video,
            np.arange(4),
            np.ones(4, int),
            {
                "density": {"nss": base + 0.5, "kl": base + 0.25},
                "kl": {"nss": base, "kl": base},
            },
        )
    return scores


def test_means_on_the_own_map_are_bold():
    _, _, density, kl = score_table(_scores(), OWN).splitlines()
    assert density.startswith("| density | **1.") and density.count("**") == 2
    assert kl.startswith("| kl | ") and kl.rstrip(" |").endswith("**")


def test_differences_are_positive_where_the_own_map_is_better():
    for block in (None, 2):
        table = difference_table(_scores(), OWN, block)
        _, _, density, kl = table.splitlines()
        assert density == "| density |  | +0.2500 [+0.2500, +0.2500] |"
        assert kl == "| kl | +0.5000 [+0.5000, +0.5000] |  |"
