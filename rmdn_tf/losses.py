"""Negative log-likelihood of the fixations, the paper's only loss."""

import tensorflow as tf

from rmdn_tf import mixture


def negative_log_likelihood(
    parameters: tf.Tensor, fixations: tf.Tensor, mask: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Sums -log p over the fixations, and counts them.

    Sum and count are kept apart so that the mean over several windows, batches
    or devices weighs every fixation alike.

        loss = -sum_t sum_j log sum_c pi_tc N(a_tj; loc_tc, covariance_tc)

    Args:
        parameters: float32 `[B, T, C, 6]`, of `rmdn_tf.mixture`.
        fixations: float32 `[B, T * s, N, 2]`, (x, y) in [0, 1]; the density of
            clip t serves the s frames from its last on.
        mask: bool `[B, T * s, N]`, False where a fixation is padding.

    Returns:
        float32 scalars: the sum in nats, and the number of fixations.
    """
    shape = tf.shape(parameters)
    fixations = tf.reshape(
        fixations, [shape[0], shape[1], -1, 2]
    )  # [B, T, s * N, 2]
    mask = tf.reshape(mask, tf.shape(fixations)[:3])
    log_prob = mixture.distribution(parameters[:, :, None]).log_prob(fixations)
    # `where` and not a product: a padded point may have any density.
    loss = -tf.reduce_sum(tf.where(mask, log_prob, 0.0))
    return loss, tf.reduce_sum(tf.cast(mask, tf.float32))
