"""Sizes of a crop: in the source, and in the output."""

import re
from fractions import Fraction
from typing import NamedTuple

# Fewest pixels of a side of the output. Encoders refuse much smaller ones.
LEAST_SIDE = 16

# A width or height, such as 2.39. `Fraction` alone would spend minutes on
# 1e99999999.
_NUMBER = r"\d{1,6}(?:\.\d{1,6})?"
_ASPECT = re.compile(f"({_NUMBER}):({_NUMBER})", re.ASCII)

# Most pixels of a side that x264 takes.
_MOST_SIDE = 16384


class CropSizes(NamedTuple):
    """Sizes of the largest crop.

    Attributes:
        frame: (height, width) of the source in pixels.
        crop: (height, width) of the crop in pixels of the source, floats.
        output: (height, width) of the output in pixels, even.
    """

    frame: tuple[int, int]
    crop: tuple[float, float]
    output: tuple[int, int]

    @property
    def shares(self) -> tuple[float, float]:
        """Height and width of the crop as parts of the frame, in (0, 1]."""
        height, width = self.frame
        return self.crop[0] / height, self.crop[1] / width


def parse_aspect(text: str) -> Fraction:
    """Reads an aspect ratio such as 9:16, 1:1 or 2.39:1.

    Args:
        text: width and height, with a colon between them.

    Returns:
        Width / height.

    Raises:
        ValueError: the text is something else, or the ratio is not from 1:100
            to 100:1.
    """
    found = _ASPECT.fullmatch(text)
    width, height = map(Fraction, found.groups()) if found else (0, 0)
    if not 0 < height <= 100 * width or width > 100 * height:
        raise ValueError(
            "Invalid `aspect`. Expected width:height from 1:100 to 100:1, such "
            f"as 9:16, 1:1 or 2.39:1. Received: aspect='{text}'."
        )
    return Fraction(width, height)


def choose_sizes(
    frame: tuple[int, int],
    aspect: Fraction,
    height: int | None = None,
    pixel_aspect: Fraction = Fraction(1),
) -> CropSizes:
    """Chooses the largest crop of an aspect ratio, and the size to write it.

    Args:
        frame: (height, width) of the source in pixels.
        aspect: width / height of the crop as a player shows it.
        height: of the output, even; None for an output whose pixels are as
            large as those of the source.
        pixel_aspect: width / height of a pixel as a player shows it, in the
            source and in the output.

    Returns:
        The sizes of frame, crop and output.

    Raises:
        ValueError: the output would be less than 16 pixels wide or high, or
            more than an encoder takes.
    """
    in_pixels = aspect / pixel_aspect
    if height is None:
        output = _even_within(frame, in_pixels)
        crop: tuple[float, float] = output
    else:
        output = height, 2 * round(height * in_pixels / 2)
        crop = _within(frame, Fraction(output[1], output[0]))
    if max(output) > _MOST_SIDE:
        raise ValueError(
            f"Invalid `height`. Expected an output of at most {_MOST_SIDE} "
            f"pixels wide. Received: {output[1]}x{output[0]}."
        )
    if min(output) < LEAST_SIDE:
        raise ValueError(
            "Invalid `aspect`. Expected an output of at least "
            f"{LEAST_SIDE}x{LEAST_SIDE} pixels. Received: "
            f"aspect={aspect.numerator}:{aspect.denominator}, which is "
            f"{output[1]}x{output[0]} pixels of a video of "
            f"{frame[1]}x{frame[0]}."
        )
    return CropSizes(frame, crop, output)


def _within(frame: tuple[int, int], aspect: Fraction) -> tuple[float, float]:
    """Returns (height, width) of the largest rectangle in a frame."""
    height, width = frame
    if aspect * height > width:
        return float(width / aspect), float(width)
    return float(height), float(height * aspect)


def _even_within(frame: tuple[int, int], aspect: Fraction) -> tuple[int, int]:
    """Returns the largest rectangle of even sides, near to the aspect."""
    height, width = (side - side % 2 for side in frame)
    if aspect * height > width:
        return min(height, 2 * round(width / aspect / 2)), width
    return height, min(width, 2 * round(height * aspect / 2))
