"""Plans how a crop moves through one shot, in windows of bounded length."""

from typing import NamedTuple

import numpy as np

from rmdn_tf.applications.reframe.attention_map import (
    share_in,
    shares_along,
    shares_everywhere,
)
from rmdn_tf.applications.reframe.optimal_path import Losses, optimal_path
from rmdn_tf.applications.reframe.settings import CropSettings
from rmdn_tf.applications.reframe.steady_choice import steady_choice

# Seconds from one planned instant to the next.
STEP_SECONDS = 0.1

# Instants that are planned together, and how many of them stay as planned. The
# other 10 seconds let the camera look ahead, and are planned again.
WINDOW, KEPT = 200, 100

# Places of the centre that are compared along an axis; sizes, in a doubling.
_NUM_PLACES, _SIZES = 129, 4

# Parts of the crop around its middle, and their weights: of two places that
# hold the same attention, the one with attention in its middle is better.
_PARTS = (1.0, 0.9), (0.5, 0.1)

# A crop that leaves less than this part of the frame free along an axis stays
# in the middle of the axis.
_LEAST_FREE = 0.005

_ROUNDING = 1e-6

# Losses grow where the crop holds less than these parts of the attention that
# it holds at the chosen place.
_LEVELS = np.array([1.0, 0.95, 0.8, 0.5])

# What one unit of the first, second and third differences costs, in seconds of
# all attention. The unit is a frame's width or height, or a doubling of size.
_WEIGHTS = np.array([0.5, 1.0, 5.0])

# A crop twice as large, with bars, must hold this much more attention, and as
# much again unless two places hold it. One half as large may hold less by the
# gain.
_PRICE_OF_BARS, _GAIN_OF_ZOOM = 0.25, 0.1

# Least attention of a second place, apart from the first, that calls for bars.
_SECOND_SHARE = 0.25

# Cost of a doubling of the size that is not the chosen one, in attention.
_LOSS_OF_SIZE = 0.5


class Plan(NamedTuple):
    """How a crop moves through a shot, instant by instant.

    Attributes:
        controls: float `[n, 3]`: the size, see `lengths_of`, and the centre x
            and y in [0, 1].
        shares: float `[n]`, of the attention, inside the crop.
    """

    controls: np.ndarray
    shares: np.ndarray


