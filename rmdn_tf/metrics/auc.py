"""AUC, the area under the ROC curve, exact and without sorting the map.

The area is the chance that a fixation lies on a higher value than a negative;
ties count half (Mann-Whitney). The negatives are:

- Judd: the pixels without a fixation;
- Borji: all pixels, the limit of random draws;
- shuffled: the fixations of other videos.

To count the fixations above each pixel, pixels are dealt into narrow bins
between the lowest and the highest fixated value. Only pixels that share a bin
with a fixation are compared with it. Sorting takes 5 to 20 times as long.
"""

import dataclasses

import numpy as np

from rmdn_tf.metrics.bands import bands, sum_of, sum_of_products

# Bins from the lowest to the highest fixated value; bin 0 lies below.
_NUM_BINS = 8192

# The bin above the highest fixated value.
_TOP = _NUM_BINS + 2

# Larger numbers may not fit into an int32.
_FAR = 2.0**30


class FixationsAbove:
    """Counts the fixations that lie on higher values than a pixel.

    Args:
        values: float32 or float64 `[n]`, finite, the values of a map at its
            n > 0 fixations.
        extremes: the lowest and the highest value of the map.
        dtype: float32 or float64, of the counts. It must hold their sums.
    """

    def __init__(
        self,
        values: np.ndarray,
        extremes: tuple[float, float],
        dtype: type[np.floating] = np.float64,
    ):
        self._values = values = np.sort(values)
        self._above = len(values) - _midranks(values, values)
        # A density spans decades, and steps of the bits are nearly steps of
        # the logarithm.
        self._reads_bits = values[0] >= 0
        numbers = self._read(values)
        self._low, self._scale = _stretch(numbers)
        limits = self._place(self._read(np.array(extremes, values.dtype)))
        bins = np.minimum(np.maximum(self._place(numbers), 0), _TOP)
        # The bits of the smallest negative number are the largest ones.
        is_below = self._reads_bits and extremes[0] < 0
        self._is_far = is_below or np.abs(limits).max() > _FAR
        self._of_bins = _count_above(bins.astype(np.intp), dtype)

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Counts the fixations above some pixels of the map, `[p]`.

        Returns:
            float `[p]`; equal values count half.
        """
        position = self._place(self._read(pixels))
        # Most maps need no clipping to become integers, and it is slow.
        if self._is_far:
            np.clip(position, 0, _TOP, out=position)
        # Two steps, since processors cannot do both in one.
        bins = position.astype(np.int32).astype(np.intp)
        above = self._of_bins.take(bins, mode="clip")
        (shared,) = (above < 0).nonzero()
        last = (-1 - above[shared]).astype(np.intp)
        above[shared] = self._compare(pixels[shared], last)
        return above

    def _compare(self, pixels: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Counts the values above pixels, given the last value in their bin."""
        # Ties need no search; maps of few levels consist of them.
        above = self._above[last]
        (searched,) = (pixels != self._values[last]).nonzero()
        below = _midranks(self._values, pixels[searched])
        above[searched] = len(self._values) - below
        return above

    def _read(self, numbers: np.ndarray) -> np.ndarray:
        """Reads numbers as themselves or as bits; keeps their order."""
        if not self._reads_bits:
            return numbers
        # -0 becomes 0, and the bits of negative numbers are negative.
        single = (numbers + 0).astype(np.float32)
        return single.view(np.int32).astype(np.float32)

    def _place(self, numbers: np.ndarray) -> np.ndarray:
        """Places numbers on the line of bins."""
        position = numbers - self._low
        position *= self._scale
        return position


def _count_above(bins: np.ndarray, dtype: type[np.floating]) -> np.ndarray:
    """Counts the values above each bin, from the sorted bins of the values.

    A bin that holds values gets -1 - i instead, i the last of them.
    """
    edges = np.concatenate([[0], bins, [_TOP + 1]])
    levels = np.arange(len(bins), -1, -1, dtype)
    of_bins = np.repeat(levels, edges[1:] - edges[:-1])
    of_bins[bins] = -1 - np.arange(len(bins))
    return of_bins


