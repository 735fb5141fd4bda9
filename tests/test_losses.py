"""The loss against a NumPy reference, and what must not change it."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.losses import negative_log_likelihood


def reference(parameters, fixations, mask):
    """-sum log sum_c pi_c N(a; c) over the fixations, one at a time."""
    batch_size, num_clips = parameters.shape[:2]
    stride = fixations.shape[1] // num_clips
    total = 0.0
    for b, frame, n in np.argwhere(mask):
        clip = frame // stride
        logit, loc_x, loc_y, log_x, log_y, r = parameters[b, clip].T
        weights = np.exp(logit) / np.exp(logit).sum()
        x, y = fixations[b, frame, n]
        scale = np.exp(np.stack([log_x, log_y], -1))
        density = 0.0
        for c in range(len(logit)):
            off_diagonal = np.tanh(r[c]) * scale[c].prod()
            covariance = np.diag(scale[c] ** 2)
            covariance[0, 1] = covariance[1, 0] = off_diagonal
            difference = np.array([x - loc_x[c], y - loc_y[c]])
            distance = difference @ np.linalg.inv(covariance) @ difference
            density += (
                weights[c]
                * np.exp(-distance / 2)
                / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))
            )
        total -= np.log(density)
    return total


def random_case(seed, stride=1, dtype=np.float64):
    rng = np.random.default_rng(seed)
    parameters = rng.normal(0, 0.5, (2, 3, 2, 6))  # B 2, T 3, C 2
    parameters[..., 1:3] += 0.5
    parameters[..., 3:5] -= 1
    fixations = rng.random((2, 3 * stride, 4, 2))  # N 4
    mask = rng.random((2, 3 * stride, 4)) < 0.7
    return parameters.astype(dtype), fixations.astype(dtype), mask


def loss_and_gradient(parameters, fixations, mask):
    parameters = tf.constant(parameters)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        loss, _ = negative_log_likelihood(
            parameters, tf.constant(fixations), tf.constant(mask)
        )
    return loss.numpy(), tape.gradient(loss, parameters).numpy()


@pytest.mark.parametrize("stride", [1, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_loss_is_that_of_numpy(stride, dtype):
    case = random_case(0, stride, dtype)
    loss, count = negative_log_likelihood(*map(tf.constant, case))
    expected = reference(
        *[np.asarray(value, np.float64) for value in case[:2]], case[2]
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=0)
    assert count == case[2].sum()


def test_the_loss_of_one_standard_fixation_is_worked_out_by_hand():
    # log(2 pi) for a point at the centre, (dx^2 + dy^2) / 2 more beside it.
    parameters = tf.zeros([1, 1, 1, 6])
    fixations = tf.constant([[[[0.0, 0.0], [1.0, 2.0]]]])
    loss, count = negative_log_likelihood(
        parameters, fixations, tf.constant([[[True, True]]])
    )
    np.testing.assert_allclose(
        loss, 2 * np.log(2 * np.pi) + 2.5, rtol=1e-5, atol=0
    )
    assert count == 2


@pytest.mark.parametrize("stride", [1, 2])
def test_the_gradient_is_the_slope_of_the_numpy_loss(stride):
    parameters, fixations, mask = random_case(1, stride)
    _, gradient = loss_and_gradient(parameters, fixations, mask)
    slopes = np.zeros_like(parameters)
    step = 1e-5
    for index in np.ndindex(parameters.shape):
        change = np.zeros_like(parameters)
        change[index] = step
        slopes[index] = (
            reference(parameters + change, fixations, mask)
            - reference(parameters - change, fixations, mask)
        ) / (2 * step)
    # A slope may be near 0; the differences are exact to about 1e-9.
    np.testing.assert_allclose(gradient, slopes, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("padding", [0.0, 1e6, -1e6])
def test_a_masked_fixation_changes_neither_value_nor_gradient(padding):
    parameters, fixations, mask = random_case(2, dtype=np.float32)
    assert not mask.all()
    loss, gradient = loss_and_gradient(parameters, fixations, mask)
    fixations = np.where(mask[..., None], fixations, np.float32(padding))
    again, gradient_again = loss_and_gradient(parameters, fixations, mask)
    assert again == loss
    np.testing.assert_array_equal(gradient_again, gradient)


def test_no_fixation_at_all_gives_loss_0_and_gradient_0():
    parameters, fixations, mask = random_case(3)
    loss, gradient = loss_and_gradient(
        parameters, fixations, np.zeros_like(mask)
    )
    assert loss == 0
    np.testing.assert_array_equal(gradient, 0)


def test_the_density_of_a_clip_serves_the_frames_of_its_stride():
    stride = 4
    parameters, fixations, mask = random_case(4, stride)
    mask[:] = True
    for frame in range(3 * stride):
        only = np.zeros_like(mask)
        only[:, frame] = True
        _, gradient = loss_and_gradient(parameters, fixations, only)
        touched = np.flatnonzero(np.abs(gradient).sum((0, 2, 3)))
        np.testing.assert_array_equal(touched, [frame // stride])


def test_the_loss_of_the_parts_adds_up_to_that_of_the_whole():
    parameters, fixations, mask = random_case(5)
    whole = negative_log_likelihood(parameters, fixations, mask)
    for axis in (0, 1):
        parts = [
            negative_log_likelihood(
                *(
                    np.take(value, [index], axis)
                    for value in (parameters, fixations, mask)
                )
            )
            for index in range(parameters.shape[axis])
        ]
        np.testing.assert_allclose(np.sum(parts, 0), whole, rtol=1e-5, atol=0)
