"""PSNR and SSIM, weighted: FFmpeg, scikit-image, values by hand, laws."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from rmdn_tf.metrics import picture_quality
from rmdn_tf.metrics.picture_quality import (
    psnr,
    ssim_map,
    weighted_mse,
    weighted_psnr,
    weighted_ssim,
)
from tests.helpers.ffmpeg_psnr import made_frame, psnr_of_frames

SIZE = (40, 56)
FORMS = {8: ("yuv420p", np.uint8), 10: ("yuv420p10le", np.uint16)}


def made_pair(bits=8):
    """Waves, and the same waves with noise; `[H, W]`."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    peak, dtype = 2**bits - 1, FORMS[bits][1]
    waves = np.rint(127 + 60 * np.sin(x / 5) + 50 * np.cos(y / 7))
    noise = np.random.default_rng(7).integers(-20, 21, SIZE)
    pair = waves.astype(np.uint8), np.clip(waves + noise, 0, 255)
    reference, distorted = (np.rint(one / 255 * peak) for one in pair)
    return reference.astype(dtype), distorted.astype(dtype)


@pytest.mark.parametrize("bits", FORMS)
def test_the_plain_psnr_is_that_of_ffmpeg(bits, tmp_path):
    pair, (form, _) = made_pair(bits), FORMS[bits]
    frames = ([made_frame(plane, form)] for plane in pair)
    (known,) = psnr_of_frames(tmp_path / "psnr.txt", *frames)
    found = weighted_psnr(*pair, peak=2**bits - 1)
    assert found == pytest.approx(known["y"], abs=1e-5)


# scikit-image 0.26: structural_similarity(..., gaussian_weights=True,
# sigma=1.5, use_sample_covariance=False).
@pytest.mark.parametrize(
    ("bits", "known"), [(8, 0.7521584413328067), (10, 0.7520923138858513)]
)
def test_the_plain_ssim_is_that_of_scikit_image(bits, known):
    found = weighted_ssim(*made_pair(bits), peak=2**bits - 1)
    assert found == pytest.approx(known, abs=1e-6)


def test_the_map_of_ssim_is_that_of_scikit_image():
    found = ssim_map(*made_pair())
    assert found.shape == (30, 46)
    known = [0.7141860289215003, 0.8367285067951392, 0.8436629280078604]
    places = found[[0, 15, -1], [0, 25, -1]]
    np.testing.assert_allclose(places, known, atol=1e-5)


def test_equal_weights_give_the_plain_values():
    pair, equal = made_pair(), np.full(SIZE, 1 / 2240)
    for metric in (weighted_mse, weighted_psnr, weighted_ssim):
        np.testing.assert_allclose(metric(*pair, equal), metric(*pair))


def test_weights_worked_out_by_hand():
    reference, distorted = np.zeros((1, 3)), np.array([[1.0, 2.0, 4.0]])
    weights = np.array([[0.5, 0.25, 0.25]])
    assert weighted_mse(reference, distorted, weights) == 0.5 + 1 + 4
    assert weighted_mse(reference, distorted) == 7
    # 10 log10(10^2 / 5.5)
    found = weighted_psnr(reference, distorted, weights, peak=10)
    assert found == pytest.approx(12.596373105)


def test_weights_are_divided_by_their_sum():
    pair = made_pair()
    weights = np.random.default_rng(0).random(SIZE)
    for metric in (weighted_psnr, weighted_ssim):
        np.testing.assert_allclose(
            metric(*pair, 7 * weights), metric(*pair, weights)
        )


def test_weights_on_one_pixel_give_the_ssim_around_it():
    pair, weights = made_pair(), np.zeros(SIZE)
    weights[20, 30] = 1
    found = weighted_ssim(*pair, weights)
    assert found == pytest.approx(ssim_map(*pair)[15, 25])


def test_attention_on_the_damaged_half_lowers_both():
    reference, noisy = made_pair()
    distorted = reference.copy()
    distorted[:, 28:] = noisy[:, 28:]
    left, right = np.zeros((2, *SIZE))
    left[:, :20], right[:, 36:] = 1, 1
    for metric, best in ((weighted_psnr, np.inf), (weighted_ssim, 1)):
        plain = metric(reference, distorted)
        assert metric(reference, distorted, right) < plain
        assert metric(reference, distorted, left) == pytest.approx(best)


def test_equal_pictures_have_no_error():
    reference, _ = made_pair()
    assert weighted_psnr(reference, reference) == np.inf
    assert weighted_ssim(reference, reference) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("level", [0, 3, 128, 252, 255])
def test_flat_pictures_keep_their_precision(level):
    flat = np.full(SIZE, float(level))
    noisy = flat + np.random.default_rng(0).normal(0, 0.5, SIZE)
    assert abs(ssim_map(flat, flat) - 1).max() < 2e-4
    found, known = ssim_map(flat, noisy), slow_ssim(flat, noisy)
    np.testing.assert_allclose(found, known, atol=2e-4)
    assert found.mean() == pytest.approx(known.mean(), abs=1e-5)


def slow_ssim(x, y):
    """Computes the map in float64, with SciPy's Gaussian."""

    def blur(pixels):
        blurred = gaussian_filter(pixels, 1.5, truncate=3.5)
        return blurred[5:-5, 5:-5]

    mean_x, mean_y, c1, c2 = blur(x), blur(y), 2.55**2, 7.65**2
    variances = blur(x * x) - mean_x**2 + blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance * (2 * covariance + c2) / (variances + c2)


def test_several_frames_give_one_value_each():
    reference, distorted = made_pair()
    weights = np.random.default_rng(0).random((2, *SIZE))
    two = np.stack([reference, distorted]), np.stack([distorted, distorted])
    for metric in (weighted_mse, weighted_ssim):
        found = metric(*two, weights)
        each = [metric(*one) for one in zip(*two, weights, strict=True)]
        np.testing.assert_allclose(found, each)


def test_integers_do_not_wrap():
    dark, bright = np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8)
    assert weighted_mse(dark, bright) == 255**2
    assert psnr(255.0**2) == 0


@pytest.mark.parametrize(
    ("weights", "cause"),
    [
        (np.zeros(SIZE), "positive sum. Received: sum 0"),
        (np.full(SIZE, np.nan), "positive sum. Received: sum nan"),
        (np.full(SIZE, -1.0), "least -1"),
        (np.ones((4, 4)), r"one for each pixel, \(40, 56\)"),
    ],
)
def test_invalid_weights_are_refused(weights, cause):
    with pytest.raises(ValueError, match=cause):
        weighted_psnr(*made_pair(), weights)


def test_pictures_of_two_sizes_and_small_ones_are_refused():
    reference, distorted = made_pair()
    with pytest.raises(ValueError, match="same shape"):
        weighted_psnr(reference, distorted[1:])
    with pytest.raises(ValueError, match="at least 11x11 pixels"):
        picture_quality.ssim_map(reference[:10], distorted[:10])
