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
    components = found[:, :3]
    np.testing.assert_allclose(components.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(components.T), np.eye(3), atol=0.01)
    np.testing.assert_allclose(found[:, 3:], cells[:, 4:], rtol=1e-6)


def test_a_plain_feature_that_is_0_in_all_cells_passes_unchanged():
    """A picture has no motion; videos have it afterwards."""
    layer = CellProjection(2, num_plain=1)
    layer.build((1, 1, 1, 1, 4))
    still = np.random.default_rng(0).normal(size=(100, 4))
    still[:, 3] = 0
    layer.fit(still)
    moving = np.array([[0, 0, 0, 0.8]], np.float32).reshape(1, 1, 1, 1, 4)
    np.testing.assert_allclose(layer(moving)[0, 0, 2], 0.8, rtol=1e-6)


def test_plain_features_pass_unchanged_before_the_projection_is_fitted():
    layer = CellProjection(3, num_plain=2)
    cells = np.random.default_rng(0).normal(size=(2, 3, 1, 1, 6))
    outputs = layer(cells.astype(np.float32)).numpy()
    np.testing.assert_array_equal(
        outputs[..., 3:], np.float32(cells[..., 0, 0, 4:])
    )
    assert (outputs[..., :3].std((0, 1)) > 0.1).all()
