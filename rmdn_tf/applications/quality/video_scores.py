"""The scores of a video, frame by frame and pooled."""

import dataclasses

import numpy as np

from rmdn_tf.metrics.picture_quality import psnr

METRICS = ("psnr", "weighted_psnr", "ssim", "weighted_ssim")

# The PSNR of equal frames is infinite. As in libvmaf, no frame has more
# decibels than this: 60 for 8 bits, 72 for 10.
_DECIBELS_A_BIT, _MORE_DECIBELS = 6, 12

# The percentile of the poor frames.
POOR = 5


@dataclasses.dataclass(frozen=True)
class VideoScores:
    """How far a video is from its reference.

    Attributes:
        name: name of the video.
        times: when each frame of the reference is shown, float64 `[n]`, in
            seconds.
        scores: float64 `[n, 4]`, the `FrameScores` of each frame; NaN where the
            video has no frame at that time.
        bits: bits of a level of the reference's luma.
        num_unused: frames of the video at other times than those of the
            reference.
    """

    name: str
    times: np.ndarray
    scores: np.ndarray
    bits: int = 8
    num_unused: int = 0

    @property
    def is_matched(self) -> np.ndarray:
        """Whether the video has each frame, bool `[n]`."""
        return np.isfinite(self.scores[:, 0])

    @property
    def most_decibels(self) -> float:
        """The PSNR of a frame without an error."""
        return _DECIBELS_A_BIT * self.bits + _MORE_DECIBELS

    def of_frames(self) -> dict[str, np.ndarray]:
        """Returns each of `METRICS` for every frame.

        Returns:
            float64 `[n]` each; NaN where the video has no frame. PSNR is in
            decibels, at most `most_decibels`.
        """
        mse, weighted_mse, ssim, weighted_ssim = self.scores.T
        decibels = map(self._decibels, (mse, weighted_mse))
        return dict(zip(METRICS, (*decibels, ssim, weighted_ssim), strict=True))

    def pooled(self) -> dict[str, dict[str, float]]:
        """Sums up the frames that the video has.

        Returns:
            A dict by each of `METRICS`, of `mean`, `harmonic_mean` as libvmaf
            has it, `min`, and `p5`, which 5 % of the frames are below. For PSNR
            also `of_mean_mse`, the PSNR of the mean square error of all frames,
            as FFmpeg's `average`.
        """
        known = self.is_matched
        values = {name: of[known] for name, of in self.of_frames().items()}
        found = {name: _pooled(of) for name, of in values.items()}
        errors = self.scores[known].mean(0)
        for name, error in zip(METRICS, errors[:2], strict=False):
            found[name]["of_mean_mse"] = float(self._decibels(error))
        return found

    def _decibels(self, mse: np.ndarray) -> np.ndarray:
        return np.minimum(psnr(mse, 2**self.bits - 1), self.most_decibels)


def _pooled(values: np.ndarray) -> dict[str, float]:
    # Adding 1 keeps libvmaf's mean finite for a frame of 0.
    harmonic = 1 / np.mean(1 / (values + 1)) - 1
    return {
        "mean": float(values.mean()),
        "harmonic_mean": float(harmonic),
        "min": float(values.min()),
        f"p{POOR}": float(np.percentile(values, POOR)),
    }
