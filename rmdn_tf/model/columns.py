"""The six numbers of components, each apart."""

import numpy as np


def columns_of(numbers: np.ndarray) -> np.ndarray:
    """Returns each of the six numbers of components apart.

    Each lies in memory without gaps. With gaps, NumPy 1 has two ways to compute
    `cosh`, `exp` and others, which round differently: it chooses by the place
    in memory where the result happens to lie.

    Args:
        numbers: `[..., 6]`, parameters or moments.

    Returns:
        `[6, ...]`.
    """
    return np.ascontiguousarray(np.moveaxis(numbers, -1, 0))
