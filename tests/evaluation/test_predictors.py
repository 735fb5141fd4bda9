"""Tests of `rmdn_tf.evaluation.predictors`."""

import pytest

from rmdn_tf.evaluation.predictors import (
    MixtureNetwork,
    describe_trained_centre,
)


@pytest.mark.parametrize(
    ("stride", "ending"), [(1, "every frame."), (4, "every 4 frames.")]
)
def test_a_network_tells_how_often_it_gives_a_density(stride, ending):
    text = MixtureNetwork(lambda batch: batch, stride).describe()
    assert text == f"A network that gives a mixture of Gaussians {ending}"


@pytest.mark.parametrize(
    ("number", "words"),
    [("1", "mixture of 1 Gaussian, fitted"), ("5", "mixture of 5 Gaussians,")],
)
def test_the_trained_centre_tells_its_gaussians(number, words):
    assert words in describe_trained_centre(number, "the fixations")
