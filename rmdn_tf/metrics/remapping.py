"""The remapping of the MSU benchmark, which is fitted to the truth it scores.

The benchmark calls it domain adaptation. For each model, one non-decreasing
table of 256 greys and one weight of a centre map bring its maps as near as they
can to the true maps of all scored frames:

    minimize the sum over frames and pixels of (table[bin] + weight * centre
    - truth)^2, with table non-decreasing, table[0] >= -0.5, table[255] <= 1

Then table[bin] + weight * centre is clipped to [0, 1] and scored. Such a map
has seen the truth: never compare its scores with those of other maps.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, isotonic_regression

from rmdn_tf.metrics.map_checks import check_maps

NUM_BINS = 256
LOWEST, HIGHEST = -0.5, 1.0

# How much all flat parts of a table rise together, so that greys keep their
# order, which AUC sees. The benchmark's solver also stops before they are flat.
_STEP = 1e-12


@dataclasses.dataclass(frozen=True)
class RemappingSums:
    """Sums over the pixels of maps, which a fit needs.

    `+` joins the sums of two sets of maps.

    Attributes:
        num_pixels: int64 `[256]`, number of pixels in each bin.
        truth: float64 `[256]`, sum of the truth in them.
        centre: float64 `[256]`, sum of the centre map in them.
        truth_squared: sum of the squared truth over all pixels.
        centre_squared: sum of the squared centre map.
        truth_by_centre: sum of their product.
    """

    num_pixels: np.ndarray
    truth: np.ndarray
    centre: np.ndarray
    truth_squared: float
    centre_squared: float
    truth_by_centre: float

    @classmethod
    def of_maps(
        cls, maps: np.ndarray, truth: np.ndarray, centre: np.ndarray
    ) -> "RemappingSums":
        """Sums over frames.

        Args:
            maps: float `[F, H, W]`, predictions in [0, 1].
            truth: float `[F, H, W]`, the true maps in [0, 1].
            centre: float `[H, W]`, the centre map, finite.

        Returns:
            The sums.

        Raises:
            ValueError: a map is invalid, or shapes differ.
        """
        bins = _bins(maps)
        truth = check_maps(truth, "truth", bins.shape)
        centre = check_maps(centre[None], "centre", (1, *bins.shape[1:]))
        every = np.broadcast_to(centre, bins.shape)
        num_pixels, of_truth, of_centre = (
            np.bincount(bins.ravel(), weights, NUM_BINS)
            for weights in (None, truth.ravel(), every.ravel())
        )
        return cls(
            num_pixels,
            of_truth,
            of_centre,
            float(np.square(truth).sum()),
            float(len(bins) * np.square(centre).sum()),
            float((truth * centre).sum()),
        )

    def __add__(self, other: "RemappingSums") -> "RemappingSums":
        return RemappingSums(
            *(vars(self)[name] + vars(other)[name] for name in vars(self))
        )


@dataclasses.dataclass(frozen=True)
class Remapping:
    """A table of greys and a weight of the centre map.

    Attributes:
        table: float64 `[256]`, non-decreasing.
        centre_weight: weight of the centre map; may be negative.
    """

    table: np.ndarray
    centre_weight: float

    @classmethod
    def identity(cls) -> "Remapping":
        """Makes the remapping that changes nothing.

        Returns:
            A remapping that only rounds maps to 256 greys.
        """
        return cls(np.linspace(0.0, 1.0, NUM_BINS), 0.0)

    def apply(
        self, maps: np.ndarray, centre: np.ndarray | float = 0.0
    ) -> np.ndarray:
        """Remaps maps.

        Args:
            maps: float `[F, H, W]`, in [0, 1].
            centre: float `[H, W]`, the centre map; or a number.

        Returns:
            float64 `[F, H, W]`, clipped to [0, 1].

        Raises:
            ValueError: a map is invalid.
        """
        remapped = self.table[_bins(maps)] + self.centre_weight * centre
        return np.clip(remapped, 0, 1)

    def error(self, sums: RemappingSums) -> float:
        """Computes what the fit minimizes.

        Args:
            sums: of the maps, with the truth.

        Returns:
            The sum of squared differences to the truth, before maps are clipped
            to [0, 1].
        """
        table, weight = self.table, self.centre_weight
        return float(
            sums.truth_squared
            + sums.num_pixels @ np.square(table)
            + weight**2 * sums.centre_squared
            + 2 * weight * (sums.centre @ table)
            - 2 * (sums.truth @ table)
            - 2 * weight * sums.truth_by_centre
        )


def fit_remapping(sums: RemappingSums) -> Remapping:
    """Fits the remapping with the least `Remapping.error`.

    For one weight, the best table is an isotonic regression, cut to its bounds.
    The slope of the least error over the weight rises: its root is the weight.
    Where several weights do equally well, all of them give the same maps.

    Args:
        sums: of all maps of a model, with their truth.

    Returns:
        The remapping. Bins without a pixel lie on a line between their
        neighbours, or equal the nearest bin at the ends: no scored pixel is in
        them. Greys in a flat part of the table keep their order, by 1e-12.

    Raises:
        ValueError: there are no pixels.
    """
    used = np.flatnonzero(sums.num_pixels)
    if not len(used):
        raise ValueError(
            "Invalid `sums`. Expected those of at least one map. Received: no "
            "pixels."
        )
    counts = sums.num_pixels[used].astype(np.float64)

    def table_for(weight: float) -> np.ndarray:
        wanted = (sums.truth[used] - weight * sums.centre[used]) / counts
        rising = isotonic_regression(wanted, weights=counts).x
        return np.clip(rising, LOWEST, HIGHEST)

    def slope(weight: float) -> float:  # Half of the slope of the error.
        return (
            sums.centre[used] @ table_for(weight)
            + weight * sums.centre_squared
            - sums.truth_by_centre
        )

    weight = _root(slope, sums)
    every = np.interp(np.arange(NUM_BINS), used, table_for(weight))
    every -= _STEP * np.linspace(1.0, 0.0, NUM_BINS)
    return Remapping(np.maximum(every, LOWEST), weight)


def _root(slope: Callable[[float], float], sums: RemappingSums) -> float:
    """Finds the root of a slope that rises; 0 without a centre map."""
    if not sums.centre_squared:
        return 0.0
    # The table is in [-1, 1], so the root is nearer to 0 than this.
    most = np.abs(sums.centre).sum() + abs(sums.truth_by_centre)
    end = 2 * most / sums.centre_squared
    return brentq(slope, -end, end, xtol=1e-15, rtol=1e-15, maxiter=1000)


def _bins(maps: np.ndarray) -> np.ndarray:
    """Returns the nearest of 256 greys, int64; halves go to even ones."""
    maps = check_maps(maps, "maps")
    bins = np.rint(maps * (NUM_BINS - 1)).astype(np.int64)
    if bins.size and not 0 <= bins.min() <= bins.max() < NUM_BINS:
        raise ValueError(
            "Invalid `maps`. Expected numbers from 0 to 1. Received: "
            f"{maps.min():.4g} to {maps.max():.4g}."
        )
    return bins
