"""Resizing pixel by pixel, as a reference."""

import numpy as np


def resized(frame, size):
    """Resizes `[H, W, ...]` to `[h, w, ...]` in double precision, unrounded."""
    rows = resized_rows(np.asarray(frame, np.float64), size[0])
    return resized_rows(rows.swapaxes(0, 1), size[1]).swapaxes(0, 1)


def resized_rows(rows, number):
    one = averaged if len(rows) > number else interpolated
    return np.stack([one(rows, at, number) for at in range(number)])


def averaged(rows, at, number):
    """Mean of all rows between two places that lie inside rows."""
    begin, end = (place * len(rows) / number for place in (at, at + 1))
    total = 0
    for row, values in enumerate(rows):
        total = total + values * max(0, min(end, row + 1) - max(begin, row))
    return total / (end - begin)


def interpolated(rows, at, number):
    """Value between the centres of two rows; the last rows go on."""
    centre = (at + 0.5) * len(rows) / number - 0.5
    before = int(np.floor(centre))
    share = centre - before
    first, second = np.clip([before, before + 1], 0, len(rows) - 1)
    return rows[first] * (1 - share) + rows[second] * share
