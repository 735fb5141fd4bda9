"""Negative log-likelihoods of fixations, as in the paper, and of actions.

Both return a sum and a count, so that a mean over several batches or devices
weighs every example alike.
"""

import tensorflow as tf

from rmdn_tf.model import mixture


def negative_log_likelihood(
    parameters: tf.Tensor, fixations: tf.Tensor, mask: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Sums -log p over the fixations.

        loss = -sum_t sum_j log sum_c pi_tc N(a_tj; loc_tc, covariance_tc)

    Args:
        parameters: float32 `[B, T, C, 6]`, of `rmdn_tf.model.mixture`.
        fixations: float32 `[B, T * s, N, 2]`, (x, y) in [0, 1]. Clip t predicts
            s frames, the first of which is its last frame.
        mask: bool `[B, T * s, N]`, False where a fixation is padding.

    Returns:
        The sum, in nats, and the number of fixations, float32 scalars.
    """
    shape = tf.shape(parameters)
    fixations = tf.reshape(
        fixations, [shape[0], shape[1], -1, 2]
    )  # [B, T, s * N, 2]
    mask = tf.reshape(mask, tf.shape(fixations)[:3])
    log_prob = mixture.distribution(parameters[:, :, None]).log_prob(fixations)
    # Not a product: log_prob of a padded point may be infinite.
    loss = -tf.reduce_sum(tf.where(mask, log_prob, 0.0))
    return loss, tf.reduce_sum(tf.cast(mask, tf.float32))


def action_cross_entropy(
    logits: tf.Tensor, targets: tf.Tensor, multi_label: bool = False
) -> tuple[tf.Tensor, tf.Tensor]:
    """Sums the cross-entropy over windows.

    Windows without an action are left out.

    Args:
        logits: float32 `[B, A]`.
        targets: float32 `[B, A]`, 1 for each action of the video, else 0.
        multi_label: whether a video may have several actions; the loss of a
            window is then the mean over actions.

    Returns:
        The sum, in nats, and the number of windows, float32 scalars.
    """
    counts = tf.reduce_any(targets > 0, -1)  # [B]
    if multi_label:
        losses = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(targets, logits), -1
        )
    else:
        shares = tf.math.divide_no_nan(
            targets, tf.reduce_sum(targets, -1, keepdims=True)
        )
        losses = tf.nn.softmax_cross_entropy_with_logits(shares, logits)
    loss = tf.reduce_sum(tf.where(counts, losses, 0.0))
    return loss, tf.reduce_sum(tf.cast(counts, tf.float32))
