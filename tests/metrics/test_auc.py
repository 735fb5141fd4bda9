"""AUC: fixations above each pixel, on maps that are hard to bin."""

import numpy as np
import pytest

from rmdn_tf.metrics import bands
from rmdn_tf.metrics.auc import FixationsAbove, SortedPixels, areas

pytestmark = pytest.mark.slow

NUM_PIXELS = 5000
RNG = np.random.default_rng(0)
UNIT, NORMAL = RNG.random(NUM_PIXELS), RNG.normal(size=NUM_PIXELS)
MAPS = {
    "spread over both signs": NORMAL,
    "log-densities far below zero": -30 * UNIT - 1e3,
    "density over many decades": np.exp(40 * NORMAL),
    "one high peak": np.where(UNIT > 0.999, 1e30, UNIT),
    "few levels": np.floor(5 * UNIT),
    "constant": np.full(NUM_PIXELS, 0.1),
    "zeros of both signs": np.where(NORMAL > 0, 0.0, -0.0) * (UNIT > 0.5)
    + np.floor(2 * UNIT),
    "next neighbours": 1 + np.floor(9 * UNIT) * 2.0**-50,
    "nearly all of the range": 1e308 * np.tanh(NORMAL),
    "too small for float32": 1e-300 * NORMAL,
    "denormal": 1e-320 * UNIT,
    "infinite as float32": 1e200 * UNIT,
}


def areas_of(pixels, fixated, weights, others=None):
    """The areas of pixels `[P]`, as a map of five columns or of one."""
    shape = (-1, 5 if len(pixels) % 5 == 0 else 1)
    extremes, num_others = (pixels.min(), pixels.max()), 0.0
    if others is not None:
        others, num_others = others.reshape(shape), others.sum()
    maps = pixels.reshape(shape)
    return areas(maps, extremes, fixated, weights, others, num_others)


def slow_areas(pixels, fixated, weights, others):
    """The mean over all pairs of a fixation and a negative."""
    fixations = np.repeat(pixels[fixated], weights)
    wins = np.where(
        fixations[:, None] == pixels, 0.5, fixations[:, None] > pixels
    ).mean(0)
    unseen = np.ones(len(pixels), bool)
    unseen[fixated] = False
    return [
        wins[unseen].mean() if unseen.any() else np.nan,
        wins.mean(),
        wins @ others / others.sum() if others.any() else np.nan,
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("num_fixated", [1, 30])
def test_areas_are_means_over_all_pairs(name, dtype, num_fixated, monkeypatch):
    # Several bands, the last of them shorter.
    monkeypatch.setattr(bands, "_NUM_PIXELS", 1999)
    with np.errstate(over="ignore"):
        pixels = np.nan_to_num(MAPS[name].astype(dtype))
    rng = np.random.default_rng(3)
    fixated = np.sort(rng.choice(NUM_PIXELS, num_fixated, replace=False))
    weights = rng.integers(1, 4, num_fixated)
    others = rng.poisson(0.5, NUM_PIXELS).astype(float)
    area = areas_of(pixels, fixated, weights, others)
    np.testing.assert_allclose(
        [area.judd, area.borji, area.shuffled],
        slow_areas(pixels, fixated, weights, others),
        rtol=1e-12,
    )


def slow_above(pixels, values):
    return np.array(
        [np.sum(values > p) + np.sum(values == p) / 2 for p in pixels]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("num_fixations", [1, 2, 40])
def test_fixations_above_are_counted_one_by_one(name, dtype, num_fixations):
    with np.errstate(over="ignore"):
        pixels = MAPS[name].astype(dtype)
    pixels = np.nan_to_num(pixels)
    fixated = np.random.default_rng(1).integers(0, NUM_PIXELS, num_fixations)
    values = pixels[fixated]
    with np.errstate(over="ignore"):
        above = FixationsAbove(values, (pixels.min(), pixels.max()))(pixels)
    np.testing.assert_array_equal(above, slow_above(pixels, values))


@pytest.mark.parametrize("lowest", [-5.0, -1e-40])
def test_a_negative_pixel_lies_below_fixations_on_densities(lowest):
    # Read as bits, the negative number nearest to zero is the lowest one.
    values = np.array([1.0, 1.0000001], np.float32)
    pixels = np.array([lowest, -1e-40, 0, 1, 2], np.float32)
    with np.errstate(over="ignore"):
        above = FixationsAbove(values, (pixels.min(), pixels.max()))(pixels)
    np.testing.assert_array_equal(above, [2, 2, 2, 1.5, 0])


def test_areas_worked_out_by_hand():
    # Fixations at 2, 3, 3; pixels 1, 2, 2, 3.
    pixels = np.array([1.0, 2.0, 2.0, 3.0])
    fixated, weights = np.array([1, 3]), np.array([1, 2])
    others = np.array([4.0, 0.0, 1.0, 0.0])
    above = FixationsAbove(np.array([2.0, 3.0, 3.0]), (1, 3))(pixels)
    np.testing.assert_array_equal(above, [3, 2.5, 2.5, 1])
    for area in (
        areas_of(pixels, fixated, weights, others),
        SortedPixels(pixels, others).areas(pixels[fixated], weights),
    ):
        np.testing.assert_allclose(area.judd, 5.5 / 6)
        np.testing.assert_allclose(area.borji, 9 / 12)
        np.testing.assert_allclose(area.shuffled, 14.5 / 15)


@pytest.mark.parametrize("name", MAPS)
def test_a_sorted_map_gives_the_same_areas(name):
    pixels = MAPS[name]
    rng = np.random.default_rng(2)
    fixated = np.sort(rng.choice(NUM_PIXELS, 30, replace=False))
    weights = rng.integers(1, 4, 30)
    for others in (None, rng.poisson(0.5, NUM_PIXELS) * 1e6):
        expected = areas_of(pixels, fixated, weights, others)
        area = SortedPixels(pixels, others).areas(pixels[fixated], weights)
        np.testing.assert_allclose(
            [area.judd, area.borji, area.shuffled],
            [expected.judd, expected.borji, expected.shuffled],
            rtol=1e-13,
        )


def test_areas_of_many_fixations_are_exact():
    # The sum of a row does not fit into the digits of a float32.
    pixels = np.random.default_rng(4).normal(size=4096).astype(np.float32)
    fixated, weights = np.array([5]), np.array([2**14 + 1])
    area = areas(pixels[None], (pixels.min(), pixels.max()), fixated, weights)
    assert area.borji == SortedPixels(pixels).areas(pixels[5:6], weights).borji


def test_areas_without_negatives_are_nan():
    pixels = np.array([1.0, 2.0])
    area = areas_of(pixels, np.array([0, 1]), np.array([1, 1]), np.zeros(2))
    assert np.isnan(area.judd) and np.isnan(area.shuffled)
    assert area.borji == 0.5
