"""The scores of a frame, and the weights that attention gives its pixels."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from rmdn_tf.applications.quality.luma import Luma
from rmdn_tf.metrics.picture_quality import mean_ssim, ssim_map, weighted_mse
from rmdn_tf.prediction.density import Density
from rmdn_tf.video.decoding import size_within

# Longest side of a density's map, which is smooth and enlarged to the frame.
MAP_SIDE = 128


class FrameScores(NamedTuple):
    """How far a frame is from its reference.

    Attributes:
        mse: mean square error of the luma, in levels of the reference.
        weighted_mse: the same, weighted by attention.
        ssim: structural similarity of the luma.
        weighted_ssim: the same, weighted by attention.
    """

    mse: float
    weighted_mse: float
    ssim: float
    weighted_ssim: float


# Of a frame that the video does not have.
MISSING = FrameScores(*[np.nan] * 4)


def attention_weights(density: Density, size: tuple[int, int]) -> np.ndarray:
    """Evaluates a density for each pixel of a frame.

    Args:
        density: where people look.
        size: (height, width) of the frame.

    Returns:
        float32 `[height, width]`, 0 or more, sum 1.
    """
    grid = density.saliency_map(*size_within(MAP_SIDE, size))
    if grid.shape != size:
        enlarged = Image.fromarray(grid).resize(
            size[::-1], Image.Resampling.BILINEAR
        )
        grid = np.asarray(enlarged)
    return grid / grid.sum()


def score_frame(
    reference: Luma, distorted: np.ndarray, weights: np.ndarray
) -> FrameScores:
    """Compares a frame with its reference.

    Args:
        reference: luma of the reference.
        distorted: luma on the scale of the reference, `[H, W]`.
        weights: `[H, W]`, of `attention_weights`.

    Returns:
        The scores.

    Raises:
        ValueError: the frames are too small for SSIM.
    """
    similarity = ssim_map(reference.levels, distorted, reference.peak)
    return FrameScores(
        float(weighted_mse(reference.levels, distorted)),
        float(weighted_mse(reference.levels, distorted, weights)),
        float(mean_ssim(similarity)),
        float(mean_ssim(similarity, weights)),
    )
