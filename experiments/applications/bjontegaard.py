"""Bjontegaard rate: the bitrate that one encoder saves against another.

References:
    1. Bjontegaard, "Calculation of average PSNR differences between RD-curves",
       VCEG-M33, 2001. Here monotone cubics take the place of its polynomial.
"""

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator


def bd_rate(bits: Sequence[np.ndarray], quality: Sequence[np.ndarray]) -> float:
    """Computes the Bjontegaard rate of a second curve against a first.

    The logarithm of the bits is interpolated over quality by monotone cubics,
    and its mean difference is taken where both curves have a quality.

    Args:
        bits: bits of both curves, float `[2, n]`.
        quality: quality of both curves, float `[2, n]`, decibels.

    Returns:
        The mean change of the bits at equal quality: -0.1 for a tenth less.

    Raises:
        ValueError: the curves share no quality.
    """
    low = max(min(one) for one in quality)
    high = min(max(one) for one in quality)
    if low >= high:
        raise ValueError(
            "Invalid `quality`. Expected curves that overlap. Received: "
            f"{quality}."
        )
    first, second = (
        _log_rate(b, q).integrate(low, high)
        for b, q in zip(bits, quality, strict=True)
    )
    return float(np.expm1((second - first) / (high - low)))


def _log_rate(bits: np.ndarray, quality: np.ndarray) -> PchipInterpolator:
    order = np.argsort(quality)
    return PchipInterpolator(
        np.asarray(quality)[order], np.log(np.asarray(bits)[order])
    )
