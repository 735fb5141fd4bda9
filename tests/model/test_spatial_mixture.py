"""The spatial mixture: its density, its prior, and how it is widened."""

import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter

from rmdn_tf.model.mixture import distribution
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.model.spatial_mixture import SpatialMixture


def test_a_widened_density_is_about_the_blurred_one():
    layer = SpatialMixture()
    hidden = tf.random.stateless_normal([1, 1, 14, 14, 4], (0, 0))
    layer(hidden)
    layer.kernel.assign(50 * layer.kernel)
    before = saliency_map(layer(hidden), 112, 112)[0, 0].numpy()
    layer.widen(1 / 28)
    after = saliency_map(layer(hidden), 112, 112)[0, 0].numpy()
    blurred = gaussian_filter(before, 112 / 28, mode="constant")
    inside = (slice(20, -20), slice(20, -20))

    def agreement(one):
        return np.corrcoef(one[inside].flat, blurred[inside].flat)[0, 1]

    assert agreement(after) > 0.98 > agreement(before)
    assert after.max() < before.max()


def test_the_density_sums_to_1_and_without_scores_is_the_prior():
    layer = SpatialMixture()
    hidden = tf.zeros([1, 1, 14, 14, 4])
    layer.build(hidden.shape)
    centre = np.array([[0, 0.5, 0.4, -1.5, -1.8, 0.0]], np.float32)
    layer.set_prior(centre)
    parameters = layer(hidden)[0, 0]
    map_ = saliency_map(parameters, 48, 64).numpy()
    np.testing.assert_allclose(map_.sum(), 1, rtol=1e-5)
    expected = saliency_map(centre, 48, 64).numpy()
    # A mixture of cells is the prior, blurred by the size of a cell.
    assert np.corrcoef(map_.ravel(), expected.ravel())[0, 1] > 0.98
    points = tf.random.uniform([200_000, 2], -1, 2, seed=0)
    mass = 9 * tf.reduce_mean(distribution(parameters).prob(points))
    np.testing.assert_allclose(mass, 1, atol=0.02)
