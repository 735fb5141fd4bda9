"""Sums over maps in bands: they equal the plain sums."""

import numpy as np
import pytest

from rmdn_tf.metrics import bands


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (3, 20_000), (500, 700)])
def test_bands_cover_each_row_once(shape):
    rows = np.arange(shape[0])
    covered = [rows[band] for band in bands.bands(shape)]
    np.testing.assert_array_equal(np.concatenate(covered), rows)
    assert all(len(band) for band in covered)


@pytest.mark.parametrize("dtype, rtol", [(np.float32, 1e-7), (float, 1e-13)])
def test_sums_are_those_of_float64(dtype, rtol):
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 90, 1300)).astype(dtype)
    doubles = first.astype(np.float64), second.astype(np.float64)
    np.testing.assert_allclose(bands.sum_of(first), doubles[0].sum(), rtol=rtol)
    np.testing.assert_allclose(
        bands.sum_of_products(first, second),
        (doubles[0] * doubles[1]).sum(),
        rtol=rtol,
    )
