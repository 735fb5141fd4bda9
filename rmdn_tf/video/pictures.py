"""Reads a picture as a viewer shows it, and writes one."""

import contextlib
import os
import warnings
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from rmdn_tf.video.decoding import MAX_PIXELS, RGB, VideoError, copy_time
from rmdn_tf.video.picture_names import SUFFIXES
from rmdn_tf.video.upright import Upright

# FFmpeg's names of the formats of a file that is one picture.
PICTURE_FORMATS = tuple(
    f"{kind}_pipe" for kind in ("png", "jpeg", "webp", "bmp", "tiff")
)

# Pillow's names of the same formats.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")

# Orientations of EXIF, and what turns the stored picture upright; from 5 on,
# this exchanges width and height.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = range(5, 9)

# Formats whose further pages are pictures of their own.
_WITH_PAGES = ("TIFF", "WEBP", "PNG")

_DEEP = ("I;16", "I;16L", "I;16B", "I;16N")
_TOO_DEEP = ("I", "F")
_WHITE = (255, 255, 255, 255)


class PictureUpright(Upright):
    """Gives the picture of a file as a viewer shows it, RGB.

    It is turned as its EXIF says, transparent parts are white, and 16 bits
    become 8. A format that Pillow does not know stays as FFmpeg decodes it.

    Args:
        path: a file of one of `PICTURE_FORMATS`.

    Raises:
        VideoError: the file is damaged or too large, holds several pictures,
            or has more than 16 bits a channel.
    """

    def __init__(self, path: str | os.PathLike):
        super().__init__()
        self._path = os.fspath(path)
        self._is_read = False
        self.icc_profile: bytes | None = None
        with _readable(self._path), Image.open(self._path) as picture:
            _check(picture, self._path)
            if picture.mode in ("RGB", "RGBA", "P"):
                self.icc_profile = picture.info.get("icc_profile")

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        if not self._is_read:
            self._is_read = True
            with _readable(self._path), Image.open(self._path) as picture:
                pixels = _rgb(picture)
                shown = av.VideoFrame.from_ndarray(pixels, format=RGB)
                copy_time(frame, shown)
                return shown
        return super().__call__(frame)


def read_picture(path: str | os.PathLike) -> np.ndarray:
    """Reads a picture as a viewer shows it; see `PictureUpright`.

    Args:
        path: a PNG, JPEG, WebP, BMP or TIFF file of one picture.

    Returns:
        uint8 `[H, W, 3]`, RGB.

    Raises:
        VideoError: the file is missing, damaged or too large, has another
            format, holds several pictures, or has more than 16 bits a channel.
    """
    with _opened(path) as picture:
        return _rgb(picture)


def picture_size(path: str | os.PathLike) -> tuple[int, int]:
    """Reads (height, width) of a picture as a viewer shows it.

    Raises:
        VideoError: as `read_picture`, but for damage after the header.
    """
    with _opened(path) as picture:
        if picture.format == "TIFF":  # New Pillows turn it before, old do not.
            height, width, _ = _rgb(picture).shape
            return height, width
        width, height = picture.size
        is_lying = _orientation(picture) in _LYING
        return (width, height) if is_lying else (height, width)


@contextlib.contextmanager
def _opened(path: str | os.PathLike) -> Iterator[Image.Image]:
    """Opens a picture, checked."""
    name = os.fspath(path)
    with _readable(name):
        try:
            with Image.open(name, formats=_FORMATS) as picture:
                _check(picture, name)
                yield picture
        except UnidentifiedImageError as error:
            raise VideoError(
                f"Unreadable picture '{name}'. Expected a whole file of "
                f"{', '.join(_FORMATS)} with one picture."
            ) from error


def _check(picture: Image.Image, path: str) -> None:
    number = getattr(picture, "n_frames", 1)
    if picture.format in _WITH_PAGES and number > 1:
        raise VideoError(
            f"Invalid picture '{path}'. Expected one picture. "
            f"Received: {number} in one file."
        )
    if picture.mode in _TOO_DEEP:
        raise VideoError(
            f"Invalid picture '{path}'. Expected at most 16 bits a "
            "channel. Received: 32."
        )
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise VideoError(
            f"Invalid picture '{path}'. Expected at most "
            f"{MAX_PIXELS} pixels. Received: {width}x{height}."
        )


@contextlib.contextmanager
def _readable(path: str) -> Iterator[None]:
    """Turns Pillow's errors into a VideoError; passes over unknown formats."""
    try:
        with warnings.catch_warnings():
            # `MAX_PIXELS` is the limit here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except VideoError:
        raise
    except UnidentifiedImageError:
        return
    except Image.DecompressionBombError as error:
        raise VideoError(
            f"Invalid picture '{path}'. Expected at most {MAX_PIXELS} pixels."
        ) from error
    except Exception as error:  # The type depends on the damaged byte.
        cause = getattr(error, "strerror", None) or str(error)
        raise VideoError(
            f"Unreadable picture '{path}': {cause.rstrip('.')}."
        ) from error


def _rgb(picture: Image.Image) -> np.ndarray:
    """Returns a picture as shown, uint8 `[H, W, 3]`."""
    picture.load()  # Some Pillows turn a TIFF here.
    # Pillow's own function also writes the EXIF anew, and fails if a tag is
    # damaged.
    turn = _TURNS.get(_orientation(picture))
    if turn is not None:
        picture = picture.transpose(turn)
    if picture.mode in _DEEP:
        levels = np.rint(np.asarray(picture) / 257).astype(np.uint8)
        picture = Image.fromarray(levels)
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, _WHITE)
        picture = Image.alpha_composite(white, rgba)
    return np.array(picture.convert("RGB"))


def _orientation(picture: Image.Image) -> Any:
    return picture.getexif().get(ExifTags.Base.Orientation)


class PictureWriter:
    """Writes one frame as a picture, in the format of the suffix.

    Args:
        path: one of `SUFFIXES` ends it.
        icc_profile: what the numbers of its colours mean; None for sRGB.

    Raises:
        VideoError: the format does not take the picture, or there are several.
    """

    def __init__(self, path: str | os.PathLike, icc_profile: bytes | None):
        self._path = os.fspath(path)
        self._icc_profile = icc_profile
        self._is_written = False

    def write(self, frame: av.VideoFrame) -> None:
        """Writes the frame."""
        name = os.path.basename(self._path)
        if self._is_written:
            raise VideoError(
                f"Cannot write the picture '{name}': there are several frames."
            )
        self._is_written = True
        options = SUFFIXES[os.path.splitext(self._path)[1].lower()]
        if self._icc_profile:
            options = {**options, "icc_profile": self._icc_profile}
        picture = Image.fromarray(frame.to_ndarray(format=RGB))
        try:
            picture.save(self._path, **options)
        except ValueError as error:  # Such as too wide for the format.
            raise VideoError(
                f"Cannot write the picture '{name}': {error}."
            ) from error
