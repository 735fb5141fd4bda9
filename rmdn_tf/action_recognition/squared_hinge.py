"""Squared-hinge linear SVMs of many classes, exactly and at once.

For each class, with signs y = +1 or -1 of the videos z (the rows of `points`),

    P(w) = |w|^2 / 2 + C sum_i max(0, 1 - y_i w.z_i)^2

is minimised by Newton's method. P is quadratic as long as the same videos lie
within the margin (they are "active"), so few steps reach the minimum (Keerthi
and DeCoste, "A Modified Finite Newton Method for Fast Solution of Large Scale
Linear SVMs", 2005). An exact search along each step makes P fall always.

P - |w|^2 / 2 is convex. So with the gradient g, P(w) is at most |g|^2 / 2 above
its minimum, and w at most |g| away from the best weights.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

# |g| <= GRADIENT |w| ends a fit: P is then within GRADIENT^2 of its minimum,
# and w within GRADIENT of the best weights, both relative.
GRADIENT = 1e-3

# Rounding may keep |g| above that, for numbers of extreme scale. This relative
# distance of P from its minimum still counts as converged.
TOLERANCE = 1e-6

MAX_STEPS = 100

# The longest columns, within which each step is solved directly.
NUM_LEADING = 128

# Conjugate gradients end at this share of the residual, or after so many steps.
# The share falls to a tenth after each step that is cut short: rough steps
# could go to and fro between two sets of active videos.
RESIDUAL = 0.1
SHORT = 0.5
MAX_INNER_STEPS = 500

# The search along a step ends at this share of the slope.
SLOPE = 1e-2
MAX_TRIALS = 40


class Minimum(NamedTuple):
    """Weights float64 `[R, A]` and, for each class, whether they converged."""

    weights: np.ndarray
    converged: np.ndarray


def minimise_all(
    points: np.ndarray, signs: np.ndarray, cs: Sequence[float]
) -> Iterator[Minimum]:
    """Minimises P for one C after the other; begins at the last minimum.

    Args:
        points: float64 `[V, R]`. The columns are orthogonal, the longest come
            first (another order takes more time).
        signs: float64 `[V, A]`, +1 for the videos of a class, -1 for others.
        cs: values of C, best in rising order.
    """
    weights = np.zeros([points.shape[1], signs.shape[1]])
    rough = _RoughPoints(points)
    for c in cs:
        minimum = _minimise(points, rough, signs, weights, c)
        yield minimum
        weights = minimum.weights


@dataclasses.dataclass(frozen=True)
class _Place:
    """Weights of some classes, and P around them.

    Attributes:
        signs, scores, short: `[V, A]`; `short` is max(0, 1 - y w.z).
        weights, gradient: `[R, A]`.
    """

    c: float
    signs: np.ndarray
    scores: np.ndarray
    short: np.ndarray
    weights: np.ndarray
    gradient: np.ndarray

    def is_exact(self) -> np.ndarray:
        return _norms(self.gradient) <= GRADIENT * _norms(self.weights)

    def is_converged(self) -> np.ndarray:
        losses = self.c * _dots(self.short, self.short)
        value = _dots(self.weights, self.weights) / 2 + losses
        excess = _dots(self.gradient, self.gradient) / 2
        return excess <= TOLERANCE * value

    def of(self, classes: np.ndarray) -> "_Place":
        return _Place(
            self.c,
            self.signs[:, classes],
            self.scores[:, classes],
            self.short[:, classes],
            self.weights[:, classes],
            self.gradient[:, classes],
        )


def _dots(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.einsum("ra,ra->a", one, other)


def _norms(columns: np.ndarray) -> np.ndarray:
    return np.sqrt(_dots(columns, columns))


def _minimise(
    points: np.ndarray,
    rough: "_RoughPoints",
    signs: np.ndarray,
    weights: np.ndarray,
    c: float,
) -> Minimum:
    weights = weights.copy()
    scores = points @ weights
    converged = np.zeros(weights.shape[1], bool)
    left = np.arange(weights.shape[1])
    residuals = np.full(len(left), RESIDUAL)
    for step in range(MAX_STEPS + 1):
        at = _look(points, signs[:, left], scores[:, left], weights[:, left], c)
        converged[left] = at.is_converged()
        # At least one step, which is exact if all videos are active: a C may be
        # so small that any weights are within TOLERANCE.
        moves = ~at.is_exact() | (step == 0)
        if not moves.any() or step == MAX_STEPS:
            break
        left, at = left[moves], at.of(moves)
        change = _newton_change(points, rough, at, residuals[left])
        scores_change = points @ change
        sizes = _search(at, change, scores_change)
        weights[:, left] += sizes * change
        scores[:, left] += sizes * scores_change
        residuals[left[sizes < SHORT]] /= 10
        left = left[sizes > 0]  # Rounding lets the others get no lower.
    return Minimum(weights, converged)


def _look(
    points: np.ndarray,
    signs: np.ndarray,
    scores: np.ndarray,
    weights: np.ndarray,
    c: float,
) -> _Place:
    short = np.maximum(0, 1 - signs * scores)
    gradient = weights - 2 * c * (points.T @ (signs * short))
    return _Place(c, signs, scores, short, weights, gradient)


class _RoughPoints:
    """The points in float32: half of the memory to read in each product.

    They are scaled, so that no number is too large for float32.
    """

    def __init__(self, points: np.ndarray):
        self._scale = abs(points).max(initial=0) or 1.0
        self._points = np.divide(points, self._scale, dtype=np.float32)

    def curvature(self, active: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Returns the sum of z z^T d of the active videos: float64 `[R, A]`.

        Args:
            active: bool `[V, A]`.
            along: d, `[R, A]`.
        """
        lengths = _norms(along)
        scores = self._points @ (along / lengths).astype(np.float32)
        scores *= active
        products = self._points.T @ scores
        return products * (lengths * self._scale**2)


