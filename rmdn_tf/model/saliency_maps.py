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
    return _sum_components(*_terms(parameters, height, width))


def _centres(number) -> tf.Tensor:
    """Centres of pixels along an axis; `number` may be a tensor."""
    number = tf.cast(number, tf.float32)
    return (tf.range(number) + 0.5) / number


def _terms(parameters, height, width) -> tuple:
    """Returns terms of the components, `[..., C, W]` and twice `[..., C, H]`.

    The log-density of a component is the third less the squared difference of
    the first two.
    """
    logit, loc_x, loc_y, log_scale_x, log_scale_y, r = tf.unstack(
        parameters, axis=-1
    )  # [..., C] each
    x, y = _centres(width), _centres(height)
    u = (x - loc_x[..., None]) * tf.exp(-log_scale_x)[..., None]
    v = (y - loc_y[..., None]) * tf.exp(-log_scale_y)[..., None]
    constant = (
        tf.nn.log_softmax(logit)
        - math.log(4 * math.pi)
        - log_scale_x
        - log_scale_y
        + 0.5 * (tf.nn.softplus(2 * r) + tf.nn.softplus(-2 * r))
    )
    # Not `tf.cosh` and `tf.sinh`, which LiteRT lacks.
    cosh = 0.5 * (tf.exp(r) + tf.exp(-r))
    half = math.sqrt(0.5)
    return (
        (half * cosh)[..., None] * u,
        (half * tf.tanh(r) * cosh)[..., None] * v,
        constant[..., None] - 0.5 * v**2,
    )


def _sum_components(of_column, of_row, top_of_row) -> tf.Tensor:
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
    log_map = log_density_in_blocks(parameters, height, width, visible=True)
    return _normalised(log_map)


def log_density_in_blocks(
    parameters: tf.Tensor,
    height: int | tf.Tensor,
    width: int | tf.Tensor,
    visible: bool = False,
) -> tf.Tensor:
    """Computes `log_density` of one mixture `[C, 6]` in blocks of rows.

    Besides the map it takes several times `BLOCK` numbers, or one row's.

    Args:
        parameters: float32 `[C, 6]`.
        height: H.
        width: W.
        visible: leave out, in each block, the components that cannot add more
            than a rounding of the map's peak. Then it is several times as fast
            for many narrow components, and the density over its peak is right
            to 5e-7; far from the peak the logarithm is too low.
    """
    of_column, *of_rows = _terms(parameters, height, width)
    num_components = tf.shape(parameters)[0]
    least = -math.inf
    if visible:
        least = _part_of_peak(of_column, *of_rows)
    rows = tf.clip_by_value(BLOCK // (num_components * width), 1, height)
    num_blocks = -(-height // rows)
    padding = [[0, 0], [0, num_blocks * rows - height]]
    blocks = [
        tf.transpose(
            tf.reshape(tf.pad(one, padding), [-1, num_blocks, rows]), [1, 0, 2]
        )
        for one in of_rows
    ]  # [num_blocks, C, rows]

    def evaluate(block):
        chosen = tf.where(tf.reduce_max(block[1], -1) >= least)[:, 0]
        return _sum_components(
            *(tf.gather(one, chosen) for one in (of_column, *block))
        )

    log_map = tf.map_fn(
        evaluate,
        blocks,
        parallel_iterations=1,
        fn_output_signature=tf.float32,
    )  # [num_blocks, rows, W]
    return tf.reshape(log_map, [-1, width])[:height]


def _part_of_peak(of_column, of_row, top_of_row) -> tf.Tensor:
    """Returns the log-density below which components change no rounded sum.

    That of the row through the highest component, which is at most the peak's,
    less a rounding of float32 and the number of components.
    """
    row = tf.argmax(tf.reduce_max(top_of_row, 0))
    through = _sum_components(
        of_column, of_row[:, row, None], top_of_row[:, row, None]
    )
    number = tf.cast(tf.shape(of_column)[0], tf.float32)
    return tf.reduce_max(through) + math.log(2.0**-24) - tf.math.log(number)


def _normalised(log_map: tf.Tensor) -> tf.Tensor:
    """Turns log-densities `[..., H, W]` into maps of sum 1."""
    # Without the peak subtracted first, very low log-densities would be lost in
    # rounding when all mass lies far outside the frame.
    peak = tf.reduce_max(log_map, axis=[-2, -1], keepdims=True)
    density = tf.exp(log_map - peak)
    return density / tf.reduce_sum(density, axis=[-2, -1], keepdims=True)
