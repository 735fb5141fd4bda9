"""Reads one file of saliency maps: a grey PNG, or an array."""

import os

import numpy as np
import tensorflow as tf

from rmdn_tf.files.images import MAX_PIXELS, read_image

ARRAY_SUFFIX = ".npy"
MAP_SUFFIXES = (".png", ARRAY_SUFFIX)


class MapError(ValueError):
    """Maps on disk that are missing, damaged, invalid or ambiguous."""


def read_map(path: str) -> np.ndarray:
    """Reads the map of one frame, `[h, w]`, unchecked; see `check_map`.

    A grey PNG of 8 or 16 bits becomes uint16, with 8-bit levels times 257. An
    array is opened only.
    """
    if path.lower().endswith(ARRAY_SUFFIX):
        return open_array(path)
    image = read_image(
        path, dtype=tf.uint16, formats=["PNG"], what="map", error=MapError
    )
    num_colours = 3 if image.shape[-1] > 2 else 1
    colours, alpha = image[..., :num_colours], image[..., num_colours:]
    is_grey = (colours == colours[..., :1]).all()
    if not is_grey or (alpha < np.iinfo(np.uint16).max).any():
        raise MapError(
            f"Invalid map '{path}'. Expected a grey image. Received: "
            f"{'transparent pixels' if is_grey else 'colours'}."
        )
    return image[..., 0]


def open_array(path: str) -> np.ndarray:
    """Opens an array of real numbers, without reading them."""
    try:
        # Refuses pickles, and a shape that needs more bytes than the file has.
        array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # A damaged header raises almost anything.
        raise MapError(f"Unreadable array '{path}': {error}.") from error
    expected, length = array.offset + array.nbytes, os.path.getsize(path)
    if length != expected:
        raise MapError(
            f"Unreadable array '{path}'. Expected {expected} bytes for the "
            f"shape {array.shape} in its header. Received: {length} bytes."
        )
    if array.dtype.kind not in "fiub":
        raise MapError(
            f"Invalid array '{path}'. Expected real numbers. "
            f"Received: {array.dtype}."
        )
    return array


def check_map(saliencies: np.ndarray, path: str, frame: int) -> np.ndarray:
    """Checks the map of a frame and returns it as float64 `[h, w]`."""
    invalid = f"Invalid map of frame {frame}, counted from 0, in '{path}'."
    if saliencies.ndim != 2 or not saliencies.size:
        raise MapError(
            f"{invalid} Expected [height, width]. "
            f"Received: shape {saliencies.shape}."
        )
    if saliencies.size > MAX_PIXELS:
        raise MapError(
            f"{invalid} Expected at most {MAX_PIXELS} pixels. "
            f"Received: shape {saliencies.shape}."
        )
    saliencies = np.array(saliencies, np.float64)
    low, high = saliencies.min(), saliencies.max()
    if not (low >= 0 and 0 < high < np.inf):
        raise MapError(
            f"{invalid} Expected finite numbers of at least 0, not all 0. "
            f"Received: numbers from {low} to {high}."
        )
    return saliencies
