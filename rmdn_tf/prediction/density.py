"""Where people look in one frame: a mixture, its map, numbers and samples.

`sample` and `moments` describe the whole mixture. All other methods describe
the visible frame: there the density is cut off at the borders, and integrates
to 1 inside.
"""

import functools
import math

import numpy as np
import numpy.typing as npt
import scipy.special

from rmdn_tf.model.moments import Moments, moments
from rmdn_tf.prediction.area import visible_part, whole_frame
from rmdn_tf.prediction.grids import fine_side, log_density, relative_to_peak
from rmdn_tf.prediction.integrals import component_masses, component_moments
from rmdn_tf.prediction.peaks import Peak, find_peaks

# Probability inside the frame below which rounding matters.
_LEAST_VISIBLE = 1e-6

# Most areas of which a density keeps the mass.
_MAX_KEPT = 1000


class Density:
    """Where people look in one frame.

    Attributes:
        parameters: float32 `[C, 6]`, the numbers that the network computes;
            `rmdn_tf.mixture.distribution` gives log-probabilities of them. A
            row of `rmdn predict --parameters OUT.npz` may be given, too.
        frame_size: (height, width) of the frame in pixels; None if unknown. It
            is the shape of the picture that a notebook shows of the density.

    Raises:
        ValueError: the parameters are not finite.
    """

    def __init__(
        self,
        parameters: np.ndarray,
        frame_size: tuple[int, int] | None = None,
    ):
        # A component of weight 0 has a logit of minus infinity.
        is_absent = np.isneginf(parameters[:, 0])
        if is_absent.all() or not np.isfinite(parameters[~is_absent]).all():
            raise ValueError(
                "Invalid density. Expected finite parameters. Received: NaN "
                "or infinity, as of a network whose training has diverged."
            )
        self.parameters = parameters
        self.frame_size = frame_size
        self._size: tuple[int, int] | None = None
        self._grid: tuple[np.ndarray, float] = (np.zeros((0, 0)), 0.0)
        self._masses: dict[bytes, float] = {}
        self._log_grids: dict[int, np.ndarray] = {}

    def saliency_map(self, height: int, width: int) -> np.ndarray:
        """Evaluates the density on a grid of pixels.

        Args:
            height: H, rows of the map, at least 1.
            width: W, columns of the map, at least 1.

        Returns:
            float32 `[H, W]`, 0 or more, sum 1.
        """
        relative, _ = self._on_grid(height, width)
        return relative / relative.sum()

    def mass(self, area: npt.ArrayLike) -> float:
        """Returns the probability that gaze in the frame falls on an area.

        >>> density.mass(rectangle(0, 0, 0.5, 1))    # The left half.
        >>> density.mass([(0.2, 0.9), (0.5, 0.1), (0.8, 0.9)])

        Args:
            area: `[n, 2]`, the corners of a polygon in order, x and y in [0, 1]
                of the frame. It need not be convex. Only the part inside the
                frame counts. `rmdn_tf.rectangle` makes a rectangle.

        Returns:
            The probability, from 0 to 1, exact to 1e-9; to 1e-5 if nearly all
            of the mixture lies outside the frame. Areas that cover the frame
            without overlap sum to 1.

        Raises:
            ValueError: the area has fewer than 3 corners, NaN or no size, or
                crosses itself; see `rmdn_tf.prediction.area.check_area`. Or the
                density has next to nothing in the frame.
        """
        polygon = visible_part(area)
        if not len(polygon):
            return 0.0
        share = self._mass(polygon) / self._in_frame()[0]
        return min(max(share, 0.0), 1.0)  # Rounding.

    def mean(self) -> np.ndarray:
        """Returns the mean point of gaze in the frame.

        Returns:
            float64 `[2]`, x and y in [0, 1].

        Raises:
            ValueError: the density has next to nothing in the frame.
        """
        visible, first, _ = self._in_frame()
        return first / visible

    def covariance(self) -> np.ndarray:
        """Returns the covariance of the points of gaze in the frame.

        Returns:
            float64 `[2, 2]`, of x and y, in widths and heights of the frame.

        Raises:
            ValueError: the density has next to nothing in the frame.
        """
        visible, first, second = self._in_frame()
        return second / visible - np.outer(first, first) / visible**2

    def entropy(self) -> float:
        """Tells how spread out the gaze in the frame is, in bits.

            -integral of p log2(p) over the frame

        The entropy is 0 if gaze is spread evenly over the frame (p is 1), -1 if
        evenly over one half, -2 over a quarter. So gaze is as uncertain as gaze
        that is spread evenly over the part 2^entropy of the frame.

        Returns:
            At most 0. The error is below 0.01 if the standard deviations of the
            components are at least 1/500 of the frame.
        """
        share = scipy.special.softmax(self._fine_log_grid())
        return float(
            -scipy.special.xlogy(share, share * share.size).sum() / math.log(2)
        )

    def peaks(self, max_peaks: int | None = None) -> list[Peak]:
        """Finds the places that draw the gaze, and how much each of them draws.

        Args:
            max_peaks: the largest number of peaks to return; None for all.

        Returns:
            Peaks, that of the largest share first, at least one. The shares of
            all of them sum to 1; see `rmdn_tf.prediction.peaks.Peak`.

        Raises:
            ValueError: `max_peaks` is below 1.
        """
        if max_peaks is not None and max_peaks < 1:
            raise ValueError(
                "Invalid `max_peaks`. Expected a positive integer or None. "
                f"Received: max_peaks={max_peaks}."
            )
        return find_peaks(self._fine_log_grid())[:max_peaks]

    def moments(self) -> Moments:
        """Returns the components of the mixture in plain numbers.

        Returns:
            `weight`, `x`, `y`, `scale_x`, `scale_y` and `correlation`, float64
            `[C]` each; see `rmdn_tf.model.moments.Moments`.
        """
        parameters = self.parameters.astype(np.float64)
        return moments(parameters)

    def sample(self, num_points: int, seed: int) -> np.ndarray:
        """Draws points of gaze.

        Args:
            num_points: n, the number of points.
            seed: the same seed gives the same points.

        Returns:
            float32 `[n, 2]`, x and y. Points in the frame lie in [0, 1]; a few
            may lie outside.
        """
        from rmdn_tf.model import mixture  # Here, since it takes seconds.

        distribution = mixture.distribution(self.parameters)
        return distribution.sample(num_points, seed=(seed, 0)).numpy()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters)} components)"

    def _repr_png_(self) -> bytes:
        # Here, so that predicting imports no library of plots.
        from rmdn_tf.prediction.notebook import density_png

        return density_png(self)

    def _in_frame(self) -> tuple[float, np.ndarray, np.ndarray]:
        """Returns `_frame_moments`; refuses a density outside the frame."""
        visible = self._frame_moments[0]
        if not visible >= _LEAST_VISIBLE:
            raise ValueError(
                "Invalid density. Expected a part of it in the frame. "
                f"Received: a part of {visible:g}, as of a network whose "
                "training has diverged."
            )
        return self._frame_moments

    @functools.cached_property
    def _frame_moments(self) -> tuple[float, np.ndarray, np.ndarray]:
        """Integrals of the mixture over the frame, of 1, z and z z^T."""
        integrals = component_moments(self._float64, whole_frame())
        mass, first, second = (
            np.tensordot(self._weights, one, 1) for one in integrals
        )
        return float(mass), first, second

    def _mass(self, polygon: np.ndarray) -> float:
        """Returns the probability of a polygon, not divided by the visible.

        Keeps results, which frames between two clips share.
        """
        key = polygon.tobytes()
        if key not in self._masses:
            if len(self._masses) == _MAX_KEPT:
                self._masses.clear()
            self._masses[key] = self._integrate(polygon)
        return self._masses[key]

    def _integrate(self, polygon: np.ndarray) -> float:
        masses = component_masses(self._float64, polygon)
        return float(self._weights @ masses)

    @functools.cached_property
    def _float64(self) -> np.ndarray:
        return self.parameters.astype(np.float64)

    @functools.cached_property
    def _weights(self) -> np.ndarray:
        return scipy.special.softmax(self._float64[:, 0])

    def _fine_log_grid(self) -> np.ndarray:
        """Returns the log-density on a grid fine enough for the components."""
        self._in_frame()
        return self._log_grid(self._side)

    @functools.cached_property
    def _side(self) -> int:
        return fine_side(self._float64, self._weights)

    def _log_grid(self, side: int) -> np.ndarray:
        """Returns the log-density on a square grid, float64, nats."""
        if side not in self._log_grids:
            self._log_grids[side] = self._evaluate_log(side)
        return self._log_grids[side]

    def _evaluate_log(self, side: int) -> np.ndarray:
        return log_density(self.parameters, side).astype(np.float64)

    def _on_grid(self, height: int, width: int) -> tuple[np.ndarray, float]:
        """Returns the density over its peak, and the logarithm of the peak.

        Keeps the last result, which frames between two clips share.
        """
        if self._size != (height, width):
            self._size = (height, width)
            self._grid = self._evaluate(height, width)
        return self._grid

    def _evaluate(self, height: int, width: int) -> tuple[np.ndarray, float]:
        return relative_to_peak(self.parameters, height, width)


