"""Fits and checks the intervals of shares, and the rate of looks."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import betaln

from experiments.applications.area_shares import MODEL, Shares, windows
from rmdn_tf.applications.areas.measuring import Looks
from rmdn_tf.applications.areas.share_errors import CONFIDENCE

# Frames a second of the gaze.
RATE = 10

# Frames over which shares are averaged; the first is a single frame.
LENGTHS = (1, 10, 20, 50)

# A predicted share is at least this, and at most 1 minus it.
_LEAST = 1e-4


@dataclasses.dataclass(frozen=True)
class Sample:
    """Mean shares of areas over stretches of so many frames.

    Attributes:
        length: frames of a stretch.
        clip: name of its clip, `[n]`.
        kind: of its area, `[n]`.
        predicted: share of the model, `[n]`.
        real: share of the observers, `[n]`.
        number: how many independent looks are as noisy as `real`, `[n]`.
        weight: sums to 1; clips weigh alike, `[n]`.
    """

    length: int
    clip: np.ndarray
    kind: np.ndarray
    predicted: np.ndarray
    real: np.ndarray
    number: np.ndarray
    weight: np.ndarray

    def of(self, chosen: np.ndarray) -> "Sample":
        """Returns some of the stretches, `chosen` is bool `[n]`."""
        fields = {
            field.name: getattr(self, field.name)[chosen]
            for field in dataclasses.fields(self)
            if field.name != "length"
        }
        fields["weight"] /= fields["weight"].sum()
        return Sample(self.length, **fields)


def sample(areas: Sequence[Shares], length: int) -> Sample:
    """Cuts areas into stretches of a length."""
    rows = []
    for one in areas:
        for frames in windows(one, length):
            known = one.known[frames].sum(0)
            means = one.sees[frames].sum(0)[known > 0] / known[known > 0]
            if len(means) > 1:
                noise = means.var(ddof=1) / len(means)
                share = one.predicted[MODEL][frames].mean()
                rows.append(
                    (one.clip, one.kind, share, means.mean(), noise, len(means))
                )
    return make_sample(rows, length)


def make_sample(rows: Sequence[tuple], length: int) -> Sample:
    """Makes a sample of stretches.

    Args:
        rows: clip, kind, predicted and real share, the square of the noise of
            the real share, and the number of observers.
        length: frames of a stretch.
    """
    clip, kind, *numbers = map(np.array, zip(*rows, strict=True))
    predicted, real, noise, observers = numbers
    with np.errstate(all="ignore"):
        looks = real * (1 - real) / noise / observers
    # A look lasts some frames: on longer stretches an observer takes several.
    looks_each = 1.0 if length == 1 else max(1.0, float(np.nanmedian(looks)))
    _, group, sizes = np.unique(clip, return_inverse=True, return_counts=True)
    weight = 1 / sizes[group] / len(sizes)
    return Sample(
        length, clip, kind, predicted, real, looks_each * observers, weight
    )


def fit_scatter(one: Sample) -> float:
    """Returns the scatter of `ShareErrors` whose intervals hold 90 %."""
    low, high = np.log(0.005), np.log(0.7)
    for _ in range(12):
        middle = (low + high) / 2
        if one.weight @ inside(one, float(np.exp(middle))) < CONFIDENCE:
            low = middle
        else:
            high = middle
    return float(np.exp(high))


def inside(one: Sample, scatter: float) -> np.ndarray:
    """Tells which real shares lie in their intervals, bool `[n]`."""
    outside = (1 - CONFIDENCE) / 2
    rank = ranks(one, scatter)
    return (outside < rank) & (rank < 1 - outside)


def ranks(one: Sample, scatter: float) -> np.ndarray:
    """Returns where real shares lie in what is expected of them, 0 to 1.

    They are uniform if the intervals are right. The observers are expected to
    look at the area in a beta-binomial number of their looks.
    """
    mean = np.clip(one.predicted, _LEAST, 1 - _LEAST)[:, None]
    a, b = mean * (1 / scatter - 1), (1 - mean) * (1 / scatter - 1)
    number = np.rint(one.number).astype(int)
    seen = np.rint(one.real * number).astype(int)
    k = np.arange(number.max() + 1)
    rest = np.maximum(number[:, None] - k, 0)
    logs = betaln(k + a, rest + b) - betaln(a, b) - betaln(k + 1, rest + 1)
    mass = np.exp(logs - np.log(number[:, None] + 1))
    below = np.where(k < seen[:, None], mass, 0).sum(1)
    at = mass[np.arange(len(mass)), seen]
    return below + np.random.default_rng(0).uniform(size=len(at)) * at


def held_out(
    clips: Iterable[str], fit: Callable[[set[str]], float]
) -> dict[str, float]:
    """Fits a number for each clip, on all other clips."""
    names = set(clips)
    return {name: fit(names - {name}) for name in sorted(names)}


def covered(one: Sample, scatters: Mapping[str, float]) -> np.ndarray:
    """Tells which real shares lie in their intervals, bool `[n]`.

    Args:
        one: the shares.
        scatters: that of each clip, fitted without it.
    """
    found = np.zeros(len(one.clip), bool)
    for clip, scatter in scatters.items():
        mine = one.clip == clip
        if mine.any():
            found[mine] = inside(one.of(mine), scatter)
    return found


class FirstLooks(NamedTuple):
    """Who has looked at an area, on the frames from its first to its last.

    Attributes:
        clip: name of its clip.
        at_once: expected looks because the area appears, `[t]`.
        over_time: expected fresh looks at a rate of one a second, `[t]`.
        real: share of observers who have looked, `[t]`.
    """

    clip: str
    at_once: np.ndarray
    over_time: np.ndarray
    real: np.ndarray

    def looked(self, rate: float) -> np.ndarray:
        """Returns who has looked if fresh looks come at a rate, `[t]`."""
        return 1 - np.exp(-self.at_once - rate * self.over_time)


def first_looks(one: Shares, predictor: str = MODEL) -> FirstLooks:
    """Predicts who has looked at an area."""
    first, *_, last = np.flatnonzero(one.there)
    frames = slice(first, last + 1)
    shares = one.predicted[predictor][frames]
    at_once, both = _num_looks(shares, 0.0), _num_looks(shares, 1.0)
    real = np.maximum.accumulate(one.sees[frames], 0).mean(1)
    return FirstLooks(one.clip, at_once, both - at_once, real)


def _num_looks(shares: np.ndarray, rate: float) -> np.ndarray:
    looks, found = Looks(rate), []
    for share in shares:
        looks.add(None if np.isnan(share) else share, 1 / RATE)
        found.append(looks.number)
    return np.array(found)


def fit_rate(areas: Sequence[FirstLooks]) -> float:
    """Returns the rate of fresh looks that fits best, per second."""
    return float(
        minimize_scalar(
            lambda rate: looks_error(areas, rate),
            bounds=(0.2, 20),
            method="bounded",
            options={"xatol": 0.01},
        ).x
    )


def looks_error(areas: Sequence[FirstLooks], rate: float) -> float:
    """Returns the root mean square error of `looked`; clips weigh alike."""
    of_clips: dict[str, list[float]] = {}
    for one in areas:
        squared = float(np.mean((one.looked(rate) - one.real) ** 2))
        of_clips.setdefault(one.clip, []).append(squared)
    means = [np.mean(errors) for errors in of_clips.values()]
    return float(np.sqrt(np.mean(means)))
