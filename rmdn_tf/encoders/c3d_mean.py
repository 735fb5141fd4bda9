"""The mean colour that C3D's training subtracted."""

import os

import numpy as np

from rmdn_tf.encoders.c3d_constants import CHANNELS, MEAN_RGB
from rmdn_tf.encoders.c3d_weights import check_choice
from rmdn_tf.files.arrays import read_array
from rmdn_tf.files.reading import clear_errors

# Six times the size of a float64 cube.
MAX_CUBE_BYTES = 2**26


def move_mean(
    weights: dict[str, np.ndarray], mean_rgb: tuple[float, float, float]
) -> dict[str, np.ndarray]:
    """Adapts weights trained with another mean colour, 0 to 255, to `MEAN_RGB`.

    Only `conv1a/bias` changes. Exact except at the outermost pixels and the
    first and last frame, which see padding.
    """
    difference = np.subtract(MEAN_RGB, mean_rgb, dtype=np.float32)
    shift = np.einsum("thwio,i->o", weights["conv1a/kernel"], difference)
    return {**weights, "conv1a/bias": weights["conv1a/bias"] + shift}


def read_mean_rgb(
    path: str | os.PathLike, channels: str = "bgr"
) -> tuple[float, float, float]:
    """Reduces a mean cube, such as `sports1m_mean.npy`, to its mean colour.

    C3D's training subtracted a mean for every frame and place. Frames here have
    any size, so one colour stands for it. The cube is a `.npy` of [3, 16, 128,
    171], or with the colours last, in the order `channels`.

    Raises:
        ValueError: the array is not a cube of three colours from 0 to 255.
        OSError: the file cannot be read.
    """
    check_choice(CHANNELS, channels=channels)
    cube = read_array(path, MAX_CUBE_BYTES)
    expected = "a .npy of shape [3, 16, 128, 171], 0 to 255"
    with clear_errors(path, expected, "mean"):
        mean = _mean_colour(cube)
    return tuple((mean if channels == "rgb" else mean[::-1]).tolist())


def _mean_colour(cube):
    cube = np.squeeze(cube)
    axes = [axis for axis, size in enumerate(cube.shape) if size == 3]
    if cube.ndim != 4 or len(axes) != 1 or cube.dtype.kind not in "fu":
        raise ValueError(f"{cube.dtype} of shape {cube.shape}")
    colours = np.moveaxis(cube, axes[0], 0).reshape(3, -1)
    mean = colours.mean(1, dtype=np.float64)
    if not np.all((mean >= 0) & (mean <= 255)):
        raise ValueError(f"a mean colour of {mean.tolist()}")
    return mean
