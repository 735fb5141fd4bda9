"""Resizes frames inside TensorFlow, to the pixels of `decoding.FrameScaler`.

Each axis is resized on its own. An axis that shrinks averages all pixels under
an output pixel, each by the part of it that lies there; the mean is rounded to
8 bits, as in a stored video. An axis that grows is interpolated linearly
between the centres of pixels, and its outermost pixels go on to the edge.
"""

from collections.abc import Sequence

import tensorflow as tf


def resize_frames(frames: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Resizes frames, uint8 `[n, H, W, 3]` -> float32 `[n, h, w, 3]`.

    Pixels are 0 to 255. Where an axis shrinks, they differ from FFmpeg's by at
    most one level. H and W may be unknown in a graph: frames are then resized
    one by one, which takes little memory.

    Args:
        size: (h, w) in pixels.
    """
    size, known = tuple(size), frames.shape[1:3]
    if known.is_fully_defined():
        return _resize(frames, tuple(known), size)

    def one(frame: tf.Tensor) -> tf.Tensor:
        height, width, _ = tf.unstack(tf.shape(frame))
        return _resize(frame[None], (height, width), size)[0]

    spec = tf.TensorSpec([*size, 3], tf.float32)
    return tf.map_fn(one, frames, fn_output_signature=spec)


def resize_pixels(frames: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Resizes frames as `resize_frames`, and rounds all pixels to uint8."""
    return tf.cast(tf.round(resize_frames(frames, size)), tf.uint8)


def _resize(frames: tf.Tensor, old: tuple, new: tuple) -> tf.Tensor:
    least = tuple(map(_smaller, old, new))
    frames = tf.round(_resample(frames, old, least))
    return _resample(frames, least, new)


def _smaller(old: int | tf.Tensor, new: int) -> int | tf.Tensor:
    return min(old, new) if isinstance(old, int) else tf.minimum(old, new)


def _resample(frames: tf.Tensor, old: tuple, new: tuple) -> tf.Tensor:
    """Resizes each axis of frames, uint8 or float32 `[n, H, W, 3]`."""
    if isinstance(new[0], int) and isinstance(old[0], int) and old == new:
        return tf.cast(frames, tf.float32)
    frames = tf.reshape(frames, [-1, old[0], old[1] * 3])
    frames = _resample_rows(frames, old[0], new[0])
    frames = tf.reshape(frames, [-1, new[0], old[1], 3])
    columns = _weights(old[1], new[1])  # [w, W]
    frames = tf.transpose(frames, [0, 1, 3, 2])  # [n, h, 3, W]
    frames = tf.reshape(frames, [-1, old[1]]) @ tf.transpose(columns)
    frames = tf.reshape(frames, [-1, new[0], 3, new[1]])
    return tf.transpose(frames, [0, 1, 3, 2])


def _resample_rows(
    frames: tf.Tensor, old: int | tf.Tensor, new: int | tf.Tensor
) -> tf.Tensor:
    """Resizes uint8 or float32 `[n, H, W]` to float32 `[n, h, W]`.

    Where rows are halved, once or several times, they are summed, not
    multiplied by a matrix: a third of the time, and the same bits, since sums
    of levels and their halves are exact.
    """
    is_known = isinstance(old, int) and isinstance(new, int)
    if not is_known or old % new or old // new not in (2, 4, 8):
        return _weights(old, new) @ tf.cast(frames, tf.float32)
    parts = old // new
    grouped = tf.reshape(frames, [-1, new, parts, frames.shape[-1]])
    rows = (tf.cast(r, tf.float32) for r in tf.unstack(grouped, axis=2))
    return tf.add_n([*rows]) / parts


def _weights(old: int | tf.Tensor, new: int | tf.Tensor) -> tf.Tensor:
    """Returns the matrix `[new, old]` that resizes an axis; its rows sum to 1.

    Positions are counted in parts of a pixel: integers, and so exact.
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
