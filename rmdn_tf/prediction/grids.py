"""Evaluates a mixture on grids of pixels, in NumPy.

`rmdn_tf.model.saliency_maps` does the same in a graph of TensorFlow, and says
how. Here a grid is evaluated tile by tile, in the cache of a processor, and
tiles side by side.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.special

from rmdn_tf.model.columns import columns_of
from rmdn_tf.prediction.integrals import covariance_roots
from rmdn_tf.runtimes.threads import for_each

# Sides of square grids. Components narrower than a pixel of the largest one may
# fall between its pixels.
SIDES = (64, 128, 256, 512)

# Pixels in a standard deviation of the narrowest component.
PIXELS_IN_SCALE = 1.5

# Weight below which a component is too light to matter, however narrow.
LEAST_WEIGHT = 1e-6

# Sides of a tile, in pixels, and numbers that are evaluated together.
TILE = 96
BLOCK = 2**17

# Number of tiles from which on they run side by side.
_MANY = 8

# Least and largest peak, in the unit of `_in_unit`, that float32 holds well.
# The peak of a narrow ridge may be far larger than the unit; that of a density
# far outside the frame may be smaller, by rounding.
_PEAKS = (0.5, 1e30)


class _Terms(NamedTuple):
    """Terms of the components; those of `rmdn_tf.model.saliency_maps`.

    The log-density of a component is `top_of_row - (of_column - of_row)^2`.
    """

    of_column: np.ndarray  # [C, W]
    of_row: np.ndarray  # [C, H]
    top_of_row: np.ndarray  # [C, H]

    def tile(self, rows: slice, columns: slice) -> "_Terms":
        return _Terms(
            self.of_column[:, columns],
            self.of_row[:, rows],
            self.top_of_row[:, rows],
        )

    def some(self, components: np.ndarray) -> "_Terms":
        return _Terms(*(one[components] for one in self))


def fine_side(parameters: np.ndarray, weights: np.ndarray) -> int:
    """Returns the side of a square grid that is fine enough for a mixture.

    Args:
        parameters: float64 `[C, 6]`.
        weights: float64 `[C]`, sum 1.

    Returns:
        One of `SIDES`, the largest if none has `PIXELS_IN_SCALE`.
    """
    roots = covariance_roots(parameters[weights > LEAST_WEIGHT])
    narrowest = np.linalg.svd(roots, compute_uv=False).min()
    enough = [side for side in SIDES if side * narrowest >= PIXELS_IN_SCALE]
    return enough[0] if enough else SIDES[-1]


def log_density(parameters: np.ndarray, side: int) -> np.ndarray:
    """Evaluates the logarithm of a density on a square grid.

    Args:
        parameters: float32 `[C, 6]`.
        side: number of rows, and of columns.

    Returns:
        float32 `[side, side]`, nats.
    """
    return _log_map(parameters.astype(np.float32), side, side)


def relative_to_peak(
    parameters: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, float]:
    """Evaluates a density over its peak, and the logarithm of the peak.

    Without its peak subtracted, a density far outside the frame would be 0
    everywhere. In each tile, components that cannot add more than a rounding of
    the peak are left out: the density over its peak is right to 2e-6.

    Args:
        parameters: float32 `[C, 6]`.
        height: H, rows.
        width: W, columns.

    Returns:
        float32 `[H, W]`, and the logarithm in nats.

    Raises:
        ValueError: the numbers are too large for float64.
    """
    with np.errstate(all="ignore"):  # The peak tells of an overflow.
        density, log_unit = _in_unit(parameters, height, width)
    peak = density.max()
    if not _PEAKS[0] <= peak <= _PEAKS[1]:
        return _exactly_relative(parameters, height, width)
    return density / peak, log_unit + math.log(peak)


def _exactly_relative(
    parameters: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, float]:
    """Does the same in float64: slower, but right for more mixtures."""
    log_map = _log_map(parameters.astype(np.float64), height, width)
    peak = log_map.max()
    if not np.isfinite(peak):
        raise ValueError(
            "Invalid density. Expected numbers within the range of float64. "
            "Received: larger ones, as of a network whose training has "
            "diverged."
        )
    return np.exp(log_map - peak).astype(np.float32), float(peak)


def _log_map(parameters: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns the log-density, `[H, W]`, in the type of the parameters."""
    log_map = np.empty((height, width), parameters.dtype)
    lowest = np.finfo(parameters.dtype).min
    with np.errstate(all="ignore"):
        for terms, pixels in _blocks(
            _terms(parameters, height, width), log_map
        ):
            logs = _logs(terms)
            most = np.maximum(logs.max(0), lowest)  # Not minus infinity.
            pixels[:] = most + np.log(np.exp(logs - most).sum(0))
    return log_map


