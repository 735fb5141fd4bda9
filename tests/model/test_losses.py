"""The loss against a NumPy reference, and what must not change it."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.losses import negative_log_likelihood
from tests.helpers.paper_loss import reference

pytestmark = pytest.mark.slow


def random_case(seed, stride=1, dtype=np.float64, num_components=2):
    rng = np.random.default_rng(seed)
    shape = 2, 3, num_components, 6  # B 2, T 3
    parameters = rng.normal(0, 0.5, shape)
    parameters[..., 1:3] += 0.5
    parameters[..., 3:5] -= 1
    fixations = rng.random((2, 3 * stride, 4, 2))  # N 4
    mask = rng.random((2, 3 * stride, 4)) < 0.7
    return parameters.astype(dtype), fixations.astype(dtype), mask


def loss_and_gradient(parameters, fixations, mask):
    parameters = tf.constant(parameters)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        loss, count = negative_log_likelihood(
            parameters, tf.constant(fixations), tf.constant(mask)
        )
    assert count == mask.sum()
    return loss.numpy(), tape.gradient(loss, parameters).numpy()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("stride", [1, 4])
@pytest.mark.parametrize("num_components", [1, 2, 20])
def test_loss_and_gradient_are_those_of_the_papers_equations(
    seed, stride, num_components
):
    case = random_case(seed, stride, num_components=num_components)
    loss, gradient = loss_and_gradient(*case)
    expected, slopes = reference(*case)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5)


def test_float32_is_enough_for_loss_and_gradient():
    case = random_case(0, 4, np.float32, num_components=20)
    loss, gradient = loss_and_gradient(*case)
    assert gradient.dtype == np.float32
    expected, slopes = reference(*case)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    # A slope is a sum of 11 or so summands of the order of 1, which cancel.
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=5e-6)


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
        cut = [
            np.split(value, parameters.shape[axis], axis)
            for value in (parameters, fixations, mask)
        ]
        parts = [
            negative_log_likelihood(*part) for part in zip(*cut, strict=True)
        ]
        np.testing.assert_allclose(np.sum(parts, 0), whole, rtol=1e-5)
