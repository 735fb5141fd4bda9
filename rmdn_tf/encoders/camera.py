"""The camera's motion between two pictures: a translation and a zoom.

Phase correlation proposes translations. A robust fit of the whole picture, from
coarse to fine, refines each and finds the zoom; the one that fits best is kept.
Objects that move by themselves fit badly and lose their weight. Pictures are
compared by local contrast, so that a plain background counts as much as the
players before it, and brightness does not count.
"""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from rmdn_tf.encoders.phase_correlation import propose_shifts

# Translations that phase correlation proposes; the fit also tries none.
_NUM_SHIFTS = 2

# Steps of the fit at each size of the pictures, the smallest size first. Each
# size is half of the next one. No side is shorter than `_SMALLEST` pixels.
_STEPS = (6, 4, 2)
_SMALLEST = 12

# A contrast is relative to a neighbourhood of this many pixels to a side, and
# below this deviation it is noise.
_NEIGHBOURHOOD = 11
_NOISE = 0.02

# A difference of local contrast that counts half of the largest misfit.
_HALF = 0.2

# Part of the normal equations that keeps pictures without texture in place.
_RIDGE = 2.5e-3

_MAX_ZOOM = 0.3


class Camera(NamedTuple):
    """Where the points of present pictures were in earlier ones.

    A point p, in half sides from the centre, was at (1 + zoom) p + shift.

    Attributes:
        shift: float32 `[n, 2]`, (x, y) in half sides.
        zoom: float32 `[n]`, below 0 where the camera has zoomed in.
    """

    shift: tf.Tensor
    zoom: tf.Tensor


def estimate_camera(now: tf.Tensor, then: tf.Tensor) -> Camera:
    """Estimates the camera's motion from earlier pictures to present ones.

    Args:
        now: float32 `[n, h, w]`, grey; white is 1 above black.
        then: float32 `[m n, h, w]`, m earlier pictures for each present one:
            first one of each, then another of each.

    Returns:
        The motion of each of the m n pairs: exactly 0 if both pictures are the
        same, or flat.
    """
    number = tf.shape(now)[0]
    contrast = _local_contrast(tf.concat([now, then], 0))
    sizes = [contrast]
    while len(sizes) < len(_STEPS) and _can_halve(sizes[0].shape):
        sizes.insert(0, _halve(sizes[0]))
    shifts = propose_shifts(contrast[:number], contrast[number:], _NUM_SHIFTS)
    sizes = [_pairs(one, number) for one in sizes]
    shifts = tf.concat([tf.zeros_like(shifts[:1]), shifts], 0)
    shifts = tf.reshape(shifts, [-1, 2])
    camera = Camera(shifts, tf.zeros_like(shifts[:, 0]))
    steps = _STEPS[-len(sizes) :]
    for (now, then), number in zip(sizes[:-1], steps, strict=False):
        camera = _fit(camera, _for_each(now), _for_each(then), number)
    camera = _best(camera, *(sizes[-2] if sizes[1:] else sizes[-1]))
    now, then = sizes[-1]
    return _fit(camera, now, then, steps[-1])


def tile_like(now: tf.Tensor, then: tf.Tensor) -> tf.Tensor:
    """Repeats `[n, ...]` to the first axis of `[m n, ...]`."""
    times = tf.shape(then)[0] // tf.shape(now)[0]
    return tf.tile(now, [times, *(1 for _ in now.shape[1:])])


def warp(pictures: tf.Tensor, camera: Camera) -> tuple[tf.Tensor, tf.Tensor]:
    """Moves earlier pictures to where the camera sees their points now.

    Args:
        pictures: float32 `[n, h, w]` or, in planes of colour, `[n, c, h, w]`.
        camera: their motion, which may come from pictures of another size.

    Returns:
        The moved pictures, and float32 `[n, h, w]`: 0 where a point lies
        outside the earlier picture, otherwise 1.
    """
    *planes, height, width = pictures.shape[1:]
    rows = _interpolation(camera.shift[:, 1], camera.zoom, height)
    columns = _interpolation(camera.shift[:, 0], camera.zoom, width)
    if planes:
        moved = _swap_axes(rows @ _swap_axes(pictures, height), *planes)
    else:
        moved = rows @ pictures
    # A product that repeats matrices, `columns[:, None]`, is wrong in
    # TensorFlow.js.
    moved = tf.reshape(moved, [-1, math.prod([*planes, height]), width])
    moved = tf.matmul(moved, columns, transpose_b=True)
    moved = tf.reshape(moved, [-1, *planes, height, width])
    inside = [
        _is_inside(camera.shift[:, axis], camera.zoom, side)
        for axis, side in ((1, height), (0, width))
    ]
    return moved, inside[0][:, :, None] * inside[1][:, None]


