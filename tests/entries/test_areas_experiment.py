"""The fits of the experiment with areas find what data were made with."""

import numpy as np
import pytest

from experiments.applications.area_fits import (
    FirstLooks,
    Sample,
    covered,
    fit_rate,
    fit_scatter,
    held_out,
    make_sample,
    sample,
)
from experiments.applications.area_shares import MODEL, RANDOM, Shares

OBSERVERS = 32


def made_sample(scatter, length=1, number=3000):
    """True shares scatter around predicted ones; observers look at random."""
    rng = np.random.default_rng(1)
    predicted = rng.uniform(0.02, 0.8, number)
    total = 1 / scatter - 1
    true = rng.beta(predicted * total, (1 - predicted) * total)
    real = rng.binomial(OBSERVERS, true) / OBSERVERS
    clip = np.array(["a", "b", "c"])[np.arange(number) % 3]
    same = np.full(number, 1 / number)
    observers = np.full(number, float(OBSERVERS))
    return Sample(length, clip, clip, predicted, real, observers, same)


@pytest.mark.parametrize("scatter", [0.03, 0.15])
def test_the_scatter_is_told_apart_from_the_noise_of_observers(scatter):
    assert fit_scatter(made_sample(scatter)) == pytest.approx(scatter, rel=0.2)


def test_intervals_of_other_clips_hold_nine_tenths():
    one = made_sample(0.1)
    scatters = held_out(
        one.clip, lambda names: fit_scatter(one.of(np.isin(one.clip, [*names])))
    )
    assert [*scatters] == ["a", "b", "c"]
    assert covered(one, scatters).mean() == pytest.approx(0.9, abs=0.03)


def made_shares(clip, num_frames=20):
    """Half of the observers always look; the area is there after a second."""
    share = np.full(num_frames, 0.4)
    share[:10] = np.nan
    sees = np.zeros([num_frames, OBSERVERS], bool)
    sees[10:, ::2] = True
    known = np.ones_like(sees)
    return Shares(clip, "logo", RANDOM, {MODEL: share}, sees, known, sees[0])


def test_a_sample_has_the_means_of_stretches_where_the_area_is_there():
    one = sample([made_shares("a"), made_shares("b")], 5)
    assert len(one.clip) == 4
    np.testing.assert_allclose(one.real, 0.5)
    np.testing.assert_allclose(one.predicted, 0.4)
    # Observers who never look elsewhere count once, not once a frame.
    assert one.number == pytest.approx(OBSERVERS, rel=0.05)


def test_clips_weigh_alike():
    rows = [("a", RANDOM, 0.1, 0.2, 0.01, 9)] * 3
    one = make_sample([*rows, ("b", RANDOM, 0.1, 0.2, 0.01, 9)], 1)
    np.testing.assert_allclose(one.weight, [1 / 6, 1 / 6, 1 / 6, 1 / 2])


def test_the_rate_of_looks_is_found():
    seconds = np.arange(50) / 10
    looks = FirstLooks("a", np.full(50, 0.1), 0.3 * seconds, np.zeros(50))
    areas = [looks._replace(real=looks.looked(1.7))]
    assert fit_rate(areas) == pytest.approx(1.7, abs=0.02)