def _in_unit(
    parameters: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, float]:
    """Returns the density in a unit near its peak, and the unit's logarithm."""
    terms = _terms(parameters.astype(np.float32), height, width)
    scale = _near_peak(terms)
    terms = terms._replace(top_of_row=terms.top_of_row - np.float32(scale))
    least = math.log(2.0**-24) - math.log(len(parameters))
    density = np.empty((height, width), np.float32)

    def evaluate(tile: tuple[slice, slice]) -> None:
        within = terms.tile(*tile)
        with np.errstate(all="ignore"):  # A thread has its own.
            visible = within.some(~(_highest(within) < least))  # NaN stays.
            for block, pixels in _blocks(visible, density[tile]):
                logs = _logs(block)
                np.exp(logs, out=logs).sum(0, out=pixels)

    tiles = [*_tiles(height, width)]
    if len(tiles) < _MANY:
        for tile in tiles:
            evaluate(tile)
    else:
        for_each(evaluate, tiles)
    return density, scale


def _terms(parameters: np.ndarray, height: int, width: int) -> _Terms:
    logit, x, y, log_scale_x, log_scale_y, r = columns_of(parameters)
    columns, rows = (
        _centres(side).astype(parameters.dtype) for side in (width, height)
    )
    u = (columns - x[:, None]) * np.exp(-log_scale_x)[:, None]
    v = (rows - y[:, None]) * np.exp(-log_scale_y)[:, None]
    constant = (
        scipy.special.log_softmax(logit)
        - math.log(4 * math.pi)
        - log_scale_x
        - log_scale_y
        + (np.logaddexp(0, 2 * r) + np.logaddexp(0, -2 * r)) / 2
    )
    half = math.sqrt(0.5)
    return _Terms(
        (half * np.cosh(r))[:, None] * u,
        (half * np.sinh(r))[:, None] * v,
        constant[:, None] - 0.5 * v**2,
    )


def _centres(number: int) -> np.ndarray:
    return (np.arange(number) + 0.5) / number


def _logs(terms: _Terms) -> np.ndarray:
    """Returns the log-densities of the components, `[C, rows, columns]`."""
    logs = terms.of_column[:, None] - terms.of_row[..., None]
    np.multiply(logs, logs, out=logs)
    return np.subtract(terms.top_of_row[..., None], logs, out=logs)


def _near_peak(terms: _Terms) -> float:
    """Returns the largest log-density of the row of the highest component."""
    row = int(terms.top_of_row.max(0).argmax())
    logs = _logs(terms.tile(slice(row, row + 1), slice(None)))
    return float(scipy.special.logsumexp(logs, 0).max())


def _highest(terms: _Terms) -> np.ndarray:
    """Returns what no log-density of a component exceeds in a tile, `[C]`."""
    apart = np.maximum(
        terms.of_column.min(1) - terms.of_row.max(1),
        terms.of_row.min(1) - terms.of_column.max(1),
    )
    return terms.top_of_row.max(1) - np.maximum(apart, 0) ** 2


def _blocks(
    terms: _Terms, pixels: np.ndarray
) -> Iterator[tuple[_Terms, np.ndarray]]:
    """Splits terms and their pixels into rows that fit a processor's cache."""
    height, width = pixels.shape
    rows = max(1, BLOCK // (max(1, len(terms.of_row)) * width))
    for row in range(0, height, rows):
        some = slice(row, row + rows)
        yield terms.tile(some, slice(None)), pixels[some]


def _tiles(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    for row in range(0, height, TILE):
        for column in range(0, width, TILE):
            yield slice(row, row + TILE), slice(column, column + TILE)
