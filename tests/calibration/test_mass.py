"""The mass of components inside the frame is the sum over its pixels."""

import numpy as np
import pytest

from rmdn_tf.calibration.mass import Masses, masses
from rmdn_tf.model.saliency_maps import log_density


@pytest.fixture(scope="module")
def components():
    generator = np.random.default_rng(0)
    return np.stack(
        [
            np.zeros(100),
            *generator.uniform(-0.2, 1.2, (2, 100)),
            *generator.uniform(np.log(0.02), 0, (2, 100)),
            generator.uniform(-1.5, 1.5, 100),
        ],
        -1,
    ).astype(np.float32)


def test_masses_are_the_sums_over_pixels(components):
    wider = components + [0, 0, 0, np.log(1.5), np.log(1.5), 0]
    wider = wider.astype(np.float32)
    expected = np.exp(log_density(wider[:, None], 400, 400)).mean((1, 2))
    assert (expected < 0.1).any() and (expected > 0.99).any()
    np.testing.assert_allclose(masses(components, 1.5), expected, atol=2e-4)


@pytest.mark.parametrize("spread", [0.1, 0.9, 1.0, 3.0, 10.0])
def test_masses_between_known_spreads_are_right(components, spread):
    found, slopes = Masses(components[None]).at(spread)
    expected = masses(components[None], spread)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    step = np.exp(0.02)
    more, less = (
        masses(components[None], spread * f) for f in (step, 1 / step)
    )
    np.testing.assert_allclose(slopes, (more - less) / 0.04, atol=0.02)