class DensityBetween(Density):
    """A density between the densities of two clips.

        p(x) = (1 - share) first(x) + share second(x)

    Mass appears only where one of the two has mass. Interpolated parameters
    would carry a component across the frame.

    Args:
        first: density of the clip before.
        second: density of the clip after.
        share: weight of the second, strictly between 0 and 1.
    """

    def __init__(self, first: Density, second: Density, share: float):
        self._parts = ((first, 1 - share), (second, share))
        super().__init__(
            np.concatenate(
                [_weighted(part.parameters, w) for part, w in self._parts]
            ),
            first.frame_size,
        )

    @functools.cached_property
    def _frame_moments(self) -> tuple[float, np.ndarray, np.ndarray]:
        parts = [(w, part._frame_moments) for part, w in self._parts]
        (a, (mass, first, second)), (b, later) = parts
        return (
            a * mass + b * later[0],
            a * first + b * later[1],
            a * second + b * later[2],
        )

    def _integrate(self, polygon: np.ndarray) -> float:
        return sum(w * part._mass(polygon) for part, w in self._parts)

    @functools.cached_property
    def _side(self) -> int:
        return max(part._side for part, _ in self._parts)

    def _evaluate_log(self, side: int) -> np.ndarray:
        (first, w), (second, v) = self._parts
        return np.logaddexp(
            math.log(w) + first._log_grid(side),
            math.log(v) + second._log_grid(side),
        )

    def _evaluate(self, height: int, width: int) -> tuple[np.ndarray, float]:
        grids = [(w, *part._on_grid(height, width)) for part, w in self._parts]
        top = max(peak for _, _, peak in grids)
        total = np.zeros((height, width), np.float32)
        for w, relative, peak in grids:
            total += np.float32(w * math.exp(peak - top)) * relative
        highest = total.max()
        return total / highest, top + math.log(highest)


def _weighted(parameters: np.ndarray, weight: float) -> np.ndarray:
    """Scales the weights of a mixture to the sum `weight`."""
    logits = parameters[:, 0].astype(np.float64)
    logits = logits - np.logaddexp.reduce(logits) + math.log(weight)
    scaled = parameters.copy()
    scaled[:, 0] = logits
    return scaled