class ShotPlanner:
    """Plans the crop of one shot; takes the instants one after another.

    Memory does not grow with the shot, except for five numbers an instant.

    Args:
        shares: height and width of the largest crop, parts of the frame.
        settings: how the crop moves.
        window: instants that are planned together.
        kept: number of these that stay as planned.
    """

    def __init__(
        self,
        shares: tuple[float, float],
        settings: CropSettings,
        window: int = WINDOW,
        kept: int = KEPT,
    ):
        self._shares = shares
        self._sizes = _sizes_of(shares, settings)
        self._weights = _WEIGHTS * settings.smoothness
        self._max_step = settings.max_speed * STEP_SECONDS
        self._window, self._kept = window, kept
        self._waiting: list[np.ndarray] = []
        # Size, centre x and y, share of attention.
        self._planned = [np.zeros((0, 4))]

    def add(self, sums: np.ndarray) -> None:
        """Takes the next instant, `attention_map.summed` of its map."""
        self._waiting.append(sums)
        if len(self._waiting) == self._window:
            self._plan(self._kept)

    def finish(self) -> Plan:
        """Plans the rest of the shot, which has one instant at least."""
        if self._waiting:
            self._plan(len(self._waiting))
        planned = np.concatenate(self._planned)
        return Plan(planned[:, :3], planned[:, 3])

    def _plan(self, number: int) -> None:
        """Plans the instants that wait; `number` of them stay as planned."""
        sums = np.stack(self._waiting)
        before = self._planned[-1][-len(self._weights) :, :3].T
        size = self._plan_size(sums, before[0])
        height, width = lengths_of(size, self._shares)
        nothing, whole = np.zeros(len(sums)), np.ones(len(sums))
        x = self._plan_centre(sums, 0, width, (nothing, whole), before[1])
        left = x - width / 2
        band = left, left + width
        y = self._plan_centre(sums, 1, height, band, before[2])
        boxes = np.stack([left, y - height / 2, width, height], 1)
        planned = np.stack([size, x, y, share_in(sums, boxes)], 1)
        self._planned.append(planned[:number])
        del self._waiting[:number]

    def _plan_size(self, sums: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Plans the logarithm of the crop's size, 0 for that of no zoom."""
        sizes = self._sizes
        if len(sizes) == 1:
            return np.zeros(len(sums))
        scores = (
            np.stack([self._best_share(sums, size) for size in sizes], 1)
            - np.where(sizes > 0, _PRICE_OF_BARS, _GAIN_OF_ZOOM) * sizes
        )
        if sizes[-1] > 0:
            lacks = ~_has_two_places(sums, self._shares)
            scores -= _PRICE_OF_BARS * np.outer(lacks, sizes > 0)
        chosen = self._choose(scores, sizes, before)[:, None]
        slope = np.full((len(sums), 1), _LOSS_OF_SIZE * STEP_SECONDS)
        losses = Losses(sizes[chosen], slope, sizes[chosen], slope)
        bounds = np.tile(sizes[[0, -1]], (len(sums), 1))
        return self._path(losses, bounds, before)

    def _best_share(self, sums: np.ndarray, size: float) -> np.ndarray:
        height, width = lengths_of(np.array(size), self._shares)
        shares, *_ = shares_everywhere(sums, float(height), float(width))
        return shares.max((1, 2))

    def _plan_centre(
        self,
        sums: np.ndarray,
        axis: int,
        lengths: np.ndarray,
        band: tuple[np.ndarray, np.ndarray],
        before: np.ndarray,
    ) -> np.ndarray:
        """Plans the crop's centre along an axis; `band` is the other axis."""
        half = lengths[:, None] / 2
        bounds = np.concatenate([half, np.maximum(half, 1 - half)], 1)
        if half.min() > 0.5 - _LEAST_FREE:
            return np.full(len(sums), 0.5)
        places = np.linspace(half.min(), 1 - half.min(), _NUM_PLACES)
        shares = np.zeros((len(sums), _NUM_PLACES))
        for part, weight in _PARTS:
            inner = part * lengths
            shares += weight * shares_along(sums, axis, places, inner, *band)
        chosen = self._choose(shares, places, before)
        return self._path(_losses(shares, places, chosen), bounds, before)

    def _choose(
        self, scores: np.ndarray, places: np.ndarray, before: np.ndarray
    ) -> np.ndarray:
        last = before[-1] if len(before) else None
        cost = self._weights[0] / STEP_SECONDS
        return steady_choice(scores, places, cost, last)

    def _path(
        self, losses: Losses, bounds: np.ndarray, before: np.ndarray
    ) -> np.ndarray:
        return optimal_path(
            losses, bounds, self._weights, self._max_step, before
        )


def lengths_of(
    size: np.ndarray, shares: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns heights and widths of crops, parts of the frame.

    Args:
        size: float, the logarithm to base 2 of the size; 0 for the largest crop
            without bars.
        shares: height and width of that crop, parts of the frame.
    """
    height, width = (np.minimum(np.exp2(size) * share, 1) for share in shares)
    return height, width


def _sizes_of(
    shares: tuple[float, float], settings: CropSettings
) -> np.ndarray:
    """Returns the sizes to choose from, logarithms, in order."""
    closest = -np.log2(settings.zoom)
    widest = 0.0 if settings.padding == "none" else -np.log2(min(shares))
    smaller = np.linspace(closest, 0, 1 + int(np.ceil(-closest * _SIZES)))
    larger = np.linspace(0, widest, 1 + int(np.ceil(widest * _SIZES)))
    return np.concatenate([smaller, larger[1:]])


def _has_two_places(
    sums: np.ndarray, shares: tuple[float, float]
) -> np.ndarray:
    """Tells where a second crop beside the best one holds much, `[n]`."""
    height, width = shares
    held, y, x = shares_everywhere(sums, height, width)
    best = held.reshape(len(held), -1).argmax(1)
    row, column = np.unravel_index(best, held.shape[1:])
    is_apart = (np.abs(y - y[row][:, None]) >= height)[:, :, None] | (
        np.abs(x - x[column][:, None]) >= width
    )[:, None, :]
    return (held * is_apart).max((1, 2)) >= _SECOND_SHARE


def _losses(
    shares: np.ndarray, places: np.ndarray, chosen: np.ndarray
) -> Losses:
    """Turns attention around the chosen places into convex losses.

    At each instant the crop may move, without much loss, as far as it holds
    nearly what it holds at the chosen place.
    """
    numbers = np.arange(len(places))
    held = shares[np.arange(len(shares)), chosen]
    least = held[:, None] * _LEVELS  # [n, K]
    is_less = shares[:, None] < least[..., None] - _ROUNDING  # [n, K, N]
    before = is_less & (numbers < chosen[:, None, None])
    after = is_less & (numbers > chosen[:, None, None])
    first = np.where(before, numbers, -1).max(2) + 1
    last = np.where(after, numbers, len(places)).min(2) - 1
    lost = -np.diff(least, axis=1) * STEP_SECONDS
    cell = places[1] - places[0]
    low, high = places[first], places[last]
    return Losses(
        low[:, :-1],
        _growing(lost / np.maximum(-np.diff(low, axis=1), cell)),
        high[:, :-1],
        _growing(lost / np.maximum(np.diff(high, axis=1), cell)),
    )


def _growing(slopes: np.ndarray) -> np.ndarray:
    """Returns by how much each slope exceeds the ones before, 0 or more."""
    steepest = np.maximum.accumulate(slopes, 1)
    return np.diff(steepest, axis=1, prepend=0)