def _newton_change(
    points: np.ndarray, rough: _RoughPoints, at: _Place, residuals: np.ndarray
) -> np.ndarray:
    """Solves H d = -g roughly, H = 1 + 2 C sum of active z z^T: `[R, A]`.

    Preconditioned conjugate gradients: every iterate goes downhill.

    Args:
        residuals: what may be left of each residual, as a share, `[A]`.
    """
    active = at.short > 0
    precondition = _Preconditioner(points, active, at.c)
    change = np.zeros_like(at.gradient)
    on = np.flatnonzero(at.gradient.any(0))
    residual = -at.gradient[:, on]
    along = precondition(residual, on)
    size = first = _dots(residual, along)
    for _ in range(MAX_INNER_STEPS):
        if not len(on):
            break
        curved = along + 2 * at.c * rough.curvature(active[:, on], along)
        length = size / _dots(along, curved)
        change[:, on] += length * along
        residual = residual - length * curved
        smooth = precondition(residual, on)
        last, size = size, _dots(residual, smooth)
        along = smooth + size / last * along
        more = size > (residuals[on] ** 2) * first
        on, size, first = on[more], size[more], first[more]
        residual, along = residual[:, more], along[:, more]
    return change


class _Preconditioner:
    """Approximates the inverse of each class's H; exact if all are active.

    Exact within the leading columns; the others count as orthogonal still.
    """

    def __init__(self, points: np.ndarray, active: np.ndarray, c: float):
        squares = _dots(points, points)
        leading = points[:, :NUM_LEADING]
        self._number = number = leading.shape[1]
        everything = np.diag(squares[:number])
        matrices = [
            np.eye(number) + 2 * c * _products(leading, one, everything)
            for one in active.T
        ]
        with threadpool_limits(1):  # Such small ones take longer with several.
            self._leading = np.linalg.inv(matrices)
        rest = squares[self._number :, np.newaxis] * active.mean(0)
        self._rest = 1 / (1 + 2 * c * rest)

    def __call__(self, residual: np.ndarray, classes: np.ndarray) -> np.ndarray:
        number = self._number
        leading = self._leading[classes] @ residual[:number].T[:, :, np.newaxis]
        rest = self._rest[:, classes] * residual[number:]
        return np.concatenate([leading[:, :, 0].T, rest])


def _products(
    columns: np.ndarray, rows: np.ndarray, everything: np.ndarray
) -> np.ndarray:
    """Sums the products of some rows, or subtracts the others' from all."""
    is_most = rows.mean() > 0.5
    chosen = columns[rows ^ is_most]
    products = chosen.T @ chosen
    return everything - products if is_most else products


def _search(
    at: _Place, change: np.ndarray, scores_change: np.ndarray
) -> np.ndarray:
    """Finds the lowest point along a step: sizes `[A]`; 0 if none is lower.

    The slope rises along the step, piecewise linear. Newton's method finds its
    zero; between known bounds it cannot fail.
    """
    gain = at.signs * scores_change
    margins = 1 - at.signs * at.scores
    linear, square = _dots(at.weights, change), _dots(change, change)

    def slope_at(sizes):
        short = np.maximum(0, margins - sizes * gain)
        slope = linear + sizes * square - 2 * at.c * _dots(short, gain)
        curvature = square + 2 * at.c * _dots(gain * (short > 0), gain)
        return slope, curvature

    first, _ = slope_at(np.zeros(len(linear)))
    sizes = np.where(first < 0, 1.0, 0.0)
    low, high = np.zeros_like(sizes), np.full_like(sizes, np.inf)
    for _ in range(MAX_TRIALS):
        slope, curvature = slope_at(sizes)
        open_ = (abs(slope) > SLOPE * abs(first)) & (first < 0)
        if not open_.any():
            break
        low = np.where(slope < 0, sizes, low)
        high = np.where(slope > 0, sizes, high)
        middle = np.where(np.isinf(high), 2 * sizes, (low + high) / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            tried = sizes - slope / curvature
        inside = (tried > low) & (tried < high)
        sizes = np.where(open_, np.where(inside, tried, middle), sizes)
    return sizes
