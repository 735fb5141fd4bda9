"""Counts the fixations in each pixel of a frame."""

import numpy as np


def count_fixations(
    fixations: np.ndarray, mask: np.ndarray, height: int, width: int
) -> np.ndarray:
    """Counts the fixations in each pixel.

    The pixel in column j holds j/W <= x < (j + 1)/W; the last one also x = 1.

    Args:
        fixations: float `[F, N, 2]`, (x, y) in [0, 1] of the whole frame.
        mask: bool `[F, N]`, False where `fixations` is padding.
        height: H, rows of the maps, in pixels.
        width: W, columns of the maps, in pixels.

    Returns:
        int64 `[F, H, W]`.

    Raises:
        ValueError: a fixation lies outside [0, 1], or the shapes do not fit.
    """
    frames, pixels = fixated_pixels(fixations, mask, height, width)
    shape = (len(mask), height, width)
    counts = np.bincount(
        frames * (height * width) + pixels, minlength=np.prod(shape)
    )
    return counts.reshape(shape)


def count_points(
    frame: np.ndarray,
    points: np.ndarray,
    num_frames: int,
    height: int,
    width: int,
) -> np.ndarray:
    """Counts the points of a table in each pixel.

    Args:
        frame: int `[n]`, the frame of each point, from 0.
        points: float `[n, 2]`, (x, y) in [0, 1] of the whole frame.
        num_frames: F, the number of frames.
        height: H, rows of the maps, in pixels.
        width: W, columns of the maps, in pixels.

    Returns:
        int64 `[F, H, W]`.

    Raises:
        ValueError: a point lies outside [0, 1], or a frame outside of 0 to
            F - 1.
    """
    frame = np.asarray(frame, np.int64)
    if len(frame) and not 0 <= frame.min() <= frame.max() < num_frames:
        raise ValueError(
            f"Invalid `frame`. Expected 0 to {num_frames - 1}. Received: "
            f"{frame.min()} to {frame.max()}."
        )
    alone = np.ones((len(frame), 1), bool)
    points = np.asarray(points)[:, None]
    _, pixels = fixated_pixels(points, alone, height, width)
    counts = np.zeros((num_frames, height * width), np.int64)
    np.add.at(counts, (frame, pixels), 1)
    return counts.reshape(num_frames, height, width)


def fixated_pixels(
    fixations: np.ndarray, mask: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the pixel of each fixation.

    Args:
        fixations: float `[F, N, 2]`, (x, y) in [0, 1] of the whole frame.
        mask: bool `[F, N]`, False where `fixations` is padding.
        height: H, rows of the maps, in pixels.
        width: W, columns of the maps, in pixels.

    Returns:
        The frame of each fixation, ascending, and its pixel, numbered row by
        row: int64 `[n]` both.

    Raises:
        ValueError: a fixation lies outside [0, 1], or the shapes do not fit.
    """
    fixations = np.asarray(fixations, np.float64)
    mask = np.asarray(mask)
    fits = mask.ndim == 2 and fixations.shape == (*mask.shape, 2)
    if not fits or mask.dtype != bool:
        raise ValueError(
            "Invalid `fixations` or `mask`. Expected shapes [F, N, 2] and "
            f"[F, N], the mask boolean. Received: {fixations.shape}, "
            f"{mask.shape} of {mask.dtype}."
        )
    frames, _ = np.nonzero(mask)
    points = fixations[mask]  # [n, 2]
    # Written so that NaN is outside too.
    outside = ~((points >= 0) & (points <= 1)).all(axis=-1)
    if outside.any():
        raise ValueError(
            "Invalid `fixations`. Expected x and y in [0, 1]. Received: "
            f"(x, y)={tuple(points[outside][0])} in frame {frames[outside][0]}."
        )
    column, row = np.minimum(
        np.floor(points * (width, height)).astype(np.int64),
        (width - 1, height - 1),
    ).T
    return frames, row * width + column
