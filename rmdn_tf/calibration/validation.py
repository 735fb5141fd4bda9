"""What fitted numbers gain on frames that they were not fitted to."""

import dataclasses

import numpy as np

from rmdn_tf.calibration.fitting import Densities, Numbers, fit
from rmdn_tf.calibration.folds import deal, gap_of, is_one_video, units_of
from rmdn_tf.metrics.intervals import Difference, paired_difference


@dataclasses.dataclass(frozen=True)
class Gain:
    """Bits per fixation above the uniform density, means over frames.

    Attributes:
        before: of the model as it is.
        fitted: of the numbers, on the frames that they were fitted to.
        validated: of the numbers, each fold tested by those of the others.
        difference: `validated` minus `before`, with its interval over videos,
            or over blocks of time of one video.
        num_units: number of these videos or blocks.
        gap_seconds: between blocks of one video; None with several videos.
    """

    before: float
    fitted: float
    validated: float
    difference: Difference
    num_units: int
    gap_seconds: float | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the difference is above 0."""
        return bool(self.difference.low > 0)


def frame_bits(
    densities: Densities, numbers: Numbers | None = None
) -> np.ndarray:
    """Computes the bits of each frame of a sample.

    Args:
        densities: of the sample.
        numbers: the numbers; None for the model as it is.

    Returns:
        float64 `[F]`, means over the fixations of the frame.
    """
    index = np.arange(len(densities.sample.points))
    logs = (
        densities.own(index)[0]
        if numbers is None
        else densities.calibrated(index, numbers)
    )
    return densities.sample.frame_means(logs) / np.log(2)


def cross_validate(densities: Densities, numbers: Numbers) -> Gain:
    """Computes what the numbers gain on videos that they were not fitted to.

    Args:
        densities: of a sample.
        numbers: fitted to all of its frames.

    Returns:
        The gain.

    Raises:
        ValueError: the sample has frames of one time only.
    """
    sample = densities.sample
    every = np.ones(sample.num_frames, bool)
    before = frame_bits(densities)
    validated = np.empty(sample.num_frames)
    for fold in deal(sample, every):
        bits = frame_bits(densities, fit(densities, fold.training))
        validated[fold.held_out] = bits[fold.held_out]
    units = units_of(sample, every)
    return Gain(
        before.mean(),
        frame_bits(densities, numbers).mean(),
        validated.mean(),
        paired_bits(validated, before, units),
        len(np.unique(units)),
        gap_of(sample, every) if is_one_video(sample, every) else None,
    )


def paired_bits(
    bits: np.ndarray, other: np.ndarray, units: np.ndarray
) -> Difference:
    """Compares the bits of frames.

    Args:
        bits: float `[F]`.
        other: float `[F]`, of the same frames.
        units: int `[F]`, number of each frame's video.

    Returns:
        The difference of the means, with its interval over videos.
    """
    sums, others = (np.bincount(units, values) for values in (bits, other))
    return paired_difference(sums, others, np.bincount(units))
