"""The frames of a made-up video: textured discs on a textured background."""

import dataclasses
from collections.abc import Iterator

import av
import numpy as np
from scipy import ndimage

DISC_RADIUS = 0.11  # of the frame's height


@dataclasses.dataclass(frozen=True)
class Looks:
    """The looks of each disc in every frame.

    Attributes:
        radius: float `[n, discs]` in (0, 1], relative to `DISC_RADIUS`.
        colour: float32 `[n, discs, 3]`, added to R, G and B of 0 to 255.
    """

    radius: np.ndarray
    colour: np.ndarray

    @classmethod
    def steady(cls, num_frames: int, num_discs: int) -> "Looks":
        """Returns the looks of discs that only move."""
        shape = (num_frames, num_discs)
        return cls(np.ones(shape), np.zeros([*shape, 3], np.float32))


def render(
    generator: np.random.Generator,
    discs: np.ndarray,
    camera: np.ndarray,
    size: tuple[int, int],
    looks: Looks,
) -> Iterator[av.VideoFrame]:
    """Yields the frames of a scene, in RGB.

    Args:
        generator: draws the textures.
        discs: float `[n, discs, 2]`, centres (x, y) in [0, 1]; a later disc
            covers earlier ones.
        camera: float `[n, 2]`, shift (x, y) of the background, in frames.
        size: (height, width) in pixels.
    """
    height, width = size
    background = _texture(generator, (2 * height, 2 * width), height / 16, 20)
    side = disc_side(size)
    textures = [
        _texture(generator, (side, side), height / 32, 50)
        for _ in range(discs.shape[1])
    ]
    pixels = np.array([height, width])
    for places, shift, radii, colours in zip(
        discs, camera, looks.radius, looks.colour, strict=True
    ):
        frame = _crop(background, -shift[::-1] * pixels, size)
        for texture, place, radius, colour in zip(
            textures, places, radii, colours, strict=True
        ):
            coloured = np.clip(texture + colour, 0, 255)
            _paint_disc(frame, coloured, place[::-1] * pixels, radius)
        pixels_8_bit = np.rint(frame).astype(np.uint8)
        yield av.VideoFrame.from_ndarray(pixels_8_bit, format="rgb24")


def disc_side(size: tuple[int, int]) -> int:
    """Returns the side of the square around a disc, in pixels."""
    return 2 * int(DISC_RADIUS * size[0]) + 1


def _texture(
    generator: np.random.Generator,
    shape: tuple[int, int],
    grain: float,
    contrast: float,
) -> np.ndarray:
    """Draws smooth noise around a random colour, float32 of 0 to 255."""
    noise = generator.normal(size=[*shape, 3])
    noise = ndimage.gaussian_filter(noise, (grain, grain, 0), mode="wrap")
    noise *= contrast / noise.std()
    colour = generator.uniform(70, 186, 3)
    return np.clip(noise + colour, 0, 255).astype(np.float32)


def _crop(
    texture: np.ndarray, corner: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Cuts out `size` pixels at a fractional (row, column); wraps around."""
    whole = np.floor(corner).astype(int)
    rest_row, rest_column = (corner - whole).astype(np.float32)
    row, column = (
        np.arange(begin, begin + length + 1) % texture_length
        for begin, length, texture_length in zip(
            whole, size, texture.shape[:2], strict=True
        )
    )
    patch = texture[row[:, None], column]
    patch = patch[:-1] * (1 - rest_row) + patch[1:] * rest_row
    return patch[:, :-1] * (1 - rest_column) + patch[:, 1:] * rest_column


def _paint_disc(
    frame: np.ndarray, texture: np.ndarray, centre: np.ndarray, radius: float
) -> None:
    """Blends a disc over the frame, centred at (row, column) in pixels."""
    side = texture.shape[0] + 1
    corner = centre - side / 2
    top, left = np.floor(corner).astype(int)
    rest = corner - (top, left)
    pixel = np.arange(side) + 0.5 - side / 2
    distance = np.hypot((pixel - rest[0])[:, None], pixel - rest[1])
    edge = radius * texture.shape[0] / 2
    opacity = np.clip(edge - distance, 0, 1)[..., None]
    target = frame[top : top + side, left : left + side]
    target += opacity * (_crop(texture, -rest, (side, side)) - target)
