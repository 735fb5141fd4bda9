"""The camera's motion between two pictures: a translation and a zoom.

Phase correlation proposes translations. A robust fit of the whole picture, from
coarse to fine, refines each and finds the zoom; the one that fits best is kept.
Objects that move by themselves fit badly and lose their weight. Pictures are
compared by local contrast, so that a plain background counts as much as the
players before it, and brightness does not count.
"""

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
        then: float32 `[n, h, w]`, the earlier pictures.

    Returns:
        The motion of each pair: exactly 0 if both pictures are the same, or
        flat.
    """
    sizes = [(_local_contrast(now), _local_contrast(then))]
    while len(sizes) < len(_STEPS) and _can_halve(sizes[0][0].shape):
        sizes.insert(0, tuple(map(_halve, sizes[0])))
    shifts = propose_shifts(*sizes[-1], _NUM_SHIFTS)
    shifts = tf.concat([tf.zeros_like(shifts[:1]), shifts], 0)
    shifts = tf.reshape(shifts, [-1, 2])
    camera = Camera(shifts, tf.zeros_like(shifts[:, 0]))
    steps = _STEPS[-len(sizes) :]
    for (now, then), number in zip(sizes[:-1], steps, strict=False):
        camera = _fit(camera, _for_each(now), _for_each(then), number)
    camera = _best(camera, *(sizes[-2] if sizes[1:] else sizes[-1]))
    now, then = sizes[-1]
    return _fit(camera, now, then, steps[-1])


def warp(pictures: tf.Tensor, camera: Camera) -> tuple[tf.Tensor, tf.Tensor]:
    """Moves earlier pictures to where the camera sees their points now.

    Args:
        pictures: float32 `[n, h, w]` or `[n, h, w, c]`.
        camera: their motion, which may come from pictures of another size.

    Returns:
        The moved pictures, and float32 `[n, h, w]`: 0 where a point lies
        outside the earlier picture, otherwise 1.
    """
    height, width, *channels = pictures.shape[1:]
    rows = _interpolation(camera.shift[:, 1], camera.zoom, height)
    columns = _interpolation(camera.shift[:, 0], camera.zoom, width)
    if channels:
        moved = rows @ tf.reshape(pictures, [-1, height, width * channels[0]])
        moved = _swap_axes(moved, height, width)
        moved = _swap_axes(columns @ moved, width, height)
        moved = tf.reshape(moved, [-1, height, width, *channels])
    else:
        moved = tf.matmul(rows @ pictures, columns, transpose_b=True)
    inside = [
        tf.cast(tf.reduce_sum(one, 2) > 0.999, tf.float32)
        for one in (rows, columns)
    ]
    return moved, inside[0][:, :, None] * inside[1][:, None]


def _swap_axes(pictures, first: int, last: int):
    """Swaps the axes of `[n, first, last c]` to `[n, last, first c]`.

    A product that repeats matrices, `columns[:, None] @ pictures`, is wrong in
    TensorFlow.js.
    """
    channels = pictures.shape[2] // last
    pictures = tf.reshape(pictures, [-1, first, last, channels])
    swapped = tf.transpose(pictures, [0, 2, 1, 3])
    return tf.reshape(swapped, [-1, last, first * channels])


def gradients(pictures: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes the slopes of `[n, h, w]` along x and y, per pixel."""
    padded = tf.pad(pictures, [[0, 0], [1, 1], [1, 1]], "SYMMETRIC")
    across = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    down = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    return across, down


def _for_each(pictures):
    """Repeats pictures for each proposal."""
    return tf.tile(pictures, [1 + _NUM_SHIFTS, 1, 1])


def _can_halve(shape) -> bool:
    return min(shape[1:]) >= 2 * _SMALLEST


def _halve(pictures):
    return _pool(pictures, 2, 2, "VALID")


def _pool(pictures, size, stride: int, padding: str):
    pooled = tf.nn.avg_pool2d(pictures[..., None], size, stride, padding)
    return pooled[..., 0]


def _local_contrast(pictures):
    """Subtracts the mean around each pixel, and divides by the deviation."""
    mean, square = _around(pictures), _around(pictures**2)
    variance = square - mean**2
    return (pictures - mean) / tf.sqrt(tf.nn.relu(variance) + _NOISE**2)


def _around(pictures):
    """Computes means of neighbourhoods, along one axis after the other."""
    rows = _pool(pictures, (_NEIGHBOURHOOD, 1), 1, "SAME")
    return _pool(rows, (1, _NEIGHBOURHOOD), 1, "SAME")


def _interpolation(shift, zoom, size: int):
    """Returns matrices `[n, size, size]` that interpolate along an axis."""
    pixel = np.arange(size, dtype=np.float32)
    moved = zoom[:, None] * (pixel - (size - 1) / 2)
    moved += shift[:, None] * (size / 2)
    # No motion gives exactly the identity.
    distance = pixel - pixel[:, None] - moved[:, :, None]
    return tf.nn.relu(1 - tf.abs(distance))


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
    x, y = _positions(width), _positions(height)[:, None]
    for _ in range(num_steps):
        moved, known = warp(then, camera)
        difference = now - moved
        across, down = gradients((now + moved) / 2)
        across, down = across * (width / 2), down * (height / 2)
        slopes = [across, down, across * x + down * y]
        step = _solve(slopes, difference, _weights(difference, known))
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


def _solve(slopes, difference, weights):
    """Solves weighted least squares for three unknowns, `[n, 3]`."""

    def mean(value):
        return tf.reduce_mean(weights * value, [1, 2])

    (a, b, c), (_, d, e), (_, _, f) = (
        [mean(one * other) + _RIDGE * (one is other) for other in slopes]
        for one in slopes
    )
    right = tf.stack([mean(one * difference) for one in slopes], 1)
    # The inverse of [[a, b, c], [b, d, e], [c, e, f]] by its adjugate.
    adjugate = [
        [d * f - e * e, c * e - b * f, b * e - c * d],
        [c * e - b * f, a * f - c * c, b * c - a * e],
        [b * e - c * d, b * c - a * e, a * d - b * b],
    ]
    determinant = a * adjugate[0][0] + b * adjugate[0][1] + c * adjugate[0][2]
    adjugate = tf.stack([tf.stack(row, 1) for row in adjugate], 1)
    step = tf.reduce_sum(adjugate * right[:, None], 2)
    return step / determinant[:, None]
