"""Mixture -> density on a pixel grid.

The centre of pixel (row i, column j) is ((j + .5)/W, (i + .5)/H).
"""

import math

import tensorflow as tf

BLOCK = 2**20
"""Pixels times components that are evaluated at a time, in blocks."""


def log_density(parameters: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Evaluates the log-density of mixtures at the centre of every pixel.

    With u and v the standardised x and y of a component, and r the atanh of
    its correlation, its log-density is

        constant - v^2 / 2 - [cosh(r) u - sinh(r) v]^2 / 2

    where u depends on the column alone and v on the row alone: two short
    vectors a component, and three operations a pixel. Small scales and strong
    correlations stay exact, since differences are formed before scaling.

    Args:
        parameters: float32 `[..., C, 6]`, of `rmdn_tf.model.mixture`.
        height: H, rows of the grid.
        width: W, columns of the grid.

    Returns:
        float32 `[..., H, W]`, nats; its exponential is a density over the unit
        square (mean near 1 where all mass lies inside the frame).
    """
    return _log_density_at(parameters, _centres(width), _centres(height))


def _centres(number) -> tf.Tensor:
    """Centres of pixels along an axis; a request may give their number."""
    number = tf.cast(number, tf.float32)
    return (tf.range(number) + 0.5) / number


def _log_density_at(parameters, x, y) -> tf.Tensor:
    """As `log_density`, for columns at x, `[W]`, and rows at y, `[H]`."""
    logit, loc_x, loc_y, log_scale_x, log_scale_y, r = tf.unstack(
        parameters, axis=-1
    )  # [..., C] each
    u = (x - loc_x[..., None]) * tf.exp(-log_scale_x)[..., None]
    v = (y - loc_y[..., None]) * tf.exp(-log_scale_y)[..., None]
    constant = (
        tf.nn.log_softmax(logit)
        - math.log(4 * math.pi)
        - log_scale_x
        - log_scale_y
        + 0.5 * (tf.nn.softplus(2 * r) + tf.nn.softplus(-2 * r))
    )
    half = math.sqrt(0.5)
    of_column = (half * tf.cosh(r))[..., None] * u  # [..., C, W]
    of_row = (half * tf.sinh(r))[..., None] * v  # [..., C, H]
    top_of_row = constant[..., None] - 0.5 * v**2  # [..., C, H]
    log_components = top_of_row[..., None] - tf.math.squared_difference(
        of_column[..., None, :], of_row[..., None]
    )  # [..., C, H, W]
    return tf.reduce_logsumexp(log_components, axis=-3)


def saliency_map(parameters: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Evaluates mixtures on the pixel grid, each map normalised to sum 1.

    Args:
        parameters: float32 `[..., C, 6]`, of `rmdn_tf.model.mixture`.
        height: H, rows of the grid.
        width: W, columns of the grid.

    Returns:
        float32 `[..., H, W]`, at least 0, sum 1 over the last two axes.
    """
    return _normalised(log_density(parameters, height, width))


def saliency_map_in_blocks(
    parameters: tf.Tensor, height: tf.Tensor, width: tf.Tensor
) -> tf.Tensor:
    """As `saliency_map`, for one mixture and some rows at a time.

    Besides the map it takes several times `BLOCK` numbers, or one row's.

    Args:
        parameters: float32 `[C, 6]`, of `rmdn_tf.model.mixture`.
        height: H, rows of the grid.
        width: W, columns of the grid.

    Returns:
        float32 `[H, W]`, at least 0, sum 1.
    """
    num_components = parameters.shape[0]
    rows = tf.clip_by_value(BLOCK // (num_components * width), 1, height)
    num_blocks = -(-height // rows)
    padding = [[0, num_blocks * rows - height]]
    y = tf.reshape(tf.pad(_centres(height), padding), [num_blocks, rows])
    blocks = tf.map_fn(
        lambda some: _log_density_at(parameters, _centres(width), some),
        y,
        parallel_iterations=1,
    )  # [num_blocks, rows, W]
    return _normalised(tf.reshape(blocks, [-1, width])[:height])


def _normalised(log_map: tf.Tensor) -> tf.Tensor:
    """Turns log-densities `[..., H, W]` into maps of sum 1."""
    # The peak first: far outside the frame log-densities may be so low that
    # the logarithm of their sum is lost in rounding.
    peak = tf.reduce_max(log_map, axis=[-2, -1], keepdims=True)
    density = tf.exp(log_map - peak)
    return density / tf.reduce_sum(density, axis=[-2, -1], keepdims=True)
