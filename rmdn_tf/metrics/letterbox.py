"""Fits maps into a frame of another shape, with black bars, as MSU's code does.

The picture keeps its aspect ratio, rounded down to whole pixels, and lies in
the middle.
"""

import functools

import numpy as np

from rmdn_tf.metrics.map_checks import check_counts, check_maps

# Rows and columns.
Size = tuple[int, int]


def letterbox_maps(maps: np.ndarray, size: Size) -> np.ndarray:
    """Resizes maps into a frame with black bars.

    Pixels are interpolated linearly between their centres, also where the maps
    shrink. The numbers are those of `cv2.resize` on float64, to the last digit
    in more than 99 of 100 pixels. (Where OpenCV has no IPP of Intel, it rounds
    positions to float32, and is up to 1e-4 of the range off.)

    Args:
        maps: float `[F, h, w]`, finite.
        size: (H, W) of the frame.

    Returns:
        float64 `[F, H, W]`, 0 in the bars.

    Raises:
        ValueError: a map is invalid, or too narrow to leave a pixel.
    """
    maps = check_maps(maps, "maps")
    rows, columns = _inside(maps.shape[1:], size)
    framed = np.zeros([len(maps), *size])
    left, right, share = _between(maps.shape[2], columns.stop - columns.start)
    across = _interpolate(maps[..., left], maps[..., right], share)
    top, bottom, share = _between(maps.shape[1], rows.stop - rows.start)
    framed[:, rows, columns] = _interpolate(
        across[:, top], across[:, bottom], share[:, None]
    )
    return framed


def letterbox_fixations(fixation_maps: np.ndarray, size: Size) -> np.ndarray:
    """Moves fixated pixels into a frame with black bars.

    Row i of h becomes row i * H / h of H, rounded; halves to even numbers. A
    pixel counts once, however many are moved to it.

    Args:
        fixation_maps: int `[F, h, w]`, number of fixations in each pixel.
        size: (H, W) of the frame.

    Returns:
        bool `[F, H, W]`, which pixels are fixated.

    Raises:
        ValueError: a map is invalid, or too narrow to leave a pixel.
    """
    shape = np.shape(fixation_maps)
    counts = check_counts(fixation_maps, shape)
    areas = _inside(shape[1:], size)
    frame, *places = np.nonzero(counts)
    moved = [
        area.start + _moved(place, old, area.stop - area.start)
        for place, old, area in zip(places, shape[1:], areas, strict=True)
    ]
    framed = np.zeros([len(counts), *size], bool)
    framed[frame, moved[0], moved[1]] = True
    return framed


def _moved(places: np.ndarray, old: int, new: int) -> np.ndarray:
    return np.minimum(np.rint(places * (new / old)).astype(np.int64), new - 1)


def _inside(old: tuple[int, ...], new: Size) -> tuple[slice, slice]:
    """Returns the rows and columns of the frame that the picture fills."""
    if old[0] / new[0] > old[1] / new[1]:
        rows, columns = new[0], old[1] * new[0] // old[0]
    else:
        rows, columns = old[0] * new[1] // old[1], new[1]
    if not rows or not columns:
        raise ValueError(
            "Invalid shape of maps. Expected a shape that leaves a pixel in "
            f"{new[0]} rows and {new[1]} columns. Received: {old}."
        )
    top, left = (new[0] - rows) // 2, (new[1] - columns) // 2
    return slice(top, top + rows), slice(left, left + columns)


@functools.lru_cache(maxsize=16)
def _between(old: int, new: int) -> tuple[np.ndarray, ...]:
    """Finds the old pixels around each new one, along an axis.

    Returns the two, int `[new]`, and the share of the second, float64 `[new]`.
    """
    position = _multiply_add(np.arange(new) + 0.5, old / new, -0.5)
    position = np.clip(position, 0, old - 1)
    first = np.minimum(np.floor(position).astype(np.int64), max(old - 2, 0))
    return first, np.minimum(first + 1, old - 1), position - first


def _interpolate(
    first: np.ndarray, second: np.ndarray, share: np.ndarray
) -> np.ndarray:
    if np.isin(share, (0, 0.5)).all():  # Then a product is exact, too.
        return first + share * (second - first)
    return _multiply_add(share, second - first, first)


def _multiply_add(
    a: np.ndarray, b: np.ndarray | float, c: np.ndarray | float
) -> np.ndarray:
    """Computes a * b + c, rounded only at the end.

    OpenCV uses an instruction of the processor for it. The last digit counts:
    interpolated greys of 8 bits often lie halfway between two greys, and the
    remapping rounds them.
    """
    product = a * b
    total = product + c
    # The rounding errors of the sum and the product, by Knuth and Dekker.
    of_c = total - product
    off_sum = (product - (total - of_c)) + (c - of_c)
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    off_product = a_high * b_high - product
    off_product = off_product + a_high * b_low + a_low * b_high + a_low * b_low
    return total + (off_sum + off_product)


def _halves(x: np.ndarray | float) -> tuple:
    """Splits numbers into two of half as many digits."""
    shifted = (2.0**27 + 1) * x
    high = shifted - (shifted - x)
    return high, x - high
