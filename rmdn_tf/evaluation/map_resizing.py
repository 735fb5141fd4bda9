"""Resizes a saliency map to a density on another grid."""

import functools

import numpy as np
from scipy import sparse


def resized_density(
    saliencies: np.ndarray, height: int, width: int
) -> np.ndarray:
    """Resizes saliencies `[h, w]` to a density, float64 `[H, W]`.

    Saliencies are finite, at least 0, and not all 0. An axis that grows is
    interpolated linearly between the centres of pixels; one that shrinks is
    averaged over the area of each new pixel.
    """
    # By the peak first: a sum of huge numbers would overflow.
    density = saliencies / saliencies.max()
    if density.shape != (height, width):
        rows = _weights(density.shape[0], height)
        columns = _weights(density.shape[1], width)
        density = (columns @ (rows @ density).T).T
    return density / density.sum()


@functools.lru_cache(maxsize=8)
def _weights(old: int, new: int) -> sparse.csr_array:
    """Weights of old pixels in new ones along an axis, float64 `[new, old]`.

    TensorFlow resizes in float32, where the tails of a density become 0.
    """
    left = np.arange(old)
    if new >= old:
        # Outside the outermost centres their value continues.
        position = (np.arange(new) + 0.5) * old / new - 0.5
        position = np.clip(position, 0, old - 1)[:, None]
        weights = 1 - np.abs(position - left)
    else:
        edges = (np.arange(new + 1) * old / new)[:, None]
        # Length of the overlap of the old and the new pixel.
        weights = np.minimum(edges[1:], left + 1) - np.maximum(edges[:-1], left)
    return sparse.csr_array(np.maximum(weights, 0))
