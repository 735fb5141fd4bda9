"""Reads pictures, PNG or JPEG, of a bounded size."""

import io
import os
from collections.abc import Sequence

import numpy as np
from PIL import Image

from rmdn_tf.files.image_limits import MAX_PIXELS
from rmdn_tf.files.reading import read_content

FORMATS = ("PNG", "JPEG")

# Larger than the file of any picture of `MAX_PIXELS`.
MAX_BYTES = 2**28

_JPEG_START = b"\xff\xd8"


def read_image(
    path: str | os.PathLike,
    *,
    channels: int = 0,
    dtype: str = "uint8",
    is_exact: bool = False,
    formats: Sequence[str] = FORMATS,
    what: str = "image",
    error: type[Exception] = ValueError,
) -> np.ndarray:
    """Reads a picture as `[height, width, channels]`.

    Args:
        channels: 1 for grey, 3 for RGB, 0 for the channels in the file.
        dtype: "uint8" or "uint16"; as uint16, 8-bit levels are multiplied by
            257.
        is_exact: whether to decode a JPEG to the nearest levels, which takes
            longer; TensorFlow's fast way is wrong by up to 6 of 255 levels.
        formats: some of `FORMATS`.
        what: what the error calls such a file.
        error: class of the error for a missing, invalid or too large file.
    """
    import tensorflow as tf

    expected = f"damaged or not a {' or '.join(formats)}"
    try:
        content = read_content(path, MAX_BYTES)
        _check_size(content, formats, expected)
        if is_exact and content.startswith(_JPEG_START):
            return _decode_jpeg(content, channels, dtype)
        # TensorFlow refuses a truncated picture; other decoders fill it up.
        return tf.io.decode_image(
            content, channels, tf.as_dtype(dtype), expand_animations=False
        ).numpy()
    except tf.errors.OpError as cause:
        raise error(f"Unreadable {what} '{path}': {expected}.") from cause
    except (OSError, ValueError) as cause:
        reason = str(cause).rstrip(".")
        raise error(f"Unreadable {what} '{path}': {reason}.") from cause


def _decode_jpeg(content: bytes, channels: int, dtype: str) -> np.ndarray:
    import tensorflow as tf

    levels = tf.io.decode_jpeg(
        content, channels, dct_method="INTEGER_ACCURATE"
    ).numpy()
    return levels if dtype == "uint8" else levels.astype(np.uint16) * 257


def _check_size(content: bytes, formats: Sequence[str], expected: str) -> None:
    """Refuses too many pixels: a few bytes can stand for billions of them."""
    try:
        with Image.open(io.BytesIO(content), formats=tuple(formats)) as picture:
            width, height = picture.size
    except Image.DecompressionBombError as error:
        raise ValueError(f"more than {MAX_PIXELS} pixels") from error
    except Exception as error:  # The error depends on the damaged byte.
        raise ValueError(expected) from error
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"{width}x{height} pixels, more than {MAX_PIXELS} in all"
        )
