"""Quality of a distorted picture against its reference, weighted by attention.

Pictures are one plane of pixels, such as luma, `[..., H, W]`, as integers or
floats. `weights` are `[..., H, W]`, the density of gaze: 0 or more, and they
are divided by their sum in each picture. None weighs all pixels alike: then the
results are the plain PSNR and SSIM.

References:
    [1] Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli: Image quality assessment:
        from error visibility to structural similarity. IEEE Transactions on
        Image Processing 13(4), 2004.
    [2] Z. Li, S. Qin, L. Itti: Visual attention guided bit allocation in video
        compression. Image and Vision Computing 29(1), 2011: the PSNR weighted
        by eye tracking (EWPSNR).
"""

import numpy as np

PIXELS = (-2, -1)

# Window and constants of SSIM [1].
SSIM_RADIUS, SSIM_SIGMA = 5, 1.5
SSIM_K1, SSIM_K2 = 0.01, 0.03

# Smallest height and width for SSIM.
SSIM_WINDOW = 2 * SSIM_RADIUS + 1


def weighted_mse(
    reference: np.ndarray,
    distorted: np.ndarray,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Computes the mean square error at the places where people look.

    With the density p as weights, it is the sum over all pixels x of
    p(x) (reference(x) - distorted(x))^2.

    Args:
        reference: `[..., H, W]`.
        distorted: `[..., H, W]`.
        weights: float `[..., H, W]`; None for equal weights.

    Returns:
        float64 `[...]`, 0 or more.

    Raises:
        ValueError: shapes differ, or weights are negative or zero everywhere.
    """
    reference, distorted = _pair(reference, distorted)
    return _mean(np.square(reference - distorted), weights)


def psnr(mse: np.ndarray | float, peak: float = 255.0) -> np.ndarray:
    """Turns mean square errors into the peak signal-to-noise ratio.

    Args:
        mse: float `[...]`, 0 or more.
        peak: largest value of a pixel.

    Returns:
        float64 `[...]`, 10 log10(peak^2 / mse) decibels, infinite where `mse`
        is 0.
    """
    with np.errstate(divide="ignore"):
        return 10 * np.log10(peak**2 / np.asarray(mse, np.float64))


def weighted_psnr(
    reference: np.ndarray,
    distorted: np.ndarray,
    weights: np.ndarray | None = None,
    peak: float = 255.0,
) -> np.ndarray:
    """Computes the PSNR at the places where people look, as EWPSNR [2].

    Args:
        reference: `[..., H, W]`.
        distorted: `[..., H, W]`.
        weights: float `[..., H, W]`; None for equal weights.
        peak: largest value of a pixel.

    Returns:
        float64 `[...]`, decibels; infinite where no weighted pixel differs.

    Raises:
        ValueError: shapes differ, or weights are negative or zero everywhere.
    """
    return psnr(weighted_mse(reference, distorted, weights), peak)


def ssim_map(
    reference: np.ndarray, distorted: np.ndarray, peak: float = 255.0
) -> np.ndarray:
    """Computes the structural similarity around each pixel [1].

    The window is a Gaussian of 11 x 11 pixels with a standard deviation of 1.5
    pixels. Only windows inside the picture count, as in [1].

    Args:
        reference: `[..., H, W]`, at least `SSIM_WINDOW` rows and columns.
        distorted: `[..., H, W]`.
        peak: largest value of a pixel.

    Returns:
        float32 `[..., H - 10, W - 10]`, in [-1, 1], right to 2e-4; 1 for equal
        pictures. The first value belongs to the pixel of row 5 and column 5.

    Raises:
        ValueError: shapes differ, or the picture is too small.
    """
    x, y = _pair(reference, distorted)
    if min(x.shape[-2:]) < SSIM_WINDOW:
        raise ValueError(
            f"Invalid picture. Expected at least {SSIM_WINDOW}x{SSIM_WINDOW} "
            f"pixels for SSIM. Received: {x.shape[-1]}x{x.shape[-2]}."
        )
    c1, c2 = (SSIM_K1 * peak) ** 2, (SSIM_K2 * peak) ** 2
    # Squares of small numbers lose few bits; results in place spare time.
    grey = peak / 2
    x, y = ((one - grey).astype(np.float32) for one in (x, y))
    mean_x, mean_y = _blur(x), _blur(y)
    squares = np.square(x)
    squares += np.square(y)
    variances = _blur(squares) - np.square(mean_x)
    variances -= np.square(mean_y)
    covariance = _blur(x * y)
    covariance -= mean_x * mean_y
    mean_x += grey
    mean_y += grey
    luminance = 2 * mean_x * mean_y + c1
    luminance /= np.square(mean_x) + np.square(mean_y) + c1
    return luminance * (2 * covariance + c2) / (variances + c2)


def weighted_ssim(
    reference: np.ndarray,
    distorted: np.ndarray,
    weights: np.ndarray | None = None,
    peak: float = 255.0,
) -> np.ndarray:
    """Computes the structural similarity at the places where people look.

    It is the mean of `ssim_map`, weighted by the density at the centre of each
    window.

    Args:
        reference: `[..., H, W]`, at least `SSIM_WINDOW` rows and columns.
        distorted: `[..., H, W]`.
        weights: float `[..., H, W]`; None for equal weights.
        peak: largest value of a pixel.

    Returns:
        float64 `[...]`, in [-1, 1].

    Raises:
        ValueError: shapes differ, the picture is too small, or weights are
            negative or zero everywhere inside.
    """
    similarity = ssim_map(reference, distorted, peak)
    return mean_ssim(similarity, weights)


def mean_ssim(
    similarity: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Averages a map of `ssim_map`.

    Args:
        similarity: float `[..., H - 10, W - 10]`.
        weights: float `[..., H, W]`; None for equal weights.

    Returns:
        float64 `[...]`, in [-1, 1].

    Raises:
        ValueError: shapes do not fit, or weights are negative or zero
            everywhere inside.
    """
    if weights is not None:
        inside = slice(SSIM_RADIUS, -SSIM_RADIUS)
        weights = np.asarray(weights)[..., inside, inside]
    return _mean(similarity, weights)


def _pair(
    reference: np.ndarray, distorted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    x, y = (np.asarray(one, np.float64) for one in (reference, distorted))
    if x.shape != y.shape or x.ndim < 2:
        raise ValueError(
            "Invalid pictures. Expected two of the same shape [..., H, W]. "
            f"Received: {x.shape} and {y.shape}."
        )
    return x, y


def _mean(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Averages `[..., H, W]` over the pixels."""
    if weights is None:
        return values.mean(PIXELS, np.float64)
    weights = np.asarray(weights)
    if weights.shape != values.shape:
        raise ValueError(
            "Invalid `weights`. Expected one for each pixel, "
            f"{values.shape}. Received: {weights.shape}."
        )
    total = weights.sum(PIXELS, np.float64)
    if not ((total > 0) & (weights.min(PIXELS) >= 0)).all():
        raise ValueError(
            "Invalid `weights`. Expected numbers of 0 or more with a positive "
            f"sum. Received: sum {total.min()}, least {weights.min()}."
        )
    return (values * weights).sum(PIXELS, np.float64) / total


def _blur(pixels: np.ndarray) -> np.ndarray:
    """Averages float32 over the window of SSIM, where it lies inside.

    Whole rows are added: several times as fast as `scipy.ndimage`.
    """
    offsets = np.arange(-SSIM_RADIUS, 1)
    window = np.exp(-0.5 * np.square(offsets / SSIM_SIGMA))
    window /= 2 * window.sum() - window[-1]
    window = window.astype(np.float32)
    for axis in PIXELS:
        length = pixels.shape[axis] - 2 * SSIM_RADIUS
        moved = np.moveaxis(pixels, axis, 0)
        total = window[-1] * moved[SSIM_RADIUS : SSIM_RADIUS + length]
        for before, weight in enumerate(window[:-1]):
            after = 2 * SSIM_RADIUS - before
            pair = (
                moved[before : before + length]
                + (moved[after : after + length])
            )
            pair *= weight
            total += pair
        pixels = np.moveaxis(total, 0, axis)
    return pixels
