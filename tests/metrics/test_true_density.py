"""True densities of fixations, against SciPy's blur."""

import numpy as np
import pytest
from scipy import ndimage

from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.metrics.true_density import fixation_densities

HEIGHT, WIDTH = 24, 32


def random_fixations(seed, num_frames=3, num_fixations=7):
    rng = np.random.default_rng(seed)
    fixations = rng.random((num_frames, num_fixations, 2))
    return fixations, rng.random((num_frames, num_fixations)) < 0.7


def blurred(counts, sigma):
    maps = ndimage.gaussian_filter(
        counts.astype(np.float64), (0, sigma, sigma), mode="constant"
    )
    return maps / maps.sum((1, 2), keepdims=True)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.37, 40.0])
def test_a_density_is_the_blurred_map_of_counts(sigma):
    points, mask = random_fixations(0)
    points[0, :2] = 0.5  # Twice in a pixel.
    mask[0, :2] = True
    counts = count_fixations(points, mask, HEIGHT, WIDTH)
    np.testing.assert_allclose(
        fixation_densities(points, mask, HEIGHT, WIDTH, sigma),
        blurred(counts, sigma),
        rtol=1e-12,
        atol=1e-16,  # A sum of products in another order.
    )


def test_a_fixation_beyond_four_deviations_leaves_no_trace():
    points, mask = np.array([[[0.0, 0.0]]]), np.ones([1, 1], bool)
    density = fixation_densities(points, mask, 24, 32, sigma=2.0)[0]
    is_near = [np.arange(size) <= 8 for size in (24, 32)]
    np.testing.assert_array_equal(density > 0, np.outer(*is_near))


def test_a_binary_map_counts_a_pixel_once():
    points, mask = random_fixations(1)
    points[:, 0] = points[:, 1]
    mask[:, :2] = True
    counts = count_fixations(points, mask, HEIGHT, WIDTH)
    assert (counts.max((1, 2)) > 1).all()
    density = fixation_densities(points, mask, HEIGHT, WIDTH, 2.0, binary=True)
    np.testing.assert_allclose(
        density, blurred(counts > 0, 2.0), rtol=1e-12, atol=1e-16
    )


def test_the_uniform_share_lies_under_the_blur():
    points, mask = random_fixations(2)
    blur = fixation_densities(points, mask, HEIGHT, WIDTH, 2.0)
    density = fixation_densities(points, mask, HEIGHT, WIDTH, 2.0, 0.25)
    np.testing.assert_allclose(
        density, 0.75 * blur + 0.25 / (HEIGHT * WIDTH), rtol=1e-12
    )
    np.testing.assert_allclose(density.sum((1, 2)), 1, rtol=1e-12)


def test_a_frame_without_fixations_has_no_density():
    points, mask = random_fixations(3)
    mask[1] = False
    density = fixation_densities(points, mask, HEIGHT, WIDTH, 2.0, 0.25)
    np.testing.assert_array_equal(density.any((1, 2)), [True, False, True])
    nobody = fixation_densities(points[:0], mask[:0], HEIGHT, WIDTH, 2.0)
    assert nobody.shape == (0, HEIGHT, WIDTH)


@pytest.mark.parametrize(
    "blur, name",
    [((0.0,), "sigma"), ((np.nan,), "sigma"), ((1.0, 1.1), "uniform_share")],
)
def test_a_wrong_blur_is_an_error_that_names_it(blur, name):
    points, mask = random_fixations(4)
    with pytest.raises(ValueError, match=f"`{name}`"):
        fixation_densities(points, mask, HEIGHT, WIDTH, *blur)
