"""Frames to fit to, and frames to test on: other videos, or other times."""

from typing import NamedTuple

import numpy as np

from rmdn_tf.calibration.sample import Sample

NUM_FOLDS = 5

# Frames of the same video nearer than this to a tested frame are not fitted to;
# less if a block is shorter than twice as much.
GAP_SECONDS = 2.0


class Fold(NamedTuple):
    """Frames to test on, and those to fit to.

    Attributes:
        held_out: bool `[F]`.
        training: bool `[F]`.
    """

    held_out: np.ndarray
    training: np.ndarray


def deal(sample: Sample, frames: np.ndarray) -> list[Fold]:
    """Deals some frames of a sample to folds.

    The frames of a video stand in one fold. If there is only one video, its
    folds are contiguous blocks of time, with a gap around the held-out one.

    Args:
        sample: the frames.
        frames: bool `[F]`, the frames to deal.

    Returns:
        2 to `NUM_FOLDS` folds; each of `frames` is held out in one of them.

    Raises:
        ValueError: there are frames of one time only.
    """
    units = units_of(sample, frames)
    unit_numbers = np.unique(units[frames])
    folds = []
    for number in range(min(NUM_FOLDS, len(unit_numbers))):
        own = unit_numbers[number::NUM_FOLDS]
        held_out = frames & np.isin(units, own)
        training = frames & ~held_out
        if is_one_video(sample, frames):
            training &= ~_near(sample, frames, held_out)
        folds.append(Fold(held_out, training))
    if not all(fold.training.any() for fold in folds) or len(folds) < 2:
        raise ValueError(
            "Invalid frames. Expected fixations on frames of several videos, "
            "or at several times of one video, to fit to some and test on "
            f"others. Received: {frames.sum()} frames of {len(folds)} times."
        )
    return folds


def is_one_video(sample: Sample, frames: np.ndarray) -> bool:
    """Tells whether some frames, bool `[F]`, are those of one video."""
    return len(np.unique(sample.videos[frames])) == 1


def units_of(sample: Sample, frames: np.ndarray) -> np.ndarray:
    """Numbers the videos of frames, or the blocks of time of one video.

    Args:
        sample: the frames.
        frames: bool `[F]`, the frames that count.

    Returns:
        int `[F]`, of each frame; meaningless for frames that do not count.
    """
    if not is_one_video(sample, frames):
        return np.unique(sample.videos, return_inverse=True)[1]
    edges = _edges(sample, frames)
    return np.searchsorted(edges[1:-1], sample.seconds, "right")


def gap_of(sample: Sample, frames: np.ndarray) -> float:
    """Returns the gap between blocks of one video, in seconds."""
    edges = _edges(sample, frames)
    return min(GAP_SECONDS, (edges[1] - edges[0]) / 2)


def _edges(sample: Sample, frames: np.ndarray) -> np.ndarray:
    seconds = sample.seconds[frames]
    return np.linspace(seconds.min(), seconds.max(), NUM_FOLDS + 1)


def _near(
    sample: Sample, frames: np.ndarray, held_out: np.ndarray
) -> np.ndarray:
    tested = sample.seconds[held_out]
    gap = gap_of(sample, frames)
    away = np.abs(sample.seconds[:, None] - tested).min(-1)
    return away < gap
