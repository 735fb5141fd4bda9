"""Density -> quantiser offsets, block by block.

A viewer sees the error of a block in proportion to how often people look there,
so the sum of weights times squared errors should be small at a given bitrate.
In H.264 and HEVC a squared error of weight w may grow by 2^(1/3) with each step
of the quantiser, at the same price per bit. The best offset is therefore

    offset = -3 log2(w / mean of w)

With the arithmetic mean, the weighted squared error stays what it is without
offsets, and the bitrate falls: blocks far from the gaze lose more bits than the
others gain.

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

# Weight of a place where nobody looks, over the mean weight: no model knows
# where everyone looks, and eyes see a little beside their fixation.
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
    """Computes offsets that keep the weighted squared error.

    Args:
        share: share of the gaze in each block, float `[...]`, sum 1.
        strength: factor of the offsets, at least 0.

    Returns:
        Offsets like `share`, within `MAX_OFFSET`.
    """
    weight = FLOOR + (1 - FLOOR) * share * share.size  # Mean 1.
    offset = -DOUBLING * strength * np.log2(weight)
    offset -= np.mean(weight * offset)
    return np.clip(offset, -MAX_OFFSET, MAX_OFFSET).astype(np.float32)