def _swap_axes(pictures, number: int):
    """Swaps the first two axes of `[n, a, b, w]`, as `[n, b, a w]`.

    Axes may come joined, as `[n, a, b w]`; `number` is b.
    """
    first = pictures.shape[1]
    width = math.prod(pictures.shape[2:]) // number
    pictures = tf.reshape(pictures, [-1, first, number, width])
    swapped = tf.transpose(pictures, [0, 2, 1, 3])
    return tf.reshape(swapped, [-1, number, first * width])


def neighbourhood_means(pictures: tf.Tensor, size: int) -> tf.Tensor:
    """Averages `[n, c, h, w]` over `size` x `size` pixels around each pixel.

    Pixels outside do not count. A product with a constant matrix for each axis
    takes a fifth of the time of a pooling of few channels.
    """
    _, planes, height, width = pictures.shape
    rows = _averages(height, size) @ tf.reshape(pictures, [-1, height, width])
    columns = tf.reshape(rows, [-1, width]) @ _averages(width, size).T
    return tf.reshape(columns, [-1, planes, height, width])


def _averages(side: int, size: int) -> np.ndarray:
    """Returns the matrix `[side, side]` of means of neighbourhoods."""
    pixel = np.arange(side)
    near = abs(pixel - pixel[:, None]) <= size // 2
    return (near / near.sum(1, keepdims=True)).astype(np.float32)


def gradients(pictures: tf.Tensor) -> tf.Tensor:
    """Computes the slopes of `[n, h, w]` along x and y, per half side.

    Returns:
        float32 `[n, 2, h, w]`.
    """
    height, width = pictures.shape[1:]
    padded = tf.pad(pictures, [[0, 0], [1, 1], [1, 1]], "SYMMETRIC")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    return tf.stack([across * (width / 4), down * (height / 4)], 1)


def _for_each(pictures):
    """Repeats pictures for each proposal."""
    return tf.tile(pictures, [1 + _NUM_SHIFTS, 1, 1])


def _pairs(pictures, number):
    """Splits `[n + m n, h, w]` into m n present and m n earlier pictures."""
    then = pictures[number:]
    return tile_like(pictures[:number], then), then


def _can_halve(shape) -> bool:
    return min(shape[1:]) >= 2 * _SMALLEST


def _halve(pictures):
    return _pool(pictures, 2, 2, "VALID")


def _pool(pictures, size, stride: int, padding: str):
    pooled = tf.nn.avg_pool2d(pictures[..., None], size, stride, padding)
    return pooled[..., 0]


def _local_contrast(pictures):
    """Subtracts the mean around each pixel, and divides by the deviation."""
    both = tf.stack([pictures, pictures**2], 1)  # [n, 2, h, w]
    mean, square = tf.unstack(neighbourhood_means(both, _NEIGHBOURHOOD), axis=1)
    variance = square - mean**2
    return (pictures - mean) / tf.sqrt(tf.nn.relu(variance) + _NOISE**2)


def _interpolation(shift, zoom, size: int):
    """Returns matrices `[n, size, size]` that interpolate along an axis."""
    pixel = np.arange(size, dtype=np.float32)
    # No motion gives exactly the identity.
    distance = pixel - pixel[:, None] - _moved(shift, zoom, size)[:, :, None]
    return tf.nn.relu(1 - tf.abs(distance))


def _moved(shift, zoom, size: int):
    """Returns how far each pixel of an axis has moved, `[n, size]`."""
    pixel = np.arange(size, dtype=np.float32)
    moved = zoom[:, None] * (pixel - (size - 1) / 2)
    return moved + shift[:, None] * (size / 2)


