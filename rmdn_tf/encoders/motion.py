"""Cues of a cell: motion against the camera, what has appeared, and cuts.

A present picture is compared with earlier ones, which are moved to where the
camera sees their points now. A cue is 0 where nothing moves or appears, and of
order 1 where much does. It has no direction. At a cut, and outside the earlier
picture, all cues are 0, except the one that tells cuts.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from rmdn_tf.encoders.camera import (
    estimate_camera,
    neighbourhood_means,
    tile_like,
    warp,
)
from rmdn_tf.encoders.preprocessing import take_frames

# Pixels to a side of a block, and blocks to a side of a cell.
BLOCK = 4

# Smaller differences are noise. White is 1.
NOISE = 0.003

# Variance of a picture that shows nothing but noise.
_FLAT = 3e-7

# Steps of the fit of brightness and contrast.
_BRIGHTNESS_STEPS = 2

# Blocks to a side that a picture is smoothed over before it is compared.
_SMOOTHING = 3

# Cells to a side of a cell's surroundings.
_AROUND = 7

# The change of colours, up to 1, times the change of places, up to 2. On real
# clips, fast sport among them, it is below the first number within a shot and
# above the second at a cut.
_NO_CUT, _CUT = 0.07, 0.1

# Brightness at the bins of a histogram. Black is -0.5 or 0, or between: the
# encoder's mean colour has been subtracted.
_BINS = np.linspace(-0.6, 1.1, 11, dtype=np.float32)


def blocks_at(frames: tf.Tensor, ends: tf.Tensor, white: float) -> tf.Tensor:
    """Averages some frames over blocks.

    Args:
        frames: float `[B, N, h, w, 3]`.
        ends: int32 `[T]`, indices of the frames to take.
        white: what white is above black in the frames.

    Returns:
        float32 `[B T, h/4, w/4, 3]`, white 1 above black.
    """
    chosen = tf.cast(take_frames(frames, ends), tf.float32)
    return tf.nn.avg_pool2d(chosen, BLOCK, BLOCK, "VALID") / white


def frame_differences(now: tf.Tensor, thens: Sequence[tf.Tensor]) -> tf.Tensor:
    """Computes differences to earlier frames; the camera's motion counts, too.

    Args:
        now: float32 `[n, h, w, 3]`, blocks of `blocks_at`.
        thens: M tensors likewise.

    Returns:
        float32 `[n, h/4, w/4, 2 M]`, in each cell the logs of the M means, then
        of the M maxima; log(NOISE) where nothing changes.
    """
    differences = [tf.reduce_mean(tf.abs(now - then), -1) for then in thens]
    differences = tf.stack(differences, -1)
    largest = tf.nn.max_pool2d(differences, BLOCK, BLOCK, "VALID")
    pooled = tf.concat([_pool(differences), largest], -1)
    return tf.math.log(pooled + NOISE)


def camera_cues(
    now: tf.Tensor, thens: Sequence[tf.Tensor], onset: bool = False
) -> tf.Tensor:
    """Computes the cues of present pictures.

    Args:
        now: float32 `[n, h, w, 3]`, blocks of `blocks_at`.
        thens: earlier pictures, each like `now`; the first are one frame
            earlier.
        onset: whether the last of `thens` tell what has appeared, instead of
            what moves.

    Returns:
        float32 `[n, h/4, w/4, M]`, see `rmdn_tf.encoders.cue_names`:

        - mean, largest: of the differences to an earlier picture in a cell;
        - excess: how far the mean exceeds that of the cells around;
        - changed, gained: with `onset`, in place of these three for the last of
          `thens`: the mean difference, and how much contrast the cell has
          gained;
        - cut: the same in all cells, from 0 to 1 (certain): there is a cut
          between the frame before and this one.
    """
    number = len(thens)
    together = _compare(now, tf.concat(thens, 0))
    parts = (tf.split(one, number) for one in together)
    pairs = [_Pair(*one) for one in zip(*parts, strict=True)]
    cues = [
        (_onset(pair) if onset and pair is pairs[-1] else _motion(pair.size))
        * (1 - pair.cut)
        for pair in pairs
    ]
    cut = pairs[0].cut * tf.ones_like(cues[0][..., :1])
    return tf.concat([*cues, cut], -1)


class _Pair(NamedTuple):
    """A present picture and an earlier one, as it would look now.

    Attributes:
        now: `[n, 3, h, w]`, the present picture.
        then: likewise, the earlier one, with the camera and the brightness of
            the present one, and with its pixels where the earlier one ends.
        size: `[n, h, w, 1]`, of their difference.
        cut: `[n, 1, 1, 1]`, 0 to 1.
    """

    now: tf.Tensor
    then: tf.Tensor
    size: tf.Tensor
    cut: tf.Tensor


def _strength(difference):
    return tf.math.log(difference / NOISE + 1) / 2


def _pool(blocks):
    return tf.nn.avg_pool2d(blocks, BLOCK, BLOCK, "VALID")


def _motion(difference):
    mean = _pool(difference)
    largest = tf.nn.max_pool2d(difference, BLOCK, BLOCK, "VALID")
    around = tf.nn.avg_pool2d(mean, _AROUND, 1, "SAME")
    exceeds = tf.math.log((mean + NOISE) / (around + NOISE))
    return tf.concat(
        [_strength(mean), _strength(largest), tf.nn.relu(exceeds)], -1
    )


def _onset(pair: _Pair):
    gained = _strength(_contrast(pair.now)) - _strength(_contrast(pair.then))
    return tf.concat([_strength(_pool(pair.size)), tf.nn.relu(gained)], -1)


def _contrast(planes):
    """Returns the deviation in each cell, `[n, h/4, w/4, 1]`."""
    grey = tf.reduce_mean(planes, 1)[..., None]
    mean = tf.image.resize(_pool(grey), grey.shape[1:3], "nearest")
    return tf.sqrt(_pool((grey - mean) ** 2) + NOISE**2)


def _compare(now, then) -> _Pair:
    """Compares m n earlier pictures with n present ones.

    Colours lie in planes: sums over pixels are then products of matrices.
    """
    number = tf.shape(now)[0]
    height, width = now.shape[1:3]
    both = tf.transpose(tf.concat([now, then], 0), [0, 3, 1, 2])
    grey = tf.reduce_mean(both, 1)
    camera = estimate_camera(grey[:number], grey[number:])
    # Interpolation blurs the earlier picture; smooth pictures hardly change.
    both = neighbourhood_means(both, _SMOOTHING)
    then = both[number:]
    now = tile_like(both[:number], then)
    moved, known = warp(then, camera)
    plain, earlier, known_pixels = map(_flat, (now, moved, known[:, None]))
    difference = known_pixels * _less_brightness(plain, earlier, known_pixels)
    size = tf.reshape(_size(difference), [-1, height, width, 1])
    difference = tf.reshape(difference, [-1, 3, height, width])
    cut = _cut(now, then, moved, known[:, None])
    return _Pair(now, now - difference, size, cut)


def _flat(planes):
    """Puts pixels in a row, `[n, c, h w]`."""
    _, number, *size = planes.shape
    return tf.reshape(planes, [-1, number, math.prod(size)])


def _size(difference):
    """Averages over the colours, `[n, 1, p]`."""
    return tf.reduce_mean(tf.abs(difference), 1, keepdims=True)


def _mean(values, weights):
    """Averages `[n, c, p]` over pixels, with weights `[n, 1, p]`."""
    total = tf.reduce_sum(weights, 2, keepdims=True) + 1e-6
    return tf.matmul(values, weights, transpose_b=True) / total


def _less_brightness(now, then, known):
    """Subtracts earlier pictures, brought to the brightness of present ones.

    The contrast is matched, too. Pixels that differ much lose their weight.
    Where this fits no better, the plain difference is returned.

    Args:
        now: `[n, 3, p]`, in planes of p pixels.
        then: likewise.
        known: `[n, 1, p]`, weights.
    """
    plain = now - then
    difference = plain - _mean(plain, known)
    for _ in range(_BRIGHTNESS_STEPS):
        size = _size(difference)
        scale = _mean(size, known) + NOISE
        weights = known / (1 + (size / scale) ** 2) ** 2
        rest, earlier = now - _mean(now, weights), then - _mean(then, weights)
        gain = _mean(rest * earlier, weights) + _FLAT
        gain /= _mean(earlier * earlier, weights) + _FLAT
        difference = rest - tf.clip_by_value(gain, 0.25, 4.0) * earlier
    worse = _misfit(difference, known) >= _misfit(plain, known)
    worse = tf.cast(worse, tf.float32)  # A `tf.where` of planes is slow.
    return worse * plain + (1 - worse) * difference


def _misfit(difference, known):
    square = _size(difference) ** 2
    return _mean(square / (square + (4 * NOISE) ** 2), known)


def _cut(now, then, moved, known):
    """Finds cuts, `[n, 1, 1, 1]`: other colours in other places.

    A flash changes only colours; fast sport changes only places.
    """
    colours = tf.abs(_histogram(now) - _histogram(then))
    change = tf.reduce_mean(tf.reduce_sum(colours, 2), 1) / 2  # [n]
    change *= 1 - _correlation(now, moved, known)
    cut = (change - _NO_CUT) / (_CUT - _NO_CUT)
    return tf.clip_by_value(cut, 0, 1)[:, None, None, None]


def _histogram(planes):
    """Computes soft histograms of the cells, `[n, 3, bins]`, of sum 1."""
    cells = _cells(planes)[:, :, None]
    distance = tf.abs(cells - _BINS[:, None]) / (_BINS[1] - _BINS[0])
    return tf.reduce_mean(tf.nn.relu(1 - distance), 3)


def _cells(planes):
    """Averages `[n, c, h, w]` over cells, `[n, c, cells]`."""
    _, number, height, width = planes.shape
    rows, columns = (_cell_averages(side) for side in (height, width))
    pooled = rows @ tf.reshape(planes, [-1, height, width]) @ columns.T
    return tf.reshape(pooled, [-1, number, len(rows) * len(columns)])


def _cell_averages(side: int) -> np.ndarray:
    """Returns the matrix `[side/4, side]` of means of cells."""
    cells = np.eye(side // BLOCK, dtype=np.float32).repeat(BLOCK, 1) / BLOCK
    return np.pad(cells, [(0, 0), (0, side % BLOCK)])


def _correlation(now, then, known):
    """Correlates the cells of pictures, `[n]`."""
    now, then, known = map(_cells, (now * known, then * known, known))
    now, then = (
        now - known * _mean(now, known),
        then - known * _mean(then, known),
    )
    floor = 1e-4  # Two flat pictures are alike.
    covariance = tf.reduce_sum(_mean(now * then, known), [1, 2]) + floor
    variances = [
        tf.reduce_sum(_mean(one * one, known), [1, 2]) + floor
        for one in (now, then)
    ]
    return covariance / tf.sqrt(variances[0] * variances[1])