def _midranks(values: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Counts the sorted values below each query; ties count half."""
    below = values.searchsorted(queries, side="left")
    return (below + values.searchsorted(queries, side="right")) / 2


def _stretch(values: np.ndarray) -> tuple[np.floating, np.floating]:
    """Returns the value at which bin 0 begins, and the bins per unit."""
    # The lowest value falls in the middle of bin 1 (so 1.5), the highest in the
    # middle of the last bin but one.
    limits = np.finfo(values.dtype)
    span = float(values[-1]) - float(values[0])
    scale = _NUM_BINS / max(span, _NUM_BINS / float(limits.max))
    scale = values.dtype.type(max(scale, limits.tiny))
    below = np.nextafter(values[0], -limits.max)
    return min(values[0] - values.dtype.type(1.5) / scale, below), scale


@dataclasses.dataclass(frozen=True)
class Areas:
    """The areas of one frame, in [0, 1], for three sets of negatives.

    `judd` is NaN if every pixel is fixated, `shuffled` without other fixations.
    """

    judd: float
    borji: float
    shuffled: float

    @classmethod
    def of_sums(
        cls,
        sums: tuple[float, float, float],
        sizes: tuple[float, float, float],
        num_fixations: int,
    ) -> "Areas":
        return cls(
            *(
                total / (size * num_fixations) if size else np.nan
                for total, size in zip(sums, sizes, strict=True)
            )
        )


def areas(
    pixels: np.ndarray,
    extremes: tuple[float, float],
    fixated: np.ndarray,
    weights: np.ndarray,
    others: np.ndarray | None = None,
    num_others: float = 0.0,
) -> Areas:
    """Computes the areas of a frame.

    Args:
        pixels: float32 or float64 `[H, W]`, finite.
        extremes: the lowest and the highest of them.
        fixated: int `[k]`, the pixels with a fixation, k > 0, numbered row by
            row.
        weights: int `[k]`, the number of fixations in each of them.
        others: float64 `[H, W]`, the fixations of other videos in each pixel.
        num_others: their sum.
    """
    of_fixated = pixels.ravel()[fixated]
    num_fixations = int(weights.sum())
    total = shuffled = 0.0
    # Numbers that overflow fall into the outermost bins.
    with np.errstate(over="ignore"):
        count_above = FixationsAbove(
            np.repeat(of_fixated, weights),
            extremes,
            _type_of_counts(num_fixations * pixels.shape[1]),
        )
        for band in bands(pixels.shape):
            above = count_above(pixels[band].ravel())
            above = above.reshape(-1, pixels.shape[1])
            total += sum_of(above)
            if others is not None:
                shuffled += sum_of_products(above, others[band])
    return Areas.of_sums(
        (total - _among(of_fixated, weights), total, shuffled),
        (pixels.size - len(fixated), pixels.size, num_others),
        num_fixations,
    )


def _type_of_counts(sum_of_row: int) -> type[np.floating]:
    """Returns the type in which sums of halves up to this one are exact."""
    return np.float32 if sum_of_row < 2**23 else np.float64


def _among(of_fixated: np.ndarray, weights: np.ndarray) -> float:
    """Counts the pairs of a fixation and a lower fixated pixel."""
    if (weights == 1).all():  # Each pair counts once, and a tie twice a half.
        return len(weights) ** 2 / 2
    return weights @ _midranks(np.sort(of_fixated), of_fixated)


class SortedPixels:
    """A map that many frames share, sorted once: float `[P]` without NaN.

    `others`, float64 `[P]`, are the fixations of other videos in each pixel.
    """

    def __init__(self, pixels: np.ndarray, others: np.ndarray | None = None):
        if others is None:
            self._pixels, self._others_below = np.sort(pixels), None
        else:
            order = np.argsort(pixels)
            self._pixels = pixels[order]
            self._others_below = np.append(0, np.cumsum(others[order]))

    def areas(self, of_fixated: np.ndarray, weights: np.ndarray) -> Areas:
        """Computes the areas of a frame from the values at its fixated pixels.

        `weights` are the numbers of fixations in these pixels.
        """
        below, up_to = (
            np.searchsorted(self._pixels, of_fixated, side)
            for side in ("left", "right")
        )
        total = weights @ (below + up_to) / 2
        shuffled = (0.0, 0.0)
        if self._others_below is not None:
            num_others = self._others_below[below] + self._others_below[up_to]
            shuffled = (weights @ num_others / 2, self._others_below[-1])
        return Areas.of_sums(
            (total - _among(of_fixated, weights), total, shuffled[0]),
            (
                len(self._pixels) - len(weights),
                len(self._pixels),
                shuffled[1],
            ),
            weights.sum(),
        )
