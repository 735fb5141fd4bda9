"""Checks of the maps that `rmdn_tf.metrics.exact` describes."""

import numpy as np

PIXELS = (1, 2)


def check_maps(
    maps: np.ndarray,
    name: str,
    shape: tuple[int, ...] | None = None,
    dtypes: tuple[type, ...] = (np.float64,),
) -> np.ndarray:
    """Checks that maps `[F, H, W]` are finite, and returns them as floats.

    Types that are not in `dtypes` become float64.
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
    """Checks counts of fixations: non-negative integers or booleans."""
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
    """Divides each map by its sum, float64 `[F, H, W]`.

    A map that is zero everywhere raises ValueError, or becomes NaN if
    `may_be_empty`.
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
    """Averages values of pixels, weighted by their fixations; float64 `[F]`.

    `values` are float `[n]`, one for each of the `fixated` pixels, which are
    `np.nonzero(counts)`.
    """
    frame, weights = fixated[0], counts[fixated]
    total = np.bincount(frame, weights * values, minlength=len(counts))
    num_fixations = np.bincount(frame, weights, minlength=len(counts))
    with np.errstate(invalid="ignore"):
        return total / num_fixations
