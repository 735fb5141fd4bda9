"""AUC: fixations above each pixel, on maps that are hard to bin."""

import numpy as np
import pytest

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
    np.testing.assert_array_equal(
        FixationsAbove(NUM_PIXELS)(pixels, values), slow_above(pixels, values)
    )


def test_the_arrays_of_the_last_call_leave_no_trace():
    count_above = FixationsAbove(NUM_PIXELS)
    for pixels in (NORMAL, UNIT.astype(np.float32), NORMAL - 9):
        values = pixels[:7]
        np.testing.assert_array_equal(
            count_above(pixels, values), slow_above(pixels, values)
        )


def test_areas_worked_out_by_hand():
    # Fixations at 2, 3, 3; pixels 1, 2, 2, 3.
    pixels = np.array([1.0, 2.0, 2.0, 3.0])
    fixated, weights = np.array([1, 3]), np.array([1, 2])
    others = np.array([4.0, 0.0, 1.0, 0.0])
    above = FixationsAbove(4)(pixels, np.array([2.0, 3.0, 3.0]))
    np.testing.assert_array_equal(above, [3, 2.5, 2.5, 1])
    for area in (
        areas(above, fixated, 3, others),
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
        above = FixationsAbove(NUM_PIXELS)(
            pixels, np.repeat(pixels[fixated], weights)
        )
        expected = areas(above, fixated, weights.sum(), others)
        area = SortedPixels(pixels, others).areas(pixels[fixated], weights)
        np.testing.assert_allclose(
            [area.judd, area.borji, area.shuffled],
            [expected.judd, expected.borji, expected.shuffled],
            rtol=1e-13,
        )


def test_areas_without_negatives_are_nan():
    pixels = np.array([1.0, 2.0])
    above = FixationsAbove(2)(pixels, pixels)
    area = areas(above, np.array([0, 1]), 2, np.zeros(2))
    assert np.isnan(area.judd) and np.isnan(area.shuffled)
    assert area.borji == 0.5
