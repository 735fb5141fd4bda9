"""Where people look in one frame: a mixture, its map and samples."""

import math

import numpy as np
import tensorflow as tf

from rmdn_tf.model import mixture
from rmdn_tf.model.moments import Moments, moments
from rmdn_tf.model.saliency_maps import log_density_in_blocks


class Density:
    """Where people look in one frame.

    Attributes:
        parameters: float32 `[C, 6]`, the numbers that the network computes;
            `rmdn_tf.mixture.distribution` gives log-probabilities of them.

    Raises:
        ValueError: the parameters are not finite.
    """

    def __init__(self, parameters: np.ndarray):
        if not np.isfinite(parameters).all():
            raise ValueError(
                "Invalid density. Expected finite parameters. Received: NaN "
                "or infinity, as of a network whose training has diverged."
            )
        self.parameters = parameters
        self._size: tuple[int, int] | None = None
        self._grid: tuple[np.ndarray, float] = (np.zeros((0, 0)), 0.0)

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

    def moments(self) -> Moments:
        """Returns the components of the mixture in plain numbers.

        Returns:
            `weight`, `x`, `y`, `scale_x`, `scale_y` and `correlation`, float64
            `[C]` each; see `rmdn_tf.model.moments.Moments`.
        """
        parameters = self.parameters.astype(np.float64)
        return Moments(*map(np.asarray, moments(parameters)))

    def sample(self, num_points: int, seed: int) -> np.ndarray:
        """Draws points of gaze.

        Args:
            num_points: n, the number of points.
            seed: the same seed gives the same points.

        Returns:
            float32 `[n, 2]`, x and y. Points in the frame lie in [0, 1]; a few
            may lie outside.
        """
        distribution = mixture.distribution(tf.constant(self.parameters))
        return distribution.sample(num_points, seed=(seed, 0)).numpy()

    def _on_grid(self, height: int, width: int) -> tuple[np.ndarray, float]:
        """Returns the density over its peak, and the logarithm of the peak.

        Keeps the last result, which frames between two clips share.
        """
        if self._size != (height, width):
            self._size = (height, width)
            self._grid = self._evaluate(height, width)
        return self._grid

    def _evaluate(self, height: int, width: int) -> tuple[np.ndarray, float]:
        relative, peak = _relative_to_peak(
            tf.constant(self.parameters), height, width
        )
        return relative.numpy(), float(peak)


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
            )
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


@tf.function(jit_compile=False)
def _relative_to_peak(
    parameters: tf.Tensor, height: int, width: int
) -> tuple[tf.Tensor, tf.Tensor]:
    log_map = log_density_in_blocks(parameters, height, width, visible=True)
    # Without its peak subtracted, a density far outside the frame would be 0
    # everywhere.
    peak = tf.reduce_max(log_map)
    return tf.exp(log_map - peak), peak
