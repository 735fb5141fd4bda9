"""Choices that change rarely."""

import itertools

import numpy as np

from rmdn_tf.applications.reframe.steady_choice import steady_choice


def value(scores, places, cost, chosen, before):
    held = scores[np.arange(len(scores)), list(chosen)].sum()
    way = places[list(chosen)]
    if before is not None:
        way = np.concatenate([[before], way])
    return held - cost * np.abs(np.diff(way)).sum()


def test_no_other_choice_is_better():
    rng = np.random.default_rng(0)
    places = np.array([0.0, 0.3, 0.4, 1.0])
    for before in (None, 0.7):
        scores = rng.random((6, 4))
        chosen = steady_choice(scores, places, 0.8, before)
        best = max(
            value(scores, places, 0.8, other, before)
            for other in itertools.product(range(4), repeat=6)
        )
        found = value(scores, places, 0.8, chosen, before)
        np.testing.assert_allclose(found, best, rtol=1e-12)


def test_what_goes_away_and_comes_back_soon_is_not_followed():
    scores = np.zeros((30, 2))
    scores[:, 0] = 1
    scores[10:14] = 0, 1
    assert not steady_choice(scores, np.array([0.2, 0.8]), 5).any()
    scores[10:20] = 0, 1
    chosen = steady_choice(scores, np.array([0.2, 0.8]), 5)
    np.testing.assert_array_equal(np.flatnonzero(chosen), np.arange(10, 20))


def test_without_a_cost_the_best_is_chosen_every_time():
    scores = np.random.default_rng(1).random((20, 5))
    chosen = steady_choice(scores, np.arange(5.0), 0)
    np.testing.assert_array_equal(chosen, scores.argmax(1))
