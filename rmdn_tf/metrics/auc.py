"""AUC, the area under the ROC curve, exact and without sorting the map.

The area is the chance that a fixation lies on a higher value than a negative;
ties count half (Mann-Whitney). The negatives are:

- Judd: the pixels without a fixation;
- Borji: all pixels, the limit of random draws;
- shuffled: the fixations of other videos.

To count the fixations above each pixel, pixels are dealt into narrow bins
between the lowest and the highest fixated value. Only pixels that share a bin
with a fixation are compared with it. Sorting takes 2 to 20 times as long.
"""

import dataclasses

import numpy as np

# Bins from the lowest to the highest fixated value; bin 0 lies below.
_NUM_BINS = 4096

# The bin above the highest fixated value.
_TOP = _NUM_BINS + 2


class FixationsAbove:
    """Counts the fixations that lie on higher values, for each of P pixels.

    A call takes the values of a map, float32 or float64 `[P]` without NaN, and
    the values at the n > 0 fixations, `[n]` of the same dtype. It returns
    float64 `[P]`; equal values count half. The next call overwrites the result:
    threads must not share an object.
    """

    def __init__(self, num_pixels: int):
        self._positions = {
            dtype: np.empty(num_pixels, dtype)
            for dtype in (np.dtype(np.float32), np.dtype(np.float64))
        }
        self._single = np.empty(num_pixels, np.float32)
        self._rounded = np.empty(num_pixels, np.int32)
        self._bins = np.empty(num_pixels, np.intp)
        self._above = np.empty(num_pixels)

    def __call__(self, pixels: np.ndarray, values: np.ndarray) -> np.ndarray:
        values = np.sort(values)
        # Values that overflow fall into the outermost bin.
        with np.errstate(over="ignore"):
            bins_of_values = self._deal(pixels, values)
        counts = np.bincount(bins_of_values, minlength=_TOP + 1)
        of_bins = (len(values) - np.cumsum(counts)).astype(np.float64)
        of_bins[bins_of_values] = np.nan  # To be compared.
        # Other modes allocate an array.
        above = np.take(of_bins, self._bins, out=self._above, mode="clip")
        shared = np.flatnonzero(np.isnan(above))
        above[shared] = self._compare(pixels, values, bins_of_values, shared)
        return above

    def _compare(
        self,
        pixels: np.ndarray,
        values: np.ndarray,
        bins_of_values: np.ndarray,
        shared: np.ndarray,
    ) -> np.ndarray:
        """Counts the values above the pixels `shared`, which share bins."""
        pixels, bins = pixels[shared], self._bins[shared]
        last = np.zeros(_TOP + 1, np.intp)
        last[bins_of_values] = np.arange(len(values))
        last = np.take(last, bins, mode="clip")
        # Ties need no search; maps of few levels consist of them.
        above = len(values) - _midranks(values, values)[last]
        searched = np.flatnonzero(pixels != values[last])
        above[searched] = len(values) - _midranks(values, pixels[searched])
        return above

    def _deal(self, pixels: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Deals pixels into `self._bins`; returns the bins of sorted values."""
        # No step changes the order: a higher bin holds higher values.
        if values[0] >= 0:
            # A density spans decades, and steps of the bits are nearly steps
            # of the logarithm.
            position = self._positions[np.dtype(np.float32)]
            pixels = _bits(pixels, self._single, position)
            values = _bits(values, *np.empty([2, len(values)], np.float32))
        position = self._positions[pixels.dtype]
        low, scale = _stretch(values)
        _positions(pixels, low, scale, position)
        # Two steps, since processors cannot do both in one.
        np.copyto(self._rounded, position, casting="unsafe")
        np.copyto(self._bins, self._rounded)
        return np.clip(
            _positions(values, low, scale, values.copy()), 0, _TOP
        ).astype(np.intp)


def _midranks(values: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Counts the sorted values below each query; ties count half."""
    below = np.searchsorted(values, queries, side="left")
    return (below + np.searchsorted(values, queries, side="right")) / 2


def _bits(
    numbers: np.ndarray, single: np.ndarray, out: np.ndarray
) -> np.ndarray:
    """Reads non-negative numbers as integers; negative ones stay negative."""
    np.add(numbers, 0, out=single, casting="same_kind")  # -0 becomes 0.
    np.copyto(out, single.view(np.int32), casting="same_kind")
    return out


def _stretch(values: np.ndarray) -> tuple[np.floating, np.floating]:
    """Returns the value at which bin 0 begins, and the bins per unit."""
    # The lowest value falls in the middle of bin 1 (so 1.5), the highest in the
    # middle of the last bin but one.
    limits = np.finfo(values.dtype)
    span = np.float64(values[-1]) - np.float64(values[0])
    scale = np.float64(_NUM_BINS) / max(span, _NUM_BINS / limits.max)
    scale = values.dtype.type(max(scale, limits.tiny))
    below = np.nextafter(values[0], -limits.max)
    return min(values[0] - values.dtype.type(1.5) / scale, below), scale


def _positions(
    numbers: np.ndarray, low: np.floating, scale: np.floating, out: np.ndarray
) -> np.ndarray:
    np.subtract(numbers, low, out=out)
    np.multiply(out, scale, out=out)
    # Most maps need no clipping to become integers, and it is slow.
    if out.max() > 2.0**30 or out.min() < -(2.0**30):
        np.maximum(out, out.dtype.type(0), out=out)
        np.minimum(out, out.dtype.type(_TOP), out=out)
    return out


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
    above: np.ndarray,
    fixated: np.ndarray,
    num_fixations: int,
    others: np.ndarray | None = None,
) -> Areas:
    """Averages counts of `FixationsAbove`, `[P]`, over each set of negatives.

    `fixated` are the pixels with a fixation, each once. `others`, float64
    `[P]`, are the fixations of other videos in each pixel.
    """
    total = above.sum()
    shuffled = (0.0, 0.0) if others is None else (above @ others, others.sum())
    return Areas.of_sums(
        (total - above[fixated].sum(), total, shuffled[0]),
        (len(above) - len(fixated), len(above), shuffled[1]),
        num_fixations,
    )


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
        among_fixated = weights @ _midranks(np.sort(of_fixated), of_fixated)
        shuffled = (0.0, 0.0)
        if self._others_below is not None:
            num_others = self._others_below[below] + self._others_below[up_to]
            shuffled = (weights @ num_others / 2, self._others_below[-1])
        return Areas.of_sums(
            (total - among_fixated, total, shuffled[0]),
            (
                len(self._pixels) - len(weights),
                len(self._pixels),
                shuffled[1],
            ),
            weights.sum(),
        )
