"""Resizes frames inside TensorFlow, to the pixels of `decoding.FrameScaler`.

Each axis is resized on its own. An axis that shrinks averages all pixels under
an output pixel, each by the part of it that lies there. An axis that grows is
interpolated linearly between the centres of pixels, and its outermost pixels go
on to the edge. Results are rounded to 8 bits.
"""

from collections.abc import Sequence

import tensorflow as tf


def resize_frames(frames: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Resizes frames, uint8 `[n, H, W, 3]` -> `[n, h, w, 3]`.

    H and W may be unknown in a graph. Then frames are resized one by one, to
    take little memory. A pixel differs from FFmpeg's by one level at most.

    Args:
        size: (h, w) in pixels.
    """
    size = tuple(size)
    known = frames.shape[1:3]
    if known == size:
        return frames
    if known.is_fully_defined():
        return _resize(frames, tuple(known), size)
    spec = tf.TensorSpec([*size, 3], tf.uint8)

    def one(frame):
        height, width, _ = tf.unstack(tf.shape(frame))
        return _resize(frame[None], (height, width), size)[0]

    return tf.map_fn(one, frames, fn_output_signature=spec)


def _resize(frames, old, new) -> tf.Tensor:
    rows, columns = map(_weights, old, new)  # [h, H], [w, W]
    frames = tf.reshape(tf.cast(frames, tf.float32), [-1, old[0], old[1] * 3])
    frames = tf.reshape(rows @ frames, [-1, new[0], old[1], 3])
    frames = tf.transpose(frames, [0, 1, 3, 2])  # [n, h, 3, W]
    frames = tf.reshape(frames, [-1, old[1]]) @ tf.transpose(columns)
    frames = tf.reshape(frames, [-1, new[0], 3, new[1]])
    frames = tf.transpose(frames, [0, 1, 3, 2])
    return tf.cast(tf.round(frames), tf.uint8)


def _weights(old: int | tf.Tensor, new: int) -> tf.Tensor:
    """Returns the matrix `[new, old]` that resizes an axis; its rows sum to 1.

    Positions are integers, in parts of a pixel, and so exact.
    """
    output, pixel = tf.range(new)[:, None], tf.range(old)[None]
    begin, end = output * old, (output + 1) * old
    covered = tf.minimum(end, (pixel + 1) * new)
    covered -= tf.maximum(begin, pixel * new)  # of `old` parts
    centre = tf.clip_by_value(begin + end - new, 0, 2 * new * (old - 1))
    nearness = 2 * new - tf.abs(centre - 2 * new * pixel)  # of 2 new parts
    shrinks = old > new
    parts = tf.maximum(tf.where(shrinks, covered, nearness), 0)
    whole = tf.where(shrinks, old, 2 * new)
    return tf.cast(parts, tf.float32) / tf.cast(whole, tf.float32)
