"""Frames that a caller gives: arrays, tensors and pictures become RGB.

Types other than uint8 are refused: their 1 may mean white or nearly black.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from PIL import Image

# Modes of Pillow with 8 bits or less in a channel. Pillow cuts off others.
PICTURE_MODES = "1 L LA La P PA RGB RGBA RGBa RGBX CMYK YCbCr HSV".split()

EXPECTED = "levels of 0 to 255, uint8, RGB (H, W, 3) or grey (H, W)"


def rgb_frames(frames: Iterable) -> Iterator[np.ndarray]:
    """Yields given frames, uint8 `[H, W, 3]`, RGB, all of one size.

    The yielded frames are copies: a caller may reuse the memory of a frame.

    Args:
        frames: uint8 `[H, W, 3]`, RGB, or `[H, W]` or `[H, W, 1]`, grey, as
            arrays or as tensors that NumPy reads; or pictures of Pillow of 8
            bits, whose alpha is left out. One array `[L, H, W, 3]` is fine.

    Raises:
        ValueError: a frame is something else, or differs in size from the
            first. Names the frame, counted from 0.
    """
    _require_several(frames)
    size = None
    for number, frame in enumerate(frames):
        where = f", frame {number}"
        pixels = _rgb(frame, "video", where)
        if size not in (None, pixels.shape):
            received = f"{pixels.shape}{where}"
            raise _invalid("video", f"frames of {size}, as frame 0", received)
        size = pixels.shape
        yield pixels


def rgb_picture(picture: Any, name: str) -> np.ndarray:
    """Returns one picture, as a frame of `rgb_frames`.

    Args:
        picture: see `rgb_frames`.
        name: name of the argument, for an error.

    Raises:
        ValueError: the picture is something else.
    """
    return _rgb(picture, name)


def _require_several(frames: Any) -> None:
    """Refuses one picture: its rows would pass for grey frames."""
    shape = getattr(frames, "shape", None)
    if isinstance(frames, Image.Image) or (
        shape is not None and len(shape) != 4
    ):
        raise ValueError(
            "Invalid `video`. Expected frames, such as a list or one array "
            f"(L, H, W, 3). Received: {_describe(frames)}. Put a single frame "
            "into a list."
        )


def _rgb(frame: Any, name: str, where: str = "") -> np.ndarray:
    """Returns a frame as a new array, uint8 `[H, W, 3]`."""
    expected = f"frames of {EXPECTED}" if where else EXPECTED
    if isinstance(frame, Image.Image) and frame.mode not in PICTURE_MODES:
        raise _invalid(name, expected, _describe(frame) + where)
    try:
        if isinstance(frame, Image.Image):
            frame = frame.convert("RGB")
        pixels = np.array(frame)
    # Tensors raise errors of several types, such as on a GPU.
    except (TypeError, RuntimeError, OSError, ValueError) as error:
        received = f"{type(frame).__name__} ({str(error).rstrip('.')})"
        raise _invalid(name, expected, received + where) from error
    is_grey = pixels.ndim == 2 or pixels.shape[2:] == (1,)
    is_picture = is_grey or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if pixels.dtype != np.uint8 or not is_picture or not pixels.size:
        text = _describe(pixels if pixels.dtype.kind in "biufc" else frame)
        raise _invalid(name, expected, text + where, _advice(pixels))
    if is_grey:
        pixels = np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)
    return pixels


def _invalid(
    name: str, expected: str, received: str, advice: str = ""
) -> ValueError:
    return ValueError(
        f"Invalid `{name}`. Expected {expected}. Received: {received}.{advice}"
    )


def _describe(frame: Any) -> str:
    if isinstance(frame, Image.Image):
        return f"a picture of Pillow in mode {frame.mode}"
    shape = getattr(frame, "shape", None)
    if shape is None:
        return type(frame).__name__
    dtype = getattr(frame, "dtype", type(frame).__name__)
    return f"{getattr(dtype, 'name', dtype)} of {tuple(shape)}"


def _advice(pixels: np.ndarray) -> str:
    """Returns a sentence that helps with a usual mistake, or ""."""
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return " Leave out the alpha channel: frame[..., :3]."
    if pixels.ndim == 3 and pixels.shape[0] in (1, 3):
        return " Put the channels last."
    if pixels.dtype.kind == "f":
        return " Multiply levels of 0 to 1 by 255, round, and convert to uint8."
    if pixels.dtype.kind in "biu" and pixels.dtype != np.uint8:
        return " Convert levels of 0 to 255 to uint8."
    return ""
