"""Sums over maps, one band of rows after the other.

A band stays in the processor's cache from one operation to the next. Whole maps
would travel to memory and back for each.
"""

import numpy as np

# Pixels of a band: few enough for the cache, enough to hide the calls.
_NUM_PIXELS = 2**17


def bands(shape: tuple[int, ...]) -> list[slice]:
    """Cuts the rows of maps `[H, W]` into bands of a few rows."""
    height, width = shape
    num_rows = max(1, _NUM_PIXELS // width)
    return [slice(row, row + num_rows) for row in range(0, height, num_rows)]


def sum_of_products(first: np.ndarray, second: np.ndarray) -> float:
    """Sums the products of two maps `[h, W]`, or of a map and a row `[W]`.

    Numbers of float32 lose about 1e-8 of the sum: they are added in float32
    along a row only. A row is a dot product of its own, since BLAS would split
    a long one between threads.
    """
    of_rows = np.matmul(first[:, np.newaxis], second[..., np.newaxis])
    return float(np.add.reduce(of_rows, axis=None, dtype=np.float64))


def sum_of(numbers: np.ndarray) -> float:
    """Sums a map `[h, W]`: the numbers of a row, then the rows in float64.

    A product with ones takes less than half the time of NumPy's sum.
    """
    return sum_of_products(numbers, np.ones(numbers.shape[1], numbers.dtype))
