"""Computes the true density of gaze: fixations blurred, with a uniform share.

Bazzani, Larochelle and Torresani (ICLR 2017) blur by 1.5 or 3 degrees of the
visual field and mix in a uniform density of 0.25 or 0.5; see
`rmdn_tf.evaluation.protocols`.
"""

import numpy as np

from rmdn_tf.metrics.fixation_maps import fixated_pixels


def fixation_densities(
    fixations: np.ndarray,
    mask: np.ndarray,
    height: int,
    width: int,
    sigma: float,
    uniform_share: float = 0.0,
    binary: bool = False,
) -> np.ndarray:
    """Blurs the fixations of each frame into its true density.

    A fixation is a Gaussian around the centre of its pixel, cut off at four
    standard deviations and at the frame, as `scipy.ndimage.gaussian_filter`
    blurs a map of counts with mode "constant". The releases of the field blur
    such maps. It is the product of a Gaussian in y and one in x: the sum over
    fixations is one product of matrices, `[H, N] @ [N, W]`.

    Args:
        fixations: float `[F, N, 2]`, (x, y) of each fixation in [0, 1] of the
            full frame, x to the right, y down.
        mask: bool `[F, N]`, False where `fixations` is padding.
        height, width: size of the maps, in pixels.
        sigma: standard deviation of the Gaussian, in pixels.
        uniform_share: p in [0, 1], of the uniform density that is mixed in.
        binary: a pixel fixated twice counts once, as in the benchmarks.

    Returns:
        float64 `[F, H, W]`, (1 - p) blur + p/(HW); each sums to 1, but is all
        zero in a frame without fixations.

    Raises:
        ValueError: a fixation that `mask` keeps lies outside [0, 1], the
            shapes do not fit, or `sigma` or `uniform_share` is out of range.
    """
    _check_blur(sigma, uniform_share)
    frames, pixels = fixated_pixels(fixations, mask, height, width)
    if binary:
        index = np.unique(frames * (height * width) + pixels)
        frames, pixels = np.divmod(index, height * width)
    in_y = _profiles(pixels // width, height, sigma)  # [n, H]
    in_x = _profiles(pixels % width, width, sigma)  # [n, W]
    ends = np.searchsorted(frames, np.arange(len(mask) + 1))
    densities = np.zeros([len(mask), height, width])
    for density, begin, end in zip(densities, ends, ends[1:], strict=False):
        if begin < end:
            np.matmul(in_y[begin:end].T, in_x[begin:end], out=density)
            density *= (1 - uniform_share) / density.sum()
            density += uniform_share / density.size
    return densities


def _check_blur(sigma: float, uniform_share: float) -> None:
    if not sigma > 0:
        raise ValueError(
            "Invalid `sigma`. Expected a positive number of pixels. Received: "
            f"sigma={sigma}."
        )
    if not 0 <= uniform_share <= 1:
        raise ValueError(
            "Invalid `uniform_share`. Expected a number in [0, 1]. Received: "
            f"uniform_share={uniform_share}."
        )


def _profiles(centres: np.ndarray, size: int, sigma: float) -> np.ndarray:
    """Gaussians around pixels `[n]` of a line, float64 `[n, size]`."""
    distance = np.abs(np.arange(1 - size, size))
    line = np.exp(-0.5 * np.square(distance / sigma))
    line[distance > int(4 * sigma + 0.5)] = 0  # SciPy's radius.
    windows = np.lib.stride_tricks.sliding_window_view(line, size)
    return windows[size - 1 - centres]
