"""Evaluates a mixture on grids of pixels."""

import numpy as np
import tensorflow as tf

from rmdn_tf.model.saliency_maps import log_density_in_blocks
from rmdn_tf.prediction.integrals import covariance_roots

# Sides of square grids. Components narrower than a pixel of the largest one may
# fall between its pixels.
SIDES = (64, 128, 256, 512)

# Pixels in a standard deviation of the narrowest component.
PIXELS_IN_SCALE = 1.5

# Weight below which a component is too light to matter, however narrow.
LEAST_WEIGHT = 1e-6


def fine_side(parameters: np.ndarray, weights: np.ndarray) -> int:
    """Returns the side of a square grid that is fine enough for a mixture.

    Args:
        parameters: float64 `[C, 6]`.
        weights: float64 `[C]`, sum 1.

    Returns:
        One of `SIDES`, the largest if none has `PIXELS_IN_SCALE`.
    """
    roots = covariance_roots(parameters[weights > LEAST_WEIGHT])
    narrowest = np.linalg.svd(roots, compute_uv=False).min()
    enough = [side for side in SIDES if side * narrowest >= PIXELS_IN_SCALE]
    return enough[0] if enough else SIDES[-1]


@tf.function(jit_compile=False)
def log_density(parameters: tf.Tensor, side: int) -> tf.Tensor:
    """Returns log-densities `[side, side]`, nats, of parameters `[C, 6]`."""
    return log_density_in_blocks(parameters, side, side)


@tf.function(jit_compile=False)
def relative_to_peak(
    parameters: tf.Tensor, height: tf.Tensor, width: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the density over its peak, and the logarithm of the peak.

    Without its peak subtracted, a density far outside the frame would be 0
    everywhere.

    Args:
        parameters: float32 `[C, 6]`.
        height: H, rows, int32.
        width: W, columns, int32.

    Returns:
        float32 `[H, W]` and `[]`.
    """
    log_map = log_density_in_blocks(parameters, height, width, visible=True)
    peak = tf.reduce_max(log_map)
    return tf.exp(log_map - peak), peak
