"""Mixture -> density on a pixel grid."""

import math

import tensorflow as tf

# Limit for the pixels times components that are evaluated together.
BLOCK = 2**20


def log_density(parameters: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Returns log-densities at the centre of every pixel, `[..., H, W]`, nats.

    With u and v the standardised x and y, and r = atanh(correlation), the
    log-density of a component is

        constant - v^2 / 2 - [cosh(r) u - sinh(r) v]^2 / 2

    u depends only on the column and v only on the row, so that a pixel takes
    three operations. Differences are formed before scaling: small scales and
    strong correlations stay exact.

    Args:
        parameters: float32 `[..., C, 6]`, of `rmdn_tf.model.mixture`.
        height: H, rows of the map.
        width: W, columns of the map.

    Returns:
        float32 `[..., H, W]`, nats; 0 for the uniform density of the frame.
    """
    return _log_density_at(parameters, _centres(width), _centres(height))


def _centres(number) -> tf.Tensor:
    """Centres of pixels along an axis; `number` may be a tensor."""
    number = tf.cast(number, tf.float32)
    return (tf.range(number) + 0.5) / number


def _log_density_at(parameters, x, y) -> tf.Tensor:
    """Computes `log_density` for columns at x, `[W]`, and rows at y, `[H]`."""
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
    """Evaluates densities on the pixel grid.

    Args:
        parameters: float32 `[..., C, 6]`, of `rmdn_tf.model.mixture`.
        height: H, rows of the map.
        width: W, columns of the map.

    Returns:
        float32 `[..., H, W]`, 0 or more, each map of sum 1.
    """
    return _normalised(log_density(parameters, height, width))


def saliency_map_in_blocks(
    parameters: tf.Tensor, height: tf.Tensor, width: tf.Tensor
) -> tf.Tensor:
    """Computes `saliency_map` as `log_density_in_blocks` does."""
    return _normalised(log_density_in_blocks(parameters, height, width))


def log_density_in_blocks(
    parameters: tf.Tensor, height: int | tf.Tensor, width: int | tf.Tensor
) -> tf.Tensor:
    """Computes `log_density` of one mixture `[C, 6]` in blocks of rows.

    Besides the map it takes several times `BLOCK` numbers, or one row's.
    """
    num_components = tf.shape(parameters)[0]
    rows = tf.clip_by_value(BLOCK // (num_components * width), 1, height)
    num_blocks = -(-height // rows)
    padding = [[0, num_blocks * rows - height]]
    y = tf.reshape(tf.pad(_centres(height), padding), [num_blocks, rows])
    blocks = tf.map_fn(
        lambda some: _log_density_at(parameters, _centres(width), some),
        y,
        parallel_iterations=1,
    )  # [num_blocks, rows, W]
    return tf.reshape(blocks, [-1, width])[:height]


def _normalised(log_map: tf.Tensor) -> tf.Tensor:
    """Turns log-densities `[..., H, W]` into maps of sum 1."""
    # Without the peak subtracted first, very low log-densities would be lost in
    # rounding when all mass lies far outside the frame.
    peak = tf.reduce_max(log_map, axis=[-2, -1], keepdims=True)
    density = tf.exp(log_map - peak)
    return density / tf.reduce_sum(density, axis=[-2, -1], keepdims=True)
