"""Resizes frames in NumPy, by the rule of `rmdn_tf.video.resizing`.

Where an axis shrinks, a few pixels in 10,000 differ by one level from
TensorFlow's: a mean half-way between two levels may round either way.

A network in another runtime needs no TensorFlow, which takes seconds to load.
"""

import functools

import numpy as np
import scipy.sparse


def resize_arrays(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes frames, uint8 `[n, H, W, 3]` -> float32 `[n, h, w, 3]`.

    Pixels are 0 to 255. See `rmdn_tf.video.resizing.resize_frames`.

    Args:
        frames: the frames.
        size: (h, w) in pixels.
    """
    old = frames.shape[1:3]
    least = min(old[0], size[0]), min(old[1], size[1])
    frames = frames.astype(np.float32)
    if least != old:
        frames = np.round(_resample(frames, least))
    return frames if least == size else _resample(frames, size)


def _resample(frames: np.ndarray, new: tuple[int, int]) -> np.ndarray:
    number, height, width, _ = frames.shape
    resized = np.empty((number, *new, 3), np.float32)
    rows, columns = _sparse(height, new[0]), _sparse(width, new[1])
    for frame, target in zip(frames, resized, strict=True):
        frame = rows @ frame.reshape(height, -1)
        frame = frame.reshape(new[0], width, 3).transpose(1, 0, 2)
        frame = columns @ frame.reshape(width, -1)
        target[:] = frame.reshape(new[1], new[0], 3).transpose(1, 0, 2)
    return resized


@functools.lru_cache(16)
def _sparse(old: int, new: int) -> scipy.sparse.csr_array:
    return scipy.sparse.csr_array(resizing_matrix(old, new))


def resizing_matrix(old: int, new: int) -> np.ndarray:
    """Returns the matrix that resizes an axis.

    Positions are counted in parts of a pixel: integers, and so exact.

    Args:
        old: pixels of the axis.
        new: pixels after resizing.

    Returns:
        float32 `[new, old]`; its rows sum to 1.
    """
    output, pixel = np.arange(new)[:, None], np.arange(old)[None]
    begin, end = output * old, (output + 1) * old
    if old > new:  # How much of each pixel lies under an output pixel.
        parts = np.minimum(end, (pixel + 1) * new)
        parts = parts - np.maximum(begin, pixel * new)  # of `old` parts
        whole = old
    else:
        centre = np.clip(begin + end - new, 0, 2 * new * (old - 1))
        parts = 2 * new - np.abs(centre - 2 * new * pixel)  # of 2 new parts
        whole = 2 * new
    parts = np.maximum(parts, 0).astype(np.float32)
    return parts / np.float32(whole)
