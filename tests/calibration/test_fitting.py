"""Numbers that made the data are found again."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.calibration.fitting import Densities, fit, frame_bits
from rmdn_tf.calibration.validation import cross_validate
from rmdn_tf.evaluation.centre_bias import centre
from rmdn_tf.model.calibration import Calibration
from rmdn_tf.model.mixture import distribution
from tests.helpers.made_samples import made_sample, numbers_of

pytestmark = pytest.mark.slow

TRUE = {"sharpness": 1.0, "spread": 1.5, "share": 0.3}


def every(sample):
    return np.ones(sample.num_frames, bool)


@pytest.fixture(scope="module")
def changed():
    return Densities(made_sample(numbers=TRUE))


@pytest.fixture(scope="module")
def unchanged():
    return Densities(made_sample())


def test_densities_are_those_of_the_layer(changed):
    numbers = numbers_of(0.7, 1.3, 0.2)
    sample = changed.sample
    layer = Calibration(2)
    layer.build((None, None, 6, 6))
    layer.set_numbers(**vars(numbers))
    parameters = layer(tf.constant(sample.parameters[:, None]))
    mixtures = distribution(tf.gather(parameters[:, 0], sample.frame))
    expected = mixtures.log_prob(sample.points)
    index = np.arange(len(sample.points))
    received = changed.calibrated(index, numbers)
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-4)


def test_derivatives_are_those_of_small_differences(changed):
    index = np.arange(0, len(changed.sample.points), 7)
    _, slopes = changed.own(index, 0.8, 1.2)
    step = np.exp(0.01)
    for row, (more, less) in enumerate(
        [
            ((0.8 * step, 1.2), (0.8 / step, 1.2)),
            ((0.8, 1.2 * step), (0.8, 1.2 / step)),
        ]
    ):
        difference = changed.own(index, *more)[0] - changed.own(index, *less)[0]
        expected = difference.sum() / 0.02
        np.testing.assert_allclose(slopes[row].sum(), expected, rtol=0.01)


def test_spread_and_share_that_made_the_data_are_found(changed):
    numbers = fit(changed, every(changed.sample))
    assert abs(numbers.sharpness - 1) < 0.1
    assert abs(numbers.spread - 1.5) < 0.1
    assert abs(numbers.share - 0.3) < 0.03
    gain = cross_validate(changed, numbers)
    assert gain.is_clear and gain.difference.low > 0.2
    assert gain.num_units == 20 and gain.gap_seconds is None
    best = frame_bits(changed, numbers_of(1, 1.5, 0.3)).mean()
    assert best - 0.1 < gain.validated < gain.fitted < best + 0.05


def test_sharpness_that_made_the_data_is_found():
    true = {"sharpness": 2.0, "spread": 1.0, "share": 0.0}
    densities = Densities(made_sample(numbers=true))
    numbers = fit(densities, every(densities.sample))
    assert abs(numbers.sharpness - 2) < 0.2
    assert abs(numbers.spread - 1) < 0.05 and numbers.share < 0.02


def test_data_of_the_model_itself_gain_nothing(unchanged):
    numbers = fit(unchanged, every(unchanged.sample))
    assert abs(numbers.sharpness - 1) < 0.1
    assert abs(numbers.spread - 1) < 0.05 and numbers.share < 0.02
    gain = cross_validate(unchanged, numbers)
    assert abs(gain.difference.mean) < 0.02 and not gain.is_clear


def test_the_centre_of_one_video_is_the_middle_of_the_frame():
    densities = Densities(made_sample(1, 60, numbers=TRUE))
    numbers = fit(densities, every(densities.sample))
    np.testing.assert_array_equal(numbers.centre, centre())
    gain = cross_validate(densities, numbers)
    assert gain.gap_seconds == 2 and gain.num_units == 5


def test_every_frame_has_the_same_weight():
    """A frame with many fixations does not decide alone."""
    few, many = made_sample(20, 5, 30), made_sample(20, 5, 30, numbers=TRUE)
    both = np.concatenate([few.points, np.repeat(many.points, 4, 0)])
    frame = np.concatenate([few.frame, np.repeat(many.frame, 4)])
    # Frames of even videos have the fixations of `few`, others of `many`.
    number = int(few.num_frames)
    is_even = (np.arange(number) // 5) % 2 == 0
    of_few = np.arange(len(both)) < len(few.points)
    kept = of_few == is_even[frame]
    sample = dataclasses.replace(few, points=both[kept], frame=frame[kept])
    numbers = fit(Densities(sample), every(sample))
    assert 0.1 < numbers.share < 0.2  # Half of 0.3, not four fifths.
