"""The order of the pixels of a map, from the lowest value to the highest."""

import numpy as np


def rising_order(values: np.ndarray) -> np.ndarray:
    """Sorts the pixels of a map; equal ones stay in their order.

    Args:
        values: float32 or float64, of any shape, without NaN. float32 takes
            half the time.

    Returns:
        int64 `[size of values]`, the pixels, numbered row by row.
    """
    values = values.ravel()
    if values.dtype != np.float32:
        # Maps are smooth, and this sort is fast on runs of rising numbers.
        return np.argsort(values, kind="stable")
    bits = (values + 0).view(np.uint32)  # -0 becomes 0.
    # Bits that rise with the numbers: those of negative ones fall.
    bits ^= np.where(values < 0, np.uint32(2**32 - 1), np.uint32(2**31))
    # NumPy sorts 16 bits without comparing: first by the lower, then the upper.
    order = np.argsort(bits.astype(np.uint16), kind="stable")
    upper = (bits >> 16).astype(np.uint16)
    return order[np.argsort(upper[order], kind="stable")]
