"""Distorts the luma of a video in some places and not in others.

All versions of a frame have the same mean square error, so plain PSNR cannot
tell them apart.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.ndimage import gaussian_filter

# Standard deviation of the blur, and of the place that stays sharp: parts of
# the frame's width, and of its sides.
BLUR, SHARP = 1 / 60, 0.18

# Standard deviation of the noise, in levels.
NOISE = 12.0


def blurred_around(
    luma: np.ndarray, places: Sequence[tuple[float, float]]
) -> Iterator[np.ndarray]:
    """Yields a version for each place: sharp there, blurred elsewhere.

    Args:
        luma: `[H, W]`.
        places: x and y in [0, 1].

    Yields:
        float64 `[H, W]`.
    """
    luma = luma.astype(np.float64)
    height, width = luma.shape
    change = gaussian_filter(luma, BLUR * width) - luma
    y = (np.arange(height)[:, None] + 0.5) / height
    x = (np.arange(width) + 0.5) / width
    changes = [
        change * (1 - np.exp(-((x - u) ** 2 + (y - v) ** 2) / 2 / SHARP**2))
        for u, v in places
    ]
    yield from _equally_wrong(luma, changes)


def noisy_quarters(luma: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """Yields four versions, each with noise in one quarter.

    Args:
        luma: `[H, W]`.
        seed: of the noise.

    Yields:
        float64 `[H, W]`.
    """
    luma = luma.astype(np.float64)
    noise = np.random.default_rng(seed).normal(0, NOISE, luma.shape)
    height, width = (length // 2 for length in luma.shape)
    changes = []
    for rows in (slice(height), slice(height, None)):
        for columns in (slice(width), slice(width, None)):
            change = np.zeros_like(luma)
            change[rows, columns] = noise[rows, columns]
            changes.append(change)
    yield from _equally_wrong(luma, changes)


def _equally_wrong(
    luma: np.ndarray, changes: Sequence[np.ndarray]
) -> Iterator[np.ndarray]:
    """Yields changed lumas; each change is made as small as the smallest."""
    sizes = [np.square(change).mean() for change in changes]
    for change, size in zip(changes, sizes, strict=True):
        factor = np.sqrt(min(sizes) / size) if size else 0.0
        yield luma + factor * change