def _is_inside(shift, zoom, size: int):
    """Returns 1.0 where the earlier pixel is at most 0.001 outside."""
    place = np.arange(size, dtype=np.float32) + _moved(shift, zoom, size)
    outside = tf.abs(place - (size - 1) / 2) - (size - 1) / 2
    return tf.cast(tf.greater(0.001, outside), tf.float32)


def _best(cameras: Camera, now, then) -> Camera:
    """Chooses the proposal, of 1 + _NUM_SHIFTS, that fits best."""
    moved, known = warp(_for_each(then), cameras)
    square = (_for_each(now) - moved) ** 2
    misfit = tf.reduce_sum(known * square / (square + _HALF**2), [1, 2])
    misfit /= tf.reduce_sum(known, [1, 2]) + 1
    misfit = tf.reshape(misfit, [1 + _NUM_SHIFTS, -1])
    number = tf.shape(now)[0]
    index = tf.argmin(misfit, 0, tf.int32) * number + tf.range(number)
    return Camera(*(tf.gather(one, index) for one in cameras))


def _fit(camera: Camera, now, then, num_steps: int) -> Camera:
    """Takes Gauss-Newton steps of robust least squares."""
    height, width = now.shape[1:]
    places = np.zeros((2, height, width), np.float32)
    places[0], places[1] = _positions(width), _positions(height)[:, None]
    for _ in range(num_steps):
        moved, known = warp(then, camera)
        difference = now - moved
        slopes = gradients((now + moved) / 2)
        zoomed = tf.reduce_sum(slopes * places, 1)
        columns = tf.concat([slopes, zoomed[:, None], difference[:, None]], 1)
        step = _solve(columns, _weights(difference, known))
        shift = tf.clip_by_value(camera.shift + step[:, :2], -1.0, 1.0)
        zoom = camera.zoom + step[:, 2]
        camera = Camera(shift, tf.clip_by_value(zoom, -_MAX_ZOOM, _MAX_ZOOM))
    return camera


def _positions(size: int) -> np.ndarray:
    """Returns the centres of pixels, in half sides from the centre."""
    return ((2 * np.arange(size) + 1 - size) / size).astype(np.float32)


def _weights(difference, known):
    """Gives pixels that differ much a small weight, `[n, h, w]`."""
    weights = known
    for _ in range(2):
        mean = tf.reduce_sum(weights * tf.abs(difference), [1, 2]) / (
            tf.reduce_sum(weights, [1, 2]) + 1e-6
        )
        scale = 2 * mean[:, None, None] + 0.015
        weights = known / (1 + (difference / scale) ** 2) ** 2
    return weights


def _solve(columns, weights):
    """Solves weighted least squares for three unknowns, `[n, 3]`.

    Args:
        columns: `[n, 4, h, w]`, three slopes and the difference that their
            sum should explain.
        weights: `[n, h, w]`.
    """
    num_pixels = math.prod(columns.shape[2:])
    weighted = tf.reshape(columns * weights[:, None], [-1, 4, num_pixels])
    columns = tf.reshape(columns, [-1, 4, num_pixels])
    means = tf.matmul(weighted, columns, transpose_b=True) / num_pixels
    matrix = tf.reshape(
        means[:, :3, :3] + _RIDGE * np.eye(3, dtype="f"), [-1, 9]
    )
    right = means[:, :3, 3]
    # The inverse of a symmetric matrix by its adjugate.
    first, second, third, fourth = (
        tf.gather(matrix, index, axis=1) for index in _minors()
    )
    adjugate = tf.reshape(first * second - third * fourth, [-1, 3, 3])
    determinant = tf.reduce_sum(matrix[:, :3] * adjugate[:, 0], 1)
    step = tf.reduce_sum(adjugate * right[:, None], 2)
    return step / determinant[:, None]


def _minors() -> np.ndarray:
    """Returns which entries of a 3x3 matrix make its minors, int32 `[4, 9]`.

    A minor is the product of the first two minus that of the last two.
    """
    row, column = np.indices((3, 3), np.int32)
    below, right = (row + 1) % 3, (column + 1) % 3
    last, end = (row + 2) % 3, (column + 2) % 3
    pairs = (below, right), (last, end), (below, end), (last, right)
    return np.stack([(3 * one + other).ravel() for one, other in pairs])
