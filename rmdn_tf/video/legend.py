"""Draws a legend: what the lines and colours over a frame mean."""

import pathlib
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from rmdn_tf.video.lines import Line, circle, draw_lines

# Height of the text: a 34th of the frame's shorter side, at least 12 pixels.
_LEAST_TEXT, _SIDE_TO_TEXT = 12, 34

# Colours of the panel, dark and nearly opaque, and of the text, white.
_PANEL, _TEXT = (0, 0, 0, 190), (255, 255, 255, 255)

# Widths in heights of the text.
_LINE_WIDTH, _BAR_WIDTH, _GAP = 2, 6, 0.5

# Sample of a row, see `draw_legend`; the colours of a bar are `[n, 3]`.
Sample = tuple[str, Any] | None


def draw_legend(
    rows: Sequence[tuple[Sample, str]], size: tuple[int, int]
) -> np.ndarray:
    """Draws samples with what they mean, uint8 RGBA `[h, w, 4]`.

    Args:
        rows: sample and text of each row. A sample is ("line", colour),
            ("ring", colour) or ("bar", colours from left to right); colours are
            RGB, 0 to 255. It is None for a text alone.
        size: (height, width) of the frame. The legend is not wider.

    Returns:
        The legend; h and w are even.
    """
    height = max(_LEAST_TEXT, min(size) / _SIDE_TO_TEXT)
    too_wide = _drawn(rows, height).width / size[1]
    if too_wide > 1:
        height /= too_wide
    legend = np.asarray(_drawn(rows, height))
    return legend[: len(legend) // 2 * 2, : size[1] // 2 * 2]


def _drawn(rows: Sequence, height: float) -> Image.Image:
    """Draws the legend with text of some height, in pixels."""
    path = pathlib.Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")
    font = ImageFont.truetype(path, max(1, height))
    gap, line = _GAP * height, 1.5 * height
    kinds = {sample[0] for sample, _ in rows if sample}
    across = height * (_BAR_WIDTH if "bar" in kinds else _LINE_WIDTH)
    across = across + gap if kinds else 0
    width = 2 * gap + across + max(font.getlength(text) for _, text in rows)
    # Even: colour may have half the resolution.
    whole = [2 * round(n / 2 + 0.5) for n in (width, gap + line * len(rows))]
    picture = Image.new("RGBA", whole, _PANEL)
    draw = ImageDraw.Draw(picture)
    for number, (sample, text) in enumerate(rows):
        middle = gap / 2 + line * (number + 0.5)
        place = gap + across, middle
        draw.text(place, text, fill=_TEXT, font=font, anchor="lm")
        if sample:
            box = gap, middle - height / 2, across, middle + height / 2
            kind, colour = sample
            _paste_sample(picture, kind, colour, box)
    return picture


def _paste_sample(
    picture: Image.Image,
    kind: str,
    colour: Any,
    box: Sequence[float],
) -> None:
    if kind == "bar":
        _paste_bar(picture, colour, [round(n) for n in box])
    else:
        _paste_line(picture, kind, colour, box)


def _paste_bar(
    picture: Image.Image, colours: np.ndarray, box: Sequence
) -> None:
    left, top, right, bottom = box
    size = max(1, right - left), max(1, bottom - top)
    bar = Image.fromarray(colours[None].astype(np.uint8))
    picture.paste(bar.resize(size), (left, top))


def _paste_line(
    picture: Image.Image, kind: str, rgb: Sequence, box: Sequence
) -> None:
    left, top, right, bottom = box
    middle = (top + bottom) / 2
    points = np.array([[left, middle], [right, middle]])
    if kind == "ring":
        points = circle((left + right) / 2, middle, 0.35 * (bottom - top))
    width = max(1.0, (bottom - top) / 8)
    drawn, (row, column) = draw_lines(
        [Line(points, rgb)], picture.size[::-1], width
    )
    if drawn.size:
        picture.alpha_composite(Image.fromarray(drawn), (column, row))
