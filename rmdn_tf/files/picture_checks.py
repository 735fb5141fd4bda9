"""Pictures in files, measured before they are decoded."""

import io

from PIL import Image

FORMATS = ("PNG", "JPEG")
MAX_BYTES = 2**28
"""Of a file; more than any picture of `MAX_PIXELS` takes."""

MAX_PIXELS = 2**25
"""A little more than a frame of 8K has, 7680 x 4320."""


def check_picture(content: bytes) -> None:
    """Refuses a picture that takes too much memory once it is decoded.

    A few bytes of a file can stand for billions of equal pixels.

    Args:
        content: of the whole file, PNG or JPEG. Only its beginning is read.

    Raises:
        ValueError: no such picture, or one of more than `MAX_PIXELS`.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
    except Image.DecompressionBombError as error:
        raise ValueError(f"more than {MAX_PIXELS} pixels") from error
    except Exception as error:  # What it raises depends on the byte.
        raise ValueError("damaged or no picture") from error
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"{width}x{height} pixels, more than {MAX_PIXELS} in all"
        )
