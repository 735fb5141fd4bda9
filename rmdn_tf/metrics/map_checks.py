"""Checks of maps, which every metric shares.

There are three kinds of maps, each `[F, H, W]`, F frames of H x W pixels:

- `saliency_maps`: finite numbers; a higher one means that people look there
  more. Pass floats: 8 bits destroy the ranks in the tails. Metrics that compare
  densities need non-negative numbers and divide them by their sum.
- `fixation_maps`: integers, the number of fixations in each pixel, see
  `rmdn_tf.metrics.fixation_maps.count_fixations`. A pixel that is fixated twice
  counts twice.
- `densities`: the ground truth, non-negative; zero everywhere in a frame
  without fixations.
"""

import numpy as np

PIXELS = (1, 2)
"""The axes of a map's pixels."""


def check_maps(
    maps: np.ndarray,
    name: str,
    shape: tuple[int, ...] | None = None,
    dtypes: tuple[type, ...] = (np.float64,),
) -> np.ndarray:
    """Checks maps and returns them as floats `[F, H, W]`.

    Args:
        maps: finite numbers, `[F, H, W]`.
        name: of the maps, for the error.
        shape: the expected shape, if known.
        dtypes: are kept; other types become float64.

    Raises:
        ValueError: wrong shape, no pixel, or a number that is not finite.
    """
    maps = np.asarray(maps)
    if maps.dtype not in dtypes:
        maps = maps.astype(np.float64)
    fits = maps.ndim == 3 if shape is None else maps.shape == shape
    if not fits or 0 in maps.shape[1:]:
        raise ValueError(
            f"Invalid `{name}`. Expected shape {shape or '[F, H, W]'}. "
            f"Received: {maps.shape}."
        )
    if not np.isfinite(maps).all():
        raise ValueError(
            f"Invalid `{name}`. Expected finite numbers. Received: NaN or "
            "infinity."
        )
    return maps


def check_counts(
    counts: np.ndarray, shape: tuple[int, ...], name: str = "fixation_maps"
) -> np.ndarray:
    """Checks counts of fixations, non-negative integers or booleans.

    Raises:
        ValueError: wrong shape, not integers, or negative; calls them `name`.
    """
    counts = np.asarray(counts)
    if counts.shape != shape:
        raise ValueError(
            f"Invalid `{name}`. Expected shape {shape}. Received: "
            f"{counts.shape}."
        )
    if counts.dtype.kind not in "biu" or (
        counts.dtype.kind == "i" and counts.size and counts.min() < 0
    ):
        raise ValueError(
            f"Invalid `{name}`. Expected non-negative integers, the fixations "
            f"in each pixel. Received: {counts.dtype} from {counts.min()}."
        )
    return counts


def normalize(
    maps: np.ndarray,
    name: str,
    shape: tuple[int, ...] | None = None,
    may_be_empty: bool = False,
) -> np.ndarray:
    """Divides each map by its sum.

    Args:
        maps: non-negative numbers, `[F, H, W]`.
        name: of the maps, for the error.
        shape: the expected shape, if known.
        may_be_empty: whether a map may be zero everywhere; it becomes NaN.

    Returns:
        float64 `[F, H, W]`, each map summing to 1, or NaN everywhere.

    Raises:
        ValueError: see `check_maps`; or a number is negative, or a map empty.
    """
    maps = check_maps(maps, name, shape)
    if (maps < 0).any():
        raise ValueError(
            f"Invalid `{name}`. Expected densities, no negative numbers. "
            f"Received: {maps.min()}."
        )
    total = maps.sum(axis=PIXELS, keepdims=True)
    if not may_be_empty and (total == 0).any():
        raise ValueError(
            f"Invalid `{name}`. Expected maps with a positive sum. Received: "
            f"zero all over in frame {np.nonzero(total == 0)[0][0]}."
        )
    with np.errstate(invalid="ignore"):
        return maps / total


def mean_over_fixations(
    values: np.ndarray, fixated: tuple[np.ndarray, ...], counts: np.ndarray
) -> np.ndarray:
    """Averages the values of pixels, weighted by their numbers of fixations.

    Args:
        values: float `[n]`, one value for each fixated pixel.
        fixated: `np.nonzero(counts)`, three integer arrays `[n]`.
        counts: int `[F, H, W]`, fixations in each pixel.

    Returns:
        float64 `[F]`; NaN for a frame without fixations.
    """
    frame, weights = fixated[0], counts[fixated]
    total = np.bincount(frame, weights * values, minlength=len(counts))
    num_fixations = np.bincount(frame, weights, minlength=len(counts))
    with np.errstate(invalid="ignore"):
        return total / num_fixations
