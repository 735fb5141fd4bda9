"""What fitted numbers gain on frames that they were not fitted to."""

import dataclasses

import numpy as np
from tqdm import tqdm

from rmdn_tf.calibration.finetuning import Tuner
from rmdn_tf.calibration.fitting import Densities, Numbers, fit, frame_bits
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
        tuned: of tuned heads, each fold tested by the one that learned from the
            others; None if no head was tuned.
        tuning: `tuned` minus `validated`, with its interval.
    """

    before: float
    fitted: float
    validated: float
    difference: Difference
    num_units: int
    gap_seconds: float | None
    tuned: float | None = None
    tuning: Difference | None = None

    @property
    def is_clear(self) -> bool:
        """Whether the numbers gain more than chance."""
        return _is_clear(self.difference)

    @property
    def prefers_tuned(self) -> bool:
        """Whether a tuned head gains more than chance beyond the numbers."""
        return self.tuning is not None and _is_clear(self.tuning)


def _is_clear(difference: Difference) -> bool:
    return bool(difference.low > 0)


def cross_validate(
    densities: Densities, numbers: Numbers, tuner: Tuner | None = None
) -> Gain:
    """Computes what the numbers gain on videos that they were not fitted to.

    Args:
        densities: of a sample.
        numbers: fitted to all of its frames.
        tuner: tunes heads on the sample; None tunes none.

    Returns:
        The gain.

    Raises:
        ValueError: the sample has frames of one time only.
    """
    sample = densities.sample
    every = np.ones(sample.num_frames, bool)
    before = frame_bits(densities)
    validated, tuned = np.empty((2, sample.num_frames))
    folds = tqdm(
        deal(sample, every), "tests", leave=False, disable=not tuner or None
    )
    for held_out, training in folds:
        fitted = fit(densities, training)
        validated[held_out] = frame_bits(densities, fitted)[held_out]
        if tuner:
            head = tuner.train(fitted, training)
            tuned[held_out] = tuner.bits(head, held_out)
    units = units_of(sample, every)
    return Gain(
        before.mean(),
        frame_bits(densities, numbers).mean(),
        validated.mean(),
        paired_bits(validated, before, units),
        len(np.unique(units)),
        gap_of(sample, every) if is_one_video(sample, every) else None,
        tuned.mean() if tuner else None,
        paired_bits(tuned, validated, units) if tuner else None,
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
