"""Makes the frames on which the benchmarks' code and ours are compared.

Maps are whole numbers of 8 or 16 bits, as the files of the benchmarks, and made
without functions that differ in the last digit between versions of NumPy.
"""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

SEED = 22


@dataclasses.dataclass(frozen=True)
class Case:
    """A frame to score.

    Attributes:
        name: what is special about it.
        saliency: uint8 or uint16 `[H, W]`, the predicted map.
        truth: uint16 `[H, W]`, the true map; zero all over without fixations.
        points: int `[N, 2]`, (row, column) of each fixation.
        others: bool `[H, W]`, pixels that people fixated in other frames.
    """

    name: str
    saliency: np.ndarray
    truth: np.ndarray
    points: np.ndarray
    others: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Number of fixations in each pixel, int64 `[H, W]`."""
        counts = np.zeros(self.saliency.shape, np.int64)
        np.add.at(counts, tuple(self.points.T), 1)
        return counts


def all_cases() -> list[Case]:
    """Makes all frames, the same ones in every run.

    Returns:
        The frames; the one without fixations is the last.
    """
    generator = np.random.default_rng(SEED)
    return [make_case(generator, *one) for one in _drafts(generator)]


Draft = tuple[str, np.ndarray, np.ndarray]


def _drafts(generator: np.random.Generator) -> Iterator[Draft]:
    """Yields names, maps and points."""
    size = (36, 64)
    smooth = make_blobs(generator, size)
    near = draw_points(generator, smooth, 40)
    yield "smooth", smooth, np.concatenate([near, near[:9], near[:3]])
    yield "one fixation", smooth, near[:1]
    column = np.stack([np.arange(4, 30, 2), np.full(13, 25)], -1)
    yield "one column", smooth, column
    yield "row is column", smooth, np.stack([np.arange(5, 25)] * 2, -1)
    yield "constant map", np.full(size, 1000, np.uint16), near
    yield "8 bits", (smooth >> 8).astype(np.uint8), near
    # Levels on the thresholds of a shuffled AUC, 0.2 apart.
    six = (51 * np.rint(smooth / 65535 * 5)).astype(np.uint8)
    yield "six levels", six, near
    low = near[six[tuple(near.T)] <= 51 * 4]
    yield "six levels, none at the peak", six, low
    yield "saturated", np.minimum(smooth, 9000).astype(np.uint16), near
    tall = make_blobs(generator, (50, 21))
    yield "tall", tall, draw_points(generator, tall, 25)
    small = make_blobs(generator, (6, 8))
    every = np.argwhere(small >= 0)
    yield "every pixel fixated", small, np.concatenate([every, every[:5]])
    yield "all but one pixel fixated", small, every[1:]
    peak = np.argwhere(small == small.max())
    yield "several on the peak", small, np.repeat(peak[:1], 4, 0)
    yield "10 bits", (smooth >> 6).astype(np.uint16), near[::-1]
    noise = generator.integers(0, 65536, size).astype(np.uint16)
    yield "noise", noise, near
    yield "no fixation", smooth, np.zeros([0, 2], int)


def make_case(
    generator: np.random.Generator,
    name: str,
    saliency: np.ndarray,
    points: np.ndarray,
) -> Case:
    truth = np.zeros(saliency.shape)
    for point in points:
        truth += make_bump(saliency.shape, point, 0.0625 * saliency.shape[1])
    truth *= 65535 / max(truth.max(), math.ulp(1))
    others = generator.random(saliency.shape) < 0.03
    others[:2, :2] = True
    rounded = np.rint(truth).astype(np.uint16)
    return Case(name, saliency, rounded, points, others)


def make_bump(
    size: tuple[int, ...], centre: np.ndarray, width: float
) -> np.ndarray:
    """1 at the centre, and falling to 0 like a power, `[H, W]`."""
    rows, columns = np.indices(size)
    square = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2
    ratio = 1 / (1 + square / width**2)
    return ratio * ratio


def make_blobs(
    generator: np.random.Generator, size: tuple[int, int]
) -> np.ndarray:
    """Three bumps, uint16 `[H, W]`, from 0 to 65535."""
    blobs = sum(
        (share * make_bump(size, generator.random(2) * size, size[1] / 9))
        for share in (1.0, 0.7, 0.4)
    )
    blobs = blobs - blobs.min()
    return np.rint(blobs / blobs.max() * 65535).astype(np.uint16)


def draw_points(
    generator: np.random.Generator, saliency: np.ndarray, number: int
) -> np.ndarray:
    """Draws pixels, more where the map is high, int `[N, 2]`."""
    mass = np.cumsum(saliency.ravel().astype(np.int64) + 3000)
    drawn = generator.integers(0, mass[-1], number)
    pixels = np.searchsorted(mass, drawn, side="right")
    return np.stack(np.divmod(pixels, saliency.shape[1]), -1)
