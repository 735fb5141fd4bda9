"""Tells pictures by the suffix of their names, without opening them."""

import os
from collections.abc import Mapping
from typing import Any

# Suffixes of pictures, with Pillow's options to write them.
SUFFIXES: Mapping[str, dict[str, Any]] = {
    ".png": {},
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".webp": {"quality": 95},
    ".bmp": {},
    ".tif": {"compression": "tiff_lzw"},
    ".tiff": {"compression": "tiff_lzw"},
}


def is_picture_name(path: str | os.PathLike) -> bool:
    """Tells whether a path is that of a picture, by its suffix."""
    return os.path.splitext(path)[1].lower() in SUFFIXES
