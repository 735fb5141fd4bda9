"""Fits the numbers of `rmdn_tf.model.calibration.Calibration` by likelihood."""

import dataclasses

import numpy as np
import scipy.optimize
import scipy.special
from threadpoolctl import threadpool_limits

from rmdn_tf.calibration.folds import Fold, deal, is_one_video
from rmdn_tf.calibration.mass import Masses, masses
from rmdn_tf.calibration.sample import Sample
from rmdn_tf.evaluation import centre_bias
from rmdn_tf.model.columns import columns_of

# Bounds of sharpness and spread.
LEAST, MOST = 0.1, 10.0

# Bounds of the share of the centre.
SHARES = (1e-4, 0.95)

# Fixations whose densities are computed at once: 6 MB with 784 components.
_AT_ONCE = 2048


@dataclasses.dataclass(frozen=True)
class Numbers:
    """What calibration changes; see `rmdn_tf.model.calibration.Calibration`.

    Attributes:
        sharpness: power of the components' weights, above 0; 1 changes nothing.
        spread: factor on the components' scales, above 0; 1 changes nothing.
        share: weight of the centre, in [0, 1).
        centre: float32 `[n, 6]`, parameters of `rmdn_tf.model.mixture`.
    """

    sharpness: float
    spread: float
    share: float
    centre: np.ndarray


