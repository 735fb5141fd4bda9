"""Areas of the frame: polygons, checked and cut to the visible part."""

import functools

import numpy as np
import numpy.typing as npt

# A larger polygon would take more than 100 MB for a moment.
MAX_POINTS = 1000

# Farther from the frame, in its widths and heights, points are taken for
# pixels.
MAX_DISTANCE = 10

# A millionth of the frame by a millionth.
_SMALLEST = 1e-12

# Distance from an edge to the points beside it: no two edges are so near.
_BESIDE = 1e-9

_FRAME = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def rectangle(
    left: float, top: float, right: float, bottom: float
) -> np.ndarray:
    """Makes the area of an upright rectangle.

    Args:
        left: x of the left side, in widths of the frame.
        top: y of the upper side, in heights of the frame.
        right: x of the right side, more than `left`.
        bottom: y of the lower side, more than `top`.

    Returns:
        float64 `[4, 2]`, the corners, for `Density.mass`.

    Raises:
        ValueError: a side is not finite, or the sides are out of order.
    """
    sides = np.array([left, top, right, bottom], np.float64)
    if not (np.isfinite(sides).all() and left < right and top < bottom):
        raise ValueError(
            "Invalid rectangle. Expected finite numbers left < right and top < "
            f"bottom. Received: left={left}, top={top}, right={right}, "
            f"bottom={bottom}."
        )
    return sides[[[0, 1], [2, 1], [2, 3], [0, 3]]]


def whole_frame() -> np.ndarray:
    """Returns the corners of the frame, float64 `[4, 2]`."""
    return _FRAME.copy()


def check_area(area: npt.ArrayLike) -> np.ndarray:
    """Checks that a polygon is an area.

    Its outline may touch itself but not cross itself: two parts that turn
    around differently would count against each other.

    Args:
        area: `[n, 2]`, the corners in order, x and y in [0, 1] of the frame.
            Corners outside the frame are fine. The last corner may repeat the
            first.

    Returns:
        The corners, float64 `[m, 2]`, clockwise as seen, without repetitions.

    Raises:
        ValueError: the shape is wrong, there are fewer than 3 different
            corners or more than `MAX_POINTS`, a number is not finite or
            farther than `MAX_DISTANCE` from the frame, or the outline crosses
            itself or encloses nothing.
    """
    try:
        points = np.array(area, np.float64)
    except (TypeError, ValueError) as error:
        raise _invalid("numbers [n, 2]", f"{area!r:.80}") from error
    if points.ndim != 2 or points.shape[1:] != (2,):
        raise _invalid("corners [n, 2]", f"an array of shape {points.shape}")
    if len(points) > MAX_POINTS:
        raise _invalid(f"at most {MAX_POINTS} corners", str(len(points)))
    if not np.isfinite(points).all():
        raise _invalid("finite numbers", "NaN or infinity")
    if len(points) and np.abs(points - 0.5).max() > MAX_DISTANCE + 0.5:
        x, y = points[np.abs(points - 0.5).max(1).argmax()]
        raise _invalid(
            "x and y from 0 to 1 over the frame",
            f"({x:g}, {y:g}), as of pixels",
        )
    points = points[(points != np.roll(points, 1, 0)).any(1)]
    if len(points) < 3:
        raise _invalid("3 or more different corners", str(len(points)))
    return _turned(points)


def _turned(points: np.ndarray) -> np.ndarray:
    """Returns the corners clockwise as seen, where y points down."""
    # Edge i -> [i, j]: on which side of its line corner j lies.
    ends = np.roll(points, -1, 0)
    side = _cross((ends - points)[:, None], points - points[:, None])
    passes = side * np.roll(side, -1, 1) < 0
    size = _cross(points, ends).sum() / 2
    if (passes & passes.T).any() or _overlaps(
        points, ends, 1 if size >= 0 else -1
    ):
        raise _invalid("an outline that does not cross itself", _text(points))
    if abs(size) < _SMALLEST:
        raise _invalid("an outline that encloses something", _text(points))
    return points if size > 0 else points[::-1]


def _overlaps(points: np.ndarray, ends: np.ndarray, turn: int) -> bool:
    """Tells whether parts of the area overlap, or turn in opposite ways.

    Looks at places beside the edges: the outline of an area goes around a place
    once or not at all.
    """
    along = ends - points
    normal = np.stack([-along[:, 1], along[:, 0]], -1)
    normal *= _BESIDE / np.linalg.norm(normal, axis=1, keepdims=True)
    middle = (points + ends) / 2
    places = np.concatenate([middle - normal, middle + normal])[:, None]
    is_left = _cross(along, places - points)
    below, above = points[:, 1] <= places[..., 1], ends[:, 1] > places[..., 1]
    rises = below & above & (is_left > 0)
    falls = ~below & ~above & (is_left < 0)
    times = turn * (rises.sum(1) - falls.sum(1))
    return bool(((times < 0) | (times > 1)).any())


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]


def _text(points: np.ndarray) -> str:
    shown = ", ".join(f"({x:g}, {y:g})" for x, y in points[:6])
    return f"{shown}, ..." if len(points) > 6 else shown


def _invalid(expected: str, received: str) -> ValueError:
    return ValueError(
        f"Invalid area. Expected {expected}. Received: {received}."
    )


def visible_part(area: npt.ArrayLike) -> np.ndarray:
    """Checks an area and cuts it to the frame.

    Args:
        area: see `check_area`.

    Returns:
        float64 `[m, 2]`, corners in [0, 1], clockwise as seen; m is 0 outside
        the frame. Two parts are joined by edges there and back again along the
        border. The array may be read-only.

    Raises:
        ValueError: the area is invalid; see `check_area`.
    """
    if isinstance(area, np.ndarray) and area.dtype == np.float64:
        return _visible_part(area.tobytes(), area.shape)
    return _cut_to_frame(check_area(area))


@functools.lru_cache(1024)
def _visible_part(data: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """Remembers areas, which stay the same from frame to frame."""
    points = _cut_to_frame(check_area(np.frombuffer(data).reshape(shape)))
    points.setflags(write=False)  # Others get the same array.
    return points


def _cut_to_frame(points: np.ndarray) -> np.ndarray:
    """Cuts a polygon at the borders of the frame (Sutherland and Hodgman)."""
    for axis, border, sign in ((0, 0, 1), (0, 1, -1), (1, 0, 1), (1, 1, -1)):
        depth = sign * (points[:, axis] - border)
        next_points, next_depth = np.roll(points, -1, 0), np.roll(depth, -1)
        is_in = depth >= 0
        leaves = is_in != (next_depth >= 0)
        way = depth / np.where(leaves, depth - next_depth, 1)
        between = points + way[:, None] * (next_points - points)
        between[:, axis] = border
        both = np.stack([points, between], 1)
        points = both[np.stack([is_in, leaves], 1)]
    return points
