"""The principal components of cells."""

import numpy as np

from rmdn_tf.encoders.projection import CellProjection


def test_the_projection_whitens_what_it_was_fitted_to():
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(5000, 6)) @ rng.normal(size=(6, 6)) + 3
    layer = CellProjection(3, num_plain=2)
    outputs = layer(np.zeros([1, 1, 1, 1, 6], np.float32))
    assert outputs.shape == (1, 1, 5)
    layer.fit(cells)
    found = layer(cells.astype(np.float32).reshape(1, 1, 50, 100, 6))
    found = found.numpy().reshape(5000, 5)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(found[:, :3].T), np.eye(3), atol=0.01)
    np.testing.assert_allclose(found[:, 3:].std(0), 1, atol=0.01)
    plain = (cells[:, 4:] - cells[:, 4:].mean(0)) / cells[:, 4:].std(0)
    np.testing.assert_allclose(found[:, 3:], plain, atol=0.01)
