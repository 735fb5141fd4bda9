"""Translations between two pictures, by phase correlation.

A Fourier transform is two multiplications by a constant matrix, which every
runtime has.
"""

import numpy as np
import tensorflow as tf

# Translations are proposed up to this share of a side.
_MAX_SHIFT = 0.45

# Pixels around a peak that belong to it.
_PEAK_RADIUS = 2


def propose_shifts(now: tf.Tensor, then: tf.Tensor, number: int) -> tf.Tensor:
    """Finds the most probable translations between pictures.

    Args:
        now: float32 `[n, h, w]`, the present pictures.
        then: float32 `[n, h, w]`, earlier pictures.
        number: P, how many translations to find.

    Returns:
        float32 `[P, n, 2]`, in half sides: (x, y) from a point of the present
        picture to the same point of the earlier one, the best first. 0 stands
        for a translation of more than 0.45 sides.
    """
    height, width = now.shape[1:]
    peaks = tf.reshape(_correlate(now, then), [-1, height * width])
    place = tf.range(height * width)
    shifts = []
    for _ in range(number):
        index = tf.argmax(peaks, 1, tf.int32)
        row, column = index // width, index % width
        shift = tf.stack([_signed(column, width), _signed(row, height)], 1)
        shift *= 2 / np.array([width, height], np.float32)
        near = tf.abs(shift) <= 2 * _MAX_SHIFT
        allowed = tf.reduce_all(near, 1, keepdims=True)
        shifts.append(tf.where(allowed, shift, 0.0))
        # Runtimes differ in the remainder of a negative number.
        down = place // width - row[:, None] + height
        across = place % width - column[:, None] + width
        down = _signed(down % height, height)
        across = _signed(across % width, width)
        distance = tf.maximum(tf.abs(down), tf.abs(across))
        peaks = tf.where(distance <= _PEAK_RADIUS, -np.inf, peaks)
    return tf.stack(shifts)


def _signed(index: tf.Tensor, size: int) -> tf.Tensor:
    """Turns an index of the correlation, in [0, size), into pixels."""
    index = tf.where(index > size // 2, index - size, index)
    return tf.cast(index, tf.float32)


def _correlate(now: tf.Tensor, then: tf.Tensor) -> tf.Tensor:
    """Correlates the phases, `[n, h, w]`; a peak lies at a shift."""
    window = _window(now.shape[1])[:, None] * _window(now.shape[2])
    (a, b), (c, d) = (
        _transform(
            window * (one - tf.reduce_mean(one, [1, 2], keepdims=True)),
            tf.zeros_like(one),
        )
        for one in (now, then)
    )
    real, imaginary = a * c + b * d, a * d - b * c
    magnitude = tf.sqrt(real**2 + imaginary**2)
    # Weak frequencies are noise and count less.
    floor = 0.1 * tf.reduce_mean(magnitude, [1, 2], keepdims=True) + 1e-9
    real, imaginary = (
        real / (magnitude + floor),
        imaginary / (magnitude + floor),
    )
    # The inverse transform, apart from a factor.
    return _transform(real, -imaginary)[0]


def _window(size: int) -> np.ndarray:
    """Returns a window that falls to 0 at both ends."""
    pixel = np.arange(size) + 0.5
    ramp = np.minimum(np.minimum(pixel, size - pixel) / (size / 4), 1)
    return (0.5 - 0.5 * np.cos(np.pi * ramp)).astype(np.float32)


def _transform(real: tf.Tensor, imaginary: tf.Tensor) -> tuple:
    """Computes the DFT of `[n, h, w]`, the real and the imaginary part."""
    rows, columns = map(_dft, real.shape[1:])
    real, imaginary = (
        rows[0] @ real - rows[1] @ imaginary,
        rows[0] @ imaginary + rows[1] @ real,
    )
    return (
        real @ columns[0] - imaginary @ columns[1],
        real @ columns[1] + imaginary @ columns[0],
    )


def _dft(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the symmetric matrix of a DFT, real and imaginary part."""
    turns = np.outer(np.arange(size), np.arange(size)) % size / size
    angle = 2 * np.pi * turns
    return np.cos(angle).astype(np.float32), -np.sin(angle).astype(np.float32)