class Densities:
    """Log-densities at the fixations of a sample, under any numbers.

    `own` and `calibrated` are densities on the whole plane; `inside` and
    `calibrated_inside` are their integrals over the frame. As in an evaluation,
    divide by the integral for a density that integrates to 1 over the frame.

    The squared distances from all components are computed once: float32 `[n,
    C]`, 20 MB for 6,500 fixations and 784 components.

    Args:
        sample: the fixations and mixtures.
    """

    def __init__(self, sample: Sample):
        self.sample = sample
        logit, x, y, log_x, log_y, r = columns_of(sample.parameters)
        self._logits = scipy.special.log_softmax(logit, -1)  # [F, C]
        both = np.logaddexp(0, 2 * r) + np.logaddexp(0, -2 * r)
        self._peaks = -np.log(4 * np.pi) - log_x - log_y + both / 2
        self._distances = np.empty(
            (len(sample.points), logit.shape[1]), np.float32
        )
        for some in _blocks(np.arange(len(sample.points))):
            f = sample.frame[some]
            u = (sample.points[some, :1] - x[f]) * np.exp(-log_x[f])
            v = (sample.points[some, 1:] - y[f]) * np.exp(-log_y[f])
            self._distances[some] = (
                (u - v) ** 2 * (1 + np.exp(2 * r[f]))
                + (u + v) ** 2 * (1 + np.exp(-2 * r[f]))
            ) / 4
        self._masses = Masses(sample.parameters)

    def own(
        self, index: np.ndarray, sharpness: float = 1.0, spread: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Computes the densities of the model alone.

        Args:
            index: int `[m]`, of fixations.
            sharpness: see `Numbers`.
            spread: see `Numbers`.

        Returns:
            float64 `[m]`, log-densities in nats; and `[2, m]`, their
            derivatives by log(sharpness) and log(spread).
        """
        logits = np.float32(sharpness) * self._logits
        norm = scipy.special.logsumexp(logits, -1, keepdims=True)
        mean_logit = (np.exp(logits - norm) * self._logits).sum(-1)  # [F]
        bases = logits - norm + self._peaks - np.float32(2 * np.log(spread))
        values = np.empty(len(index))
        slopes = np.empty((2, len(index)))
        for place in _blocks(np.arange(len(index))):
            some = index[place]
            frame = self.sample.frame[some]
            distances = self._distances[some] / np.float32(spread**2)
            terms = bases[frame] - distances / 2
            largest = terms.max(-1, keepdims=True)
            terms = np.exp(terms - largest)
            total = terms.sum(-1)
            values[place] = largest[:, 0] + np.log(total)
            at = np.einsum("ij,ij->i", terms, self._logits[frame]) / total
            slopes[0, place] = sharpness * (at - mean_logit[frame])
            slopes[1, place] = (
                np.einsum("ij,ij->i", terms, distances) / total - 2
            )
        return values, slopes

    def inside(
        self, sharpness: float = 1.0, spread: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Integrates the densities of the model alone over the frame.

        Args:
            sharpness: see `Numbers`.
            spread: see `Numbers`.

        Returns:
            float64 `[F]`, in (0, 1]; and `[2, F]`, their derivatives by
            log(sharpness) and log(spread).
        """
        weights = scipy.special.softmax(sharpness * self._logits, -1)
        of_component, slope = self._masses.at(spread)
        total = (weights * of_component).sum(-1)
        centred = of_component - total[:, None]
        by_sharpness = (weights * centred * self._logits).sum(-1)
        by_spread = (weights * slope).sum(-1)
        return total, np.stack([sharpness * by_sharpness, by_spread])

    def calibrated(self, index: np.ndarray, numbers: Numbers) -> np.ndarray:
        """Computes the densities under some numbers.

        Args:
            index: int `[m]`, of fixations.
            numbers: the numbers.

        Returns:
            float64 `[m]`, log-densities in nats.
        """
        own, _ = self.own(index, numbers.sharpness, numbers.spread)
        centre = static_log_density(numbers.centre, self.sample.points[index])
        with np.errstate(divide="ignore"):  # A share of 0.
            return np.logaddexp(
                np.log1p(-numbers.share) + own, np.log(numbers.share) + centre
            )

    def calibrated_inside(self, numbers: Numbers) -> np.ndarray:
        """Integrates the densities under some numbers over the frame.

        Args:
            numbers: the numbers.

        Returns:
            float64 `[F]`, in (0, 1].
        """
        own, _ = self.inside(numbers.sharpness, numbers.spread)
        centre = static_mass(numbers.centre)
        return (1 - numbers.share) * own + numbers.share * centre


# One thread: for arrays this small, several wait for each other.
@threadpool_limits.wrap(limits=1)
def fit(densities: Densities, frames: np.ndarray) -> Numbers:
    """Fits the numbers to some frames, each frame with the same weight.

    The centre is fitted to the fixations on all these frames. The share is
    fitted with other centres: on each video, one that was fitted to other
    videos. In a single video, the centre bias cannot be told from the place of
    its subject: there, the centre is one wide Gaussian at the middle of the
    frame.

    Args:
        densities: of a sample.
        frames: bool `[F]`, the frames to fit to.

    Returns:
        The numbers.
    """
    sample = densities.sample
    index = np.flatnonzero(frames[sample.frame])
    centre_logs, centre_masses = _centres(sample, frames)
    centre_logs, centre_masses = centre_logs[index], centre_masses[frames]
    weights = sample.weights[index] / frames.sum()

    def loss(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        sharpness, spread = np.exp(numbers[:2])
        share = scipy.special.expit(numbers[2])
        own, slopes = densities.own(index, sharpness, spread)
        total = np.logaddexp(
            np.log1p(-share) + own, np.log(share) + centre_logs
        )
        of_centre = np.exp(np.log(share) + centre_logs - total)
        slope = [*((1 - of_centre) * slopes), of_centre - share]
        inside, inside_slopes = densities.inside(sharpness, spread)
        mass = (1 - share) * inside[frames] + share * centre_masses
        mass_slope = [
            *((1 - share) * inside_slopes[:, frames]),
            share * (1 - share) * (centre_masses - inside[frames]),
        ]
        return (
            np.log(mass).mean() - weights @ total,
            (mass_slope / mass).mean(-1) - np.array(slope) @ weights,
        )

    limits = np.log([LEAST, MOST])
    shares = scipy.special.logit(SHARES)
    found = scipy.optimize.minimize(
        loss,
        [0.0, 0.0, scipy.special.logit(0.1)],
        jac=True,
        method="L-BFGS-B",
        bounds=[limits, limits, shares],
        options={"ftol": 1e-8, "gtol": 1e-5},
    ).x
    sharpness, spread = np.exp(found[:2])
    share = scipy.special.expit(found[2])
    centre = _centre_of(sample, frames)
    return Numbers(float(sharpness), float(spread), float(share), centre)


def frame_bits(
    densities: Densities, numbers: Numbers | None = None
) -> np.ndarray:
    """Computes the bits of each frame of a sample.

    Args:
        densities: of the sample.
        numbers: the numbers; None for the model as it is.

    Returns:
        float64 `[F]`, means over the fixations of the frame. The density is
        that inside the frame, whose integral is 1, as in an evaluation.
    """
    index = np.arange(len(densities.sample.points))
    if numbers is None:
        (logs, _), (inside, _) = densities.own(index), densities.inside()
    else:
        logs = densities.calibrated(index, numbers)
        inside = densities.calibrated_inside(numbers)
    return (densities.sample.frame_means(logs) - np.log(inside)) / np.log(2)


def static_log_density(mixture: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Evaluates one mixture `[n, 6]` at points `[m, 2]`; float64 `[m]`."""
    count = len(points)
    sample = Sample(
        mixture[None],
        np.array(["centre"]),
        np.zeros(1, int),
        np.zeros(1),
        points,
        np.zeros(count, int),
    )
    return Densities(sample).own(np.arange(count))[0]


def static_mass(mixture: np.ndarray) -> float:
    """Integrates one mixture `[n, 6]` over the frame."""
    weights = scipy.special.softmax(mixture[:, 0].astype(float))
    return float(weights @ masses(mixture))


def _centre_of(sample: Sample, frames: np.ndarray) -> np.ndarray:
    """Returns the centre bias of some frames, bool `[F]`; float32 `[n, 6]`."""
    if is_one_video(sample, frames):
        return centre_bias.centre()
    points = sample.points[frames[sample.frame]]
    return centre_bias.trained_centre(points)


def _centres(
    sample: Sample, frames: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Evaluates centres at the fixations that they were not fitted to.

    Returns:
        Log-densities `[n]`, and the masses inside the frame `[F]`; NaN where
        the frame is not one of `frames`.
    """
    logs = np.full(len(sample.points), np.nan)
    inside = np.full(sample.num_frames, np.nan)
    if is_one_video(sample, frames):
        folds = [Fold(frames, frames)]
    else:
        folds = deal(sample, frames)
    for fold in folds:
        unseen = fold.held_out[sample.frame]
        centre = _centre_of(sample, fold.training)
        logs[unseen] = static_log_density(centre, sample.points[unseen])
        inside[fold.held_out] = static_mass(centre)
    return logs, inside


def _blocks(index: np.ndarray) -> list[np.ndarray]:
    return np.array_split(index, max(1, -(-len(index) // _AT_ONCE)))
