"""A drawn face that a face detector takes for one."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

_HAIR, _SKIN, _SHADE = (45, 30, 25), (215, 165, 140), (185, 135, 115)
_WHITE, _DARK, _LIPS = (240, 235, 230), (35, 22, 20), (165, 75, 75)


def drawn_face(side: int) -> np.ndarray:
    """Returns uint8 `[side, side, 3]`; the head is 3/4 of the side tall."""
    picture = Image.new("RGB", (256, 256), (110, 120, 130))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((50, 5, 206, 200), _HAIR)
    draw.rectangle((100, 190, 156, 256), _SHADE)  # The neck.
    draw.ellipse((64, 30, 192, 225), _SKIN)
    draw.pieslice((60, 15, 196, 110), 180, 360, _HAIR)
    for x in (100, 156):
        draw.ellipse((x - 18, 100, x + 18, 122), _SHADE)
        draw.ellipse((x - 14, 104, x + 14, 120), _WHITE)
        draw.ellipse((x - 7, 104, x + 7, 120), _DARK)
        draw.line((x - 18, 94, x + 18, 92), _DARK, 6)
    draw.polygon([(128, 110), (116, 158), (140, 158)], _SHADE)
    draw.ellipse((116, 150, 140, 164), _SHADE)
    draw.ellipse((104, 180, 152, 196), _LIPS)
    picture = picture.filter(ImageFilter.GaussianBlur(3))
    return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR))


def frame_with_faces(
    size: int, *faces: tuple[float, float, float]
) -> np.ndarray:
    """Returns a grey frame, float32 `[size, size, 3]` of 0 to 255.

    Args:
        size: pixels to a side.
        *faces: x and y of a drawing's centre and its side, as shares of the
            frame's side.
    """
    frame = np.full((size, size, 3), 120, np.float32)
    for x, y, share in faces:
        side = round(share * size)
        row, column = round(y * size - side / 2), round(x * size - side / 2)
        frame[row : row + side, column : column + side] = drawn_face(side)
    return frame
