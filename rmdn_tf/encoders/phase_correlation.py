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

# More than the difference of any two numbers of a correlation.
_BELOW_ALL = 1e9


def propose_shifts(now: tf.Tensor, then: tf.Tensor, number: int) -> tf.Tensor:
    """Finds the most probable translations between pictures.

    Args:
        now: float32 `[n, h, w]`, the present pictures.
        then: float32 `[m n, h, w]`, m earlier pictures for each: first one of
            each, then another of each.
        number: P, how many translations to find.

    Returns:
        float32 `[P, m n, 2]`, in half sides: (x, y) from a point of the present
        picture to the same point of the earlier one, the best first. 0 stands
        for a translation of more than 0.45 sides.
    """
    height, width = now.shape[1:]
    peaks = tf.reshape(_correlate(now, then), [-1, height * width])
    shifts = []
    for number_left in reversed(range(number)):
        index = tf.argmax(peaks, 1, tf.int32)
        row, column = index // width, index % width
        shift = tf.stack([_signed(column, width), _signed(row, height)], 1)
        shift *= 2 / np.array([width, height], np.float32)
        near = tf.abs(shift) <= 2 * _MAX_SHIFT
        allowed = tf.reduce_all(near, 1, keepdims=True)
        shifts.append(tf.where(allowed, shift, 0.0))
        if number_left:
            around = (
                _near(row, height)[:, :, None] * _near(column, width)[:, None]
            )
            around = tf.reshape(around, [-1, height * width])
            peaks = peaks - _BELOW_ALL * around
    return tf.stack(shifts)


def _near(index: tf.Tensor, size: int) -> tf.Tensor:
    """Returns 1.0 at the pixels of a peak along an axis, `[n, size]`."""
    distance = tf.abs(tf.range(size) - index[:, None])
    distance = tf.minimum(distance, size - distance)  # It goes round.
    return tf.cast(distance <= _PEAK_RADIUS, tf.float32)


def _signed(index: tf.Tensor, size: int) -> tf.Tensor:
    """Turns an index of the correlation, in [0, size), into pixels."""
    index = tf.where(index > size // 2, index - size, index)
    return tf.cast(index, tf.float32)


def _correlate(now: tf.Tensor, then: tf.Tensor) -> tf.Tensor:
    """Correlates the phases, `[m n, h, w]`; a peak lies at a shift."""
    window = _window(now.shape[1])[:, None] * _window(now.shape[2])
    number = tf.shape(now)[0]
    both = tf.concat([now, then], 0)
    both = window * (both - tf.reduce_mean(both, [1, 2], keepdims=True))
    real, imaginary = _transform(both)
    c, d = real[number:], imaginary[number:]
    times = [tf.shape(then)[0] // number, 1, 1]
    a, b = tf.tile(real[:number], times), tf.tile(imaginary[:number], times)
    real, imaginary = a * c + b * d, a * d - b * c
    magnitude = tf.sqrt(real**2 + imaginary**2)
    # Weak frequencies are noise and count less.
    often = _occurrences(now.shape[2])
    mean = tf.reduce_mean(magnitude * often, [1, 2], keepdims=True)
    magnitude += 0.1 * mean * (len(often) / now.shape[2]) + 1e-9
    return _transform_back(
        real / magnitude, imaginary / magnitude, now.shape[2]
    )


def _window(size: int) -> np.ndarray:
    """Returns a window that falls to 0 at both ends."""
    pixel = np.arange(size) + 0.5
    ramp = np.minimum(np.minimum(pixel, size - pixel) / (size / 4), 1)
    return (0.5 - 0.5 * np.cos(np.pi * ramp)).astype(np.float32)


def _transform(pictures: tf.Tensor) -> tuple:
    """Computes the DFT of `[n, h, w]`, the real and the imaginary part.

    The columns after w/2 + 1 mirror the ones before and are left out.
    """
    height, width = pictures.shape[1:]
    columns = np.concatenate([one[:, : _half(width)] for one in _dft(width)], 1)
    rows = np.concatenate(_dft(height))
    parts = rows @ (tf.reshape(pictures, [-1, height, width]) @ columns)
    (a, b), (c, d) = (
        tf.split(one, 2, axis=2) for one in tf.split(parts, 2, axis=1)
    )
    return a - d, b + c


def _transform_back(
    real: tf.Tensor, imaginary: tf.Tensor, width: int
) -> tf.Tensor:
    """Computes `[n, h, w]` of a DFT, apart from a factor."""
    rows = np.concatenate(_dft(real.shape[1]))
    # A column that was left out has the same real part as its mirror image.
    often = _occurrences(width)[:, None]
    cosine, sine = (one[: len(often)] * often for one in _dft(width))
    parts = rows @ tf.concat([real, imaginary], 2)
    (a, b), (c, d) = (
        tf.split(one, 2, axis=2) for one in tf.split(parts, 2, axis=1)
    )
    return (a + d) @ cosine + (b - c) @ sine


def _half(width: int) -> int:
    return width // 2 + 1


def _occurrences(width: int) -> np.ndarray:
    """Returns how often each column of a half occurs in the whole."""
    often = np.full(_half(width), 2, np.float32)
    often[0] = 1
    if width % 2 == 0:
        often[-1] = 1
    return often


def _dft(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the symmetric matrix of a DFT, real and imaginary part."""
    turns = np.outer(np.arange(size), np.arange(size)) % size / size
    angle = 2 * np.pi * turns
    return np.cos(angle).astype(np.float32), -np.sin(angle).astype(np.float32)
