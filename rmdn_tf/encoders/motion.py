"""Cues of a cell: motion against the camera, what has appeared, and cuts.

Present pictures are compared with earlier ones, moved to where the camera sees
them now. A cue is 0 where nothing moves or appears, of order 1 where much does,
and has no direction. It is 0 across a cut, and where the earlier picture ends.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from rmdn_tf.encoders.camera import estimate_camera, warp

# Pixels to a side of a block, and blocks to a side of a cell.
BLOCK = 4

# Differences below it are noise, as a share of white.
NOISE = 0.003

# Variance of a picture that is flat but for noise.
_FLAT = 3e-7

# Steps of the fit of brightness and contrast.
_BRIGHTNESS_STEPS = 2

# Blocks to a side of the means that are compared.
_SMOOTHING = 3

# Cells to a side of the surroundings of a cell.
_AROUND = 7

# Change of colours times change of places, each up to 1: the most within a shot
# and the least at a cut, on real clips that have fast sport among them.
_NO_CUT, _CUT = 0.07, 0.1

# Brightness at the bins of a histogram; black is from -0.5 to 0.
_BINS = np.linspace(-0.6, 1.1, 11, dtype=np.float32)


def blocks_at(frames: tf.Tensor, ends: tf.Tensor, white: float) -> tf.Tensor:
    """Averages some frames over blocks.

    Args:
        frames: float `[B, N, h, w, 3]`.
        ends: int32 `[T]`, indices of the frames to take.
        white: how much white is above black.

    Returns:
        float32 `[B T, h/4, w/4, 3]`, white 1 above black.
    """
    chosen = tf.cast(tf.gather(frames, ends, axis=1), tf.float32)
    chosen = tf.reshape(chosen, [-1, *frames.shape[2:]])
    return tf.nn.avg_pool2d(chosen, BLOCK, BLOCK, "VALID") / white


def frame_differences(now: tf.Tensor, thens: Sequence[tf.Tensor]) -> tf.Tensor:
    """Computes plain differences to earlier frames, also where a camera moves.

    Args:
        now: float32 `[n, h, w, 3]`, blocks of `blocks_at`.
        thens: M tensors likewise.

    Returns:
        float32 `[n, h/4, w/4, 2 M]`, the logs of the means and of the maxima in
        each cell; log(NOISE) where nothing changes.
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
        thens: earlier pictures, likewise, the frames before first.
        onset: the last earlier pictures tell what has appeared, not what
            moves.

    Returns:
        float32 `[n, h/4, w/4, M]`, see `rmdn_tf.encoders.cue_names`:

        - mean, largest: difference to an earlier picture, over a cell's blocks;
        - excess: of the mean over that of the cells around;
        - changed, gained: for onset in place of these, the mean difference, and
          how much contrast the cell has gained;
        - cut: in all cells, from 0 to 1, certain that the frame has changed as
          a whole since the frame before.
    """
    number = len(thens)
    pairs = _compare(tf.tile(now, [number, 1, 1, 1]), tf.concat(thens, 0))
    parts = (tf.split(one, number) for one in pairs)
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

    The earlier one has the camera, the brightness and, where it does not reach,
    the pixels of the present one: `[n, h, w, 3]`. `size` is their difference,
    `[n, h, w, 1]`, and `cut` `[n, 1, 1, 1]`.
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


def _contrast(blocks):
    """Returns the deviation in each cell, `[n, h/4, w/4, 1]`."""
    grey = tf.reduce_mean(blocks, -1, keepdims=True)
    mean = tf.repeat(tf.repeat(_pool(grey), BLOCK, 1), BLOCK, 2)
    return tf.sqrt(_pool((grey - mean) ** 2) + NOISE**2)


def _compare(now, then) -> _Pair:
    camera = estimate_camera(tf.reduce_mean(now, -1), tf.reduce_mean(then, -1))
    # Interpolation blurs the earlier picture; what is soft stays the same.
    now, then = (
        tf.nn.avg_pool2d(one, _SMOOTHING, 1, "SAME") for one in (now, then)
    )
    moved, known = warp(then, camera)
    known = known[..., None]
    difference = known * _less_brightness(now, moved, known)
    cut = _cut(now, then, moved, known)
    return _Pair(now, now - difference, _size(difference), cut)


def _size(difference):
    return tf.reduce_mean(tf.abs(difference), -1, keepdims=True)


def _mean(values, weights):
    """Computes the weighted mean of pictures, `[n, 1, 1, c]`."""
    total = tf.reduce_sum(weights, [1, 2], keepdims=True) + 1e-6
    return tf.reduce_sum(weights * values, [1, 2], keepdims=True) / total


def _less_brightness(now, then, known):
    """Subtracts earlier pictures, in the brightness and contrast of now.

    Pixels that differ much lose their weight. If pictures fit better as they
    are, they stay as they are.
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
    return tf.where(worse, plain, difference)


def _misfit(difference, known):
    square = _size(difference) ** 2
    return _mean(square / (square + (4 * NOISE) ** 2), known)


def _cut(now, then, moved, known):
    """Tells cuts, `[n, 1, 1, 1]`: other colours in other places.

    A flash changes colours only, and fast sport, places only.
    """
    colours = tf.abs(_histogram(_pool(now)) - _histogram(_pool(then)))
    change = tf.reduce_mean(tf.reduce_sum(colours, -1), -1) / 2  # [n]
    change *= 1 - _correlation(now, moved, known)
    cut = (change - _NO_CUT) / (_CUT - _NO_CUT)
    return tf.clip_by_value(cut, 0, 1)[:, None, None, None]


def _histogram(cells):
    """Computes soft histograms of the channels, `[n, 3, bins]`, of sum 1."""
    distance = tf.abs(cells[..., None] - _BINS) / (_BINS[1] - _BINS[0])
    return tf.reduce_mean(tf.nn.relu(1 - distance), [1, 2])


def _correlation(now, then, known):
    """Correlates the cells of pictures, `[n]`."""
    now, then, known = map(_pool, (now * known, then * known, known))
    now, then = (
        now - known * _mean(now, known),
        then - known * _mean(then, known),
    )
    floor = 1e-4  # Two flat pictures are alike.
    covariance = tf.reduce_sum(_mean(now * then, known), -1) + floor
    variances = [
        tf.reduce_sum(_mean(one * one, known), -1) + floor
        for one in (now, then)
    ]
    return (covariance / tf.sqrt(variances[0] * variances[1]))[:, 0, 0]
