"""The average of weights over steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.training.average import MovingAverage


def test_a_moving_average_forgets_the_first_steps_and_then_decays():
    weight = keras.Variable([7.0])
    average = MovingAverage([weight], decay=0.5)
    expected = 0.0
    for step in range(20):
        weight.assign([float(step**2)])
        average.update(step)
        share = min(0.5, step / (step + 10))
        expected = share * expected + (1 - share) * step**2
        np.testing.assert_allclose(average.averages[0], [expected], rtol=1e-5)


def test_averages_are_in_use_for_a_while_even_if_that_fails(two_devices):
    for strategy in (tf.distribute.get_strategy(), two_devices):
        with strategy.scope():
            weight = keras.Variable([1.0, 2.0])
            average = MovingAverage([weight], decay=0.5)
        weight.assign([5.0, 6.0])
        with pytest.raises(KeyError), average.in_use():
            np.testing.assert_array_equal(weight, [1, 2])
            raise KeyError
        np.testing.assert_array_equal(weight, [5, 6])
