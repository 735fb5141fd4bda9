"""Reads a file with the saliency map of a frame: a grey image or an array."""

import os

import numpy as np
from PIL import Image

from rmdn_tf.evaluation.map_arrays import ARRAY_SUFFIXES, open_map_array
from rmdn_tf.evaluation.map_errors import MapError, NoPredictionError
from rmdn_tf.files.image_limits import MAX_PIXELS
from rmdn_tf.files.images import read_image

IMAGE_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
MAP_SUFFIXES = (*IMAGE_FORMATS, *ARRAY_SUFFIXES)

# Largest difference between the channels of a grey image, in levels of 255,
# after lossy compression. The chroma of MPEG-4 rounds to 3.
LOSSY_SPREAD = 4


def read_map(path: str) -> np.ndarray:
    """Reads the map of one frame, `[h, w]`, unchecked; see `check_map`.

    A grey image of 8 or 16 bits becomes uint16, with 8-bit levels times 257.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix in ARRAY_SUFFIXES:
        return open_map_array(path)[...]
    kind = IMAGE_FORMATS[suffix]
    image = read_image(
        path,
        dtype="uint16",
        is_exact=True,
        formats=[kind],
        what="map",
        error=MapError,
    )
    return grey_levels(image, path, LOSSY_SPREAD * 257 * (kind == "JPEG"))


def grey_levels(image: np.ndarray, path: str, spread: int = 0) -> np.ndarray:
    """Returns the levels `[h, w]` of a grey image `[h, w, channels]`.

    Args:
        image: uint8 or uint16, with or without opacity.
        spread: largest difference of a pixel's green and blue from its red.

    Raises:
        MapError: the image has colours or transparent pixels.
    """
    num_colours = 3 if image.shape[-1] > 2 else 1
    colours, alpha = image[..., :num_colours], image[..., num_colours:]
    is_grey = True
    if num_colours == 3:
        away = np.abs(colours.astype(np.int32) - colours[..., :1])
        is_grey = away.max() <= spread
    if not is_grey or (alpha < np.iinfo(image.dtype).max).any():
        raise MapError(
            f"Invalid map '{path}'. Expected a grey image. Received: "
            f"{'transparent pixels' if is_grey else 'colours'}."
        )
    return image[..., num_colours // 2]  # Grey is mostly green.


def map_size(path: str) -> tuple[int, int]:
    """Returns (height, width) of a map, from the head of its file."""
    if path.lower().endswith(ARRAY_SUFFIXES):
        shape = open_map_array(path).shape
        if len(shape) != 2:
            raise MapError(
                f"Invalid map '{path}'. Expected [height, width]. Received: "
                f"shape {shape}."
            )
        return shape
    try:
        with Image.open(path) as picture:
            return picture.height, picture.width
    except Exception as error:  # The error depends on the damaged byte.
        raise MapError(f"Unreadable map '{path}': {error}.") from error


def check_map(saliencies: np.ndarray, path: str, frame: int) -> np.ndarray:
    """Checks the map of a frame and returns it as float64 `[h, w]`.

    Raises:
        NoPredictionError: all numbers are 0.
        MapError: any other invalid map.
    """
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
    if not (low >= 0 and high < np.inf):
        raise MapError(
            f"{invalid} Expected finite numbers of at least 0. "
            f"Received: numbers from {low} to {high}."
        )
    if not high:
        raise NoPredictionError(
            f"Black map of frame {frame}, counted from 0, in '{path}'. "
            "Expected a number above 0. Received: only zeros.",
            "black",
            path,
        )
    return saliencies
