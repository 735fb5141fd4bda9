"""Computes the true density of gaze: blurred fixations and a uniform share.

The paper (Bazzani, Larochelle and Torresani, ICLR 2017) names the blurs and the
uniform shares below.
"""

import numpy as np

from rmdn_tf.metrics.fixation_maps import fixated_pixels

# Standard deviations, in degrees of the visual field.
PAPER_SIGMAS = (1.5, 3.0)

PAPER_SHARES = (0.25, 0.5)


def fixation_densities(
    fixations: np.ndarray,
    mask: np.ndarray,
    height: int,
    width: int,
    sigma: float,
    uniform_share: float = 0.0,
    binary: bool = False,
    dtype: type[np.floating] = np.float64,
) -> np.ndarray:
    """Computes the true density of each frame.

    Each fixation becomes a Gaussian around the centre of its pixel, cut off at
    four standard deviations, as by `scipy.ndimage.gaussian_filter` with mode
    "constant". The sum over fixations is one matrix product, `[H, N] @ [N, W]`.

    Args:
        fixations: float `[F, N, 2]`, (x, y) in [0, 1] of the whole frame.
        mask: bool `[F, N]`, False where `fixations` is padding.
        height: H, rows of the maps, in pixels.
        width: W, columns of the maps, in pixels.
        sigma: standard deviation of the Gaussian, in pixels, positive.
        uniform_share: p in [0, 1].
        binary: count a pixel once, however often it is fixated.
        dtype: float32 or float64, of the product and of the result.

    Returns:
        float `[F, H, W]`, (1 - p) blur + p/(HW). Each map sums to 1; a frame
        without fixations is zero everywhere.

    Raises:
        ValueError: a fixation lies outside [0, 1], the shapes do not fit, or
            `sigma` or `uniform_share` is out of range.
    """
    check_blur(sigma, uniform_share)
    frames, pixels = fixated_pixels(fixations, mask, height, width)
    if binary:
        index = np.unique(frames * (height * width) + pixels)
        frames, pixels = np.divmod(index, height * width)
    in_y = gaussian_lines(pixels // width, height, sigma)  # [n, H]
    in_x = gaussian_lines(pixels % width, width, sigma)  # [n, W]
    # The sum over the pixels of each product, by frame.
    weights = in_y.sum(1) * in_x.sum(1)
    totals = np.bincount(frames, weights, minlength=len(mask))
    in_x = in_x * ((1 - uniform_share) / totals[frames])[:, np.newaxis]
    in_y, in_x = in_y.astype(dtype), in_x.astype(dtype)
    ends = np.searchsorted(frames, np.arange(len(mask) + 1))
    densities = np.zeros([len(mask), height, width], dtype)
    for density, begin, end in zip(densities, ends, ends[1:], strict=False):
        if begin < end:
            np.matmul(in_y[begin:end].T, in_x[begin:end], out=density)
            if uniform_share:
                density += uniform_share / density.size
    return densities


def check_blur(sigma: float, uniform_share: float) -> None:
    """Makes sure that fixations can be blurred.

    Raises:
        ValueError: `sigma` is not positive, or `uniform_share` is not in
            [0, 1].
    """
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


def gaussian_lines(centres: np.ndarray, size: int, sigma: float) -> np.ndarray:
    """Evaluates Gaussians at the pixels of a line.

    Args:
        centres: int `[n]`, the pixels at which Gaussians are 1.
        size: number of pixels of the line.
        sigma: standard deviation, in pixels, positive.

    Returns:
        float64 `[n, size]`, 0 beyond four standard deviations.
    """
    distance = np.abs(np.arange(1 - size, size))
    line = np.exp(-0.5 * np.square(distance / sigma))
    line[distance > blur_radius(sigma)] = 0
    windows = np.lib.stride_tricks.sliding_window_view(line, size)
    return windows[size - 1 - centres]


def blur_radius(sigma: float) -> int:
    """Returns how far a Gaussian reaches, in pixels, as in SciPy."""
    return int(4 * sigma + 0.5)
