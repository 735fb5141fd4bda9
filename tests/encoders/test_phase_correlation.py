"""Translations between pictures, by phase correlation."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.encoders.phase_correlation import propose_shifts


@pytest.fixture
def picture():
    """Returns grey `[1, 24, 32]` with texture."""
    noise = np.random.default_rng(0).uniform(size=(1, 24, 32))
    return tf.constant(noise, tf.float32)


@pytest.mark.parametrize(("x", "y"), [(-1, 0), (0, -2), (-3, 2), (4, -1)])
def test_a_translation_is_the_first_proposal(picture, x, y):
    then = tf.roll(picture, [y, x], [1, 2])
    shift = propose_shifts(picture, then, 1)[0, 0] * [16, 12]
    np.testing.assert_allclose(shift, [x, y])


@pytest.mark.parametrize(("x", "y"), [(-1, 0), (0, -2), (-3, 2), (4, -1)])
def test_proposals_do_not_depend_on_the_sign_of_a_remainder(
    picture, x, y, monkeypatch
):
    """Some runtimes round the quotient of integers towards 0."""
    then = tf.roll(picture, [y, x], [1, 2]) + 0.5 * picture
    expected = propose_shifts(picture, then, 3)
    monkeypatch.setattr(
        type(expected), "__mod__", lambda one, size: tf.truncatemod(one, size)
    )
    np.testing.assert_array_equal(propose_shifts(picture, then, 3), expected)
