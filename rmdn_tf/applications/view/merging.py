"""Joins the components of a mixture that lie close together.

A network with a component in each cell of a grid has hundreds that overlap. Two
components become one of the same weight, mean and covariance if this hardly
changes the mixture (Runnalls, "Kullback-Leibler Approach to Gaussian
Mixture Reduction", 2007).
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from rmdn_tf.model.moments import Moments

# Most that joining two components may cost: an upper bound of the
# Kullback-Leibler divergence in nats. Maps then differ by less than 1 % (total
# variation), and the default model keeps 90 to 180 of its 784 components.
_MOST_COST = 7e-4

# Nearest components that each one may join, and largest number of rounds.
_NUM_NEIGHBOURS, _NUM_ROUNDS = 4, 12


class _Mixture(NamedTuple):
    """Weights `[C]`, means `[C, 2]`, covariances xx, xy, yy `[C, 3]`."""

    weight: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray

    @property
    def log_size(self) -> np.ndarray:
        """Half of the logarithm of the determinants of the covariances."""
        xx, xy, yy = self.covariance.T
        return 0.5 * np.log(xx * yy - xy**2)


def merged(moments: Moments) -> Moments:
    """Joins components that lie close together.

    Args:
        moments: components, float64 `[C]` each.

    Returns:
        Fewer components, with the same mean and covariance of the whole.
    """
    mixture = _from_moments(moments)
    for _ in range(_NUM_ROUNDS):
        fewer = _join_once(mixture)
        if fewer is mixture:
            break
        mixture = fewer
    return _to_moments(mixture)


def _join_once(mixture: _Mixture) -> _Mixture:
    """Joins each component with one other at most, the cheapest pairs first."""
    number = len(mixture.weight)
    if number < 2:
        return mixture
    first, second = _near_pairs(mixture.mean)
    joined = _joined(mixture, first, second)
    size = mixture.weight * mixture.log_size
    cost = joined.weight * joined.log_size - size[first] - size[second]
    order = np.argsort(cost, kind="stable")
    order = order[cost[order] < _MOST_COST]
    free = np.ones(number, bool)
    chosen = []
    for pair in order.tolist():
        one, other = first[pair], second[pair]
        if free[one] and free[other]:
            free[one] = free[other] = False
            chosen.append(pair)
    if not chosen:
        return mixture
    return _Mixture(
        *(
            np.concatenate([kept[free], new[chosen]])
            for kept, new in zip(mixture, joined, strict=True)
        )
    )


def _near_pairs(mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the numbers of components and of their nearest ones."""
    number = min(_NUM_NEIGHBOURS + 1, len(mean))
    _, nearest = cKDTree(mean).query(mean, k=number)
    # The nearest one is the component itself, or one at the same place.
    first = np.repeat(np.arange(len(mean)), number)
    second = nearest.ravel()
    others = first != second
    return first[others], second[others]


def _joined(
    mixture: _Mixture, first: np.ndarray, second: np.ndarray
) -> _Mixture:
    """Returns the component that each pair would become."""
    weight = mixture.weight[first] + mixture.weight[second]
    share = (mixture.weight[first] / weight)[:, None]
    between = mixture.mean[first] - mixture.mean[second]
    x, y = between.T
    spread = np.stack([x * x, x * y, y * y], -1)
    mean = mixture.mean[second] + share * between
    covariance = (
        share * mixture.covariance[first]
        + (1 - share) * mixture.covariance[second]
        + share * (1 - share) * spread
    )
    return _Mixture(weight, mean, covariance)


def _from_moments(moments: Moments) -> _Mixture:
    counts = moments.weight > 0
    weight, x, y, scale_x, scale_y, correlation = (
        np.asarray(one, np.float64)[counts] for one in moments
    )
    covariance = np.stack(
        [scale_x**2, correlation * scale_x * scale_y, scale_y**2], -1
    )
    return _Mixture(weight, np.stack([x, y], -1), covariance)


def _to_moments(mixture: _Mixture) -> Moments:
    xx, xy, yy = mixture.covariance.T
    scale_x, scale_y = np.sqrt(xx), np.sqrt(yy)
    x, y = mixture.mean.T
    return Moments(
        mixture.weight, x, y, scale_x, scale_y, xy / (scale_x * scale_y)
    )
