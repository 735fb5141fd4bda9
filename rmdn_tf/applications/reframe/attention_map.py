"""Attention that a crop holds: sums of a map over rectangles, all at once."""

import numpy as np

# Cells along the longer side of the map. A crop may begin inside a cell.
LONGER_SIDE = 64

# Cells along the shorter side, at least.
_LEAST_SIDE = 8


def map_size(frame_size: tuple[int, int]) -> tuple[int, int]:
    """Returns (rows, columns) of the map for a frame of (height, width)."""
    longer = max(frame_size)
    rows, columns = (
        max(_LEAST_SIDE, round(LONGER_SIDE * side / longer))
        for side in frame_size
    )
    return rows, columns


def summed(saliency_map: np.ndarray) -> np.ndarray:
    """Sums a map from its corner: four sums give that of any rectangle.

    Args:
        saliency_map: float `[H, W]`, 0 or more, of any scale.

    Returns:
        float32 `[H + 1, W + 1]`, from 0 to 1.
    """
    sums = np.cumsum(np.cumsum(saliency_map, 0, np.float64), 1)
    sums = np.pad(sums, ((1, 0), (1, 0)))
    return (sums / sums[-1, -1]).astype(np.float32)


def between(begin: np.ndarray, end: np.ndarray, num_cells: int) -> np.ndarray:
    """Returns rows that take the difference of a sum at two places of an axis.

    Args:
        begin: float `[n]`, in [0, 1] of the axis.
        end: float `[n]`, likewise.
        num_cells: cells of the axis.

    Returns:
        float32 `[n, num_cells + 1]`: multiplied by a sum over the axis, it
        gives what lies from `begin` to `end`.
    """
    return _at(end, num_cells) - _at(begin, num_cells)


def _at(places: np.ndarray, num_cells: int) -> np.ndarray:
    """Returns rows that interpolate a sum at places, `[n, num_cells + 1]`."""
    distance = np.asarray(places)[:, None] * num_cells - np.arange(
        num_cells + 1
    )
    return np.maximum(0, 1 - np.abs(distance)).astype(np.float32)


def share_in(sums: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Returns the share of attention inside one rectangle of each map.

    Args:
        sums: float32 `[n, H + 1, W + 1]`, of `summed`.
        boxes: float `[n, 4]`: x and y of the corner, width, height, in [0, 1].

    Returns:
        float `[n]`, in [0, 1].
    """
    rows, columns = (size - 1 for size in sums.shape[1:])
    x, y, width, height = np.asarray(boxes).T
    across, down = between(x, x + width, columns), between(y, y + height, rows)
    return np.einsum("nh,nhw,nw->n", down, sums, across)


def shares_along(
    sums: np.ndarray,
    axis: int,
    centres: np.ndarray,
    lengths: np.ndarray,
    begins: np.ndarray,
    ends: np.ndarray,
) -> np.ndarray:
    """Returns the share of attention for every place of a crop along an axis.

    Args:
        sums: float32 `[n, H + 1, W + 1]`, of `summed`.
        axis: 0 for x, 1 for y.
        centres: float `[m]`, places of the crop's centre, in [0, 1].
        lengths: float `[n]`, of the crop along the axis.
        begins: float `[n]`, where the crop begins along the other axis.
        ends: float `[n]`, where it ends there.

    Returns:
        float `[n, m]`. A crop that juts out of the frame is moved inside.
    """
    if axis == 0:
        sums = sums.swapaxes(1, 2)
    cells, others = (size - 1 for size in sums.shape[1:])
    band = np.einsum("nlo,no->nl", sums, between(begins, ends, others))
    half = lengths[:, None] / 2
    inside = np.clip(centres, half, np.maximum(half, 1 - half))
    left, right = ((inside + sign * half) * cells for sign in (-1, 1))
    return _interpolated(band, right) - _interpolated(band, left)


def _interpolated(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Interpolates each row, `[n, l]`, at its places, `[n, m]`."""
    whole = np.clip(places.astype(int), 0, rows.shape[1] - 2)
    part = np.clip(places - whole, 0, 1)
    low = np.take_along_axis(rows, whole, 1)
    return low + part * (np.take_along_axis(rows, whole + 1, 1) - low)


def shares_everywhere(
    sums: np.ndarray, height: float, width: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the share of attention for many places of a crop in the frame.

    Args:
        sums: float32 `[n, H + 1, W + 1]`, of `summed`.
        height: of the crop, in (0, 1] of the frame.
        width: of the crop, likewise.

    Returns:
        The shares, float `[n, r, c]`; where the crops begin along y, `[r]`,
        and along x, `[c]`.
    """
    rows, columns = (size - 1 for size in sums.shape[1:])
    y, x = _begins(height, rows), _begins(width, columns)
    down = between(y, y + height, rows)
    across = between(x, x + width, columns)
    return down @ sums @ across.T, y, x


def _begins(length: float, num_cells: int) -> np.ndarray:
    """Returns places where a crop of a length may begin, about one a cell."""
    free = max(0.0, 1 - length)
    return np.linspace(0, free, 1 + int(np.ceil(free * num_cells)))
