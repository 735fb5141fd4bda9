"""The order of pixels, in both types of numbers."""

import numpy as np
import pytest

from rmdn_tf.metrics.pixel_order import rising_order

SPECIAL = [0.0, -0.0, np.inf, -np.inf, 1.0, -1.0, 1e-40, -1e-40, -1.0, 3e38]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(size=(70, 90)),
        np.random.default_rng(1).integers(-3, 3, (40, 50)),
        np.array([SPECIAL, SPECIAL[::-1]]),
    ],
    ids=["different", "ties", "special"],
)
def test_pixels_rise_and_equal_ones_stay_in_their_order(values, dtype):
    values = values.astype(dtype)
    expected = np.argsort(values, axis=None, kind="stable")
    np.testing.assert_array_equal(rising_order(values), expected)


def test_the_map_is_left_as_it_was():
    values = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    before = values.copy()
    rising_order(values)
    np.testing.assert_array_equal(values, before)
