"""Density -> quantiser offsets, block by block.

The weight w of a block grows with the share of people who look there. The sum
of w times the squared error is smallest at a given bitrate if one more bit
lowers it by the same amount in each block [1]: the squared error of a block is
then proportional to 1 / w. In H.264 and HEVC the squared error doubles every
three steps of the quantiser, so

    offset = -3 log2(w) + constant

The constant makes the mean of the offsets, weighted by w, 0: where people look,
the quantiser is on average the one without offsets. The bitrate falls, since
blocks far from the gaze lose more bits than the others gain.

References:
    1. Sullivan and Wiegand, "Rate-Distortion Optimization for Video
       Compression", IEEE Signal Processing Magazine 15(6), 1998.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rmdn_tf.prediction.density import Density

# Steps of the quantiser that double its squared error.
DOUBLING = 3

# Weight of a place where nobody looks, as a part of the mean weight: no model
# knows where everyone looks, and eyes see a little beside their fixation.
FLOOR = 0.2

# Largest offset, in steps of the quantiser.
MAX_OFFSET = 12.0


def block_grid(size: tuple[int, int], block: int) -> tuple[int, int]:
    """Returns (rows, columns) of the blocks that cover a frame."""
    height, width = size
    return math.ceil(height / block), math.ceil(width / block)


def offsets_of(
    density: "Density", grid: tuple[int, int], strength: float
) -> np.ndarray:
    """Computes the quantiser offset of each block of a frame.

    Args:
        density: where people look.
        grid: (rows, columns) of the blocks.
        strength: 1 for the best offsets if the density is right; 0 for none.

    Returns:
        float32 `[rows, columns]`, in steps of the quantiser of H.264; negative
        where people look.
    """
    return quantizer_offsets(density.saliency_map(*grid), strength)


def quantizer_offsets(share: np.ndarray, strength: float) -> np.ndarray:
    """Computes offsets whose mean, weighted by attention, is 0.

    Args:
        share: share of the gaze in each block, float `[...]`, sum 1.
        strength: factor of the offsets, at least 0.

    Returns:
        Offsets, float32 `[...]`. Larger ones than `MAX_OFFSET` are clipped to
        it, so that their mean may differ from 0.
    """
    weight = FLOOR + (1 - FLOOR) * share * share.size  # Mean 1.
    offset = -DOUBLING * strength * np.log2(weight)
    offset -= np.mean(weight * offset)
    return np.clip(offset, -MAX_OFFSET, MAX_OFFSET).astype(np.float32)
