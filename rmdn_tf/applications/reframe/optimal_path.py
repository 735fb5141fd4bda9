"""The path of a camera that rests, pans steadily, and eases in and out.

The L1 norms of its first, second and third differences are small, so that most
differences are exactly 0 [1]: the camera is still, moves at a constant speed,
or changes its speed steadily.

References:
    1. Grundmann, Kwatra and Essa, "Auto-directed video stabilization with
       robust L1 optimal camera paths", CVPR 2011.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linprog


class Losses(NamedTuple):
    """What a place of the camera costs at each of T instants, convex.

        loss_t(c) = sum over k of left[t, k] max(0, low[t, k] - c)
                    + right[t, k] max(0, c - high[t, k])

    Attributes:
        low: float `[T, K]`.
        left: float `[T, K]`, 0 or more.
        high: float `[T, K]`.
        right: float `[T, K]`, 0 or more.
    """

    low: np.ndarray
    left: np.ndarray
    high: np.ndarray
    right: np.ndarray


def optimal_path(
    losses: Losses,
    bounds: np.ndarray,
    weights: Sequence[float] | np.ndarray,
    max_step: float,
    before: np.ndarray,
) -> np.ndarray:
    """Finds the path of least loss and movement, a linear program.

    Minimises the sum of the losses and of the absolute differences of each
    order, weighted.

    Args:
        losses: of T instants.
        bounds: float `[T, 2]`, the least and the largest place.
        weights: of the first, second, ... differences.
        max_step: longest way from one instant to the next.
        before: float `[n]`, places of the instants before, which stay; may be
            empty.

    Returns:
        float `[T]`, the places.

    Raises:
        RuntimeError: no path keeps to the bounds and the longest way.
    """
    fixed = np.repeat(np.reshape(before, (-1, 1)), 2, 1)
    ranges = np.concatenate([fixed, bounds])
    moves, prices, longest = _moves(len(ranges), weights, max_step)
    hinges, limits, charges = _hinges(losses, len(before))
    num_moves, num_hinges = len(prices), len(charges)
    # Variables: places, excess of each hinge, moves forwards and backwards.
    excess, move = map(sparse.eye_array, (num_hinges, num_moves))
    nothing = sparse.csr_array((num_moves, num_hinges))
    solved = linprog(
        np.concatenate([np.zeros(len(ranges)), charges, prices, prices]),
        _beside(hinges, -excess, nothing.T, nothing.T),
        limits,
        _beside(moves, nothing, -move, move),
        np.zeros(num_moves),
        np.concatenate(
            [ranges, _up_to(np.full(num_hinges, np.inf)), longest, longest]
        ),
        method="highs",
    )
    if solved.x is None:
        raise RuntimeError(f"No path of the camera: {solved.message}")
    return np.clip(solved.x[len(before) : len(ranges)], *bounds.T)


def _beside(*blocks: sparse.sparray) -> sparse.csr_array:
    return sparse.hstack(blocks, format="csr")


def _moves(
    length: int, weights: Sequence[float] | np.ndarray, max_step: float
) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Returns differences of all orders, their prices and their ranges."""
    matrix = sparse.eye_array(length, format="csr")
    matrices, prices, longest = [], [], []
    for order, weight in enumerate(weights[: length - 1]):
        matrix = matrix[1:] - matrix[:-1]
        matrices.append(matrix)
        prices.append(np.full(matrix.shape[0], weight))
        longest.append(np.full(matrix.shape[0], np.inf if order else max_step))
    if not matrices:  # One place only.
        return sparse.csr_array((0, length)), np.zeros(0), np.zeros((0, 2))
    return (
        sparse.vstack(matrices, format="csr"),
        np.concatenate(prices),
        _up_to(np.concatenate(longest)),
    )


def _hinges(
    losses: Losses, num_before: int
) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Returns rows and limits, `rows @ places - excess <= limits`, and prices.

    Hinges that cost nothing are left out.
    """
    instants = np.arange(len(losses.low))[:, None] + num_before
    signs = (-1, losses.low, losses.left), (1, losses.high, losses.right)
    places, limits, prices, values = [], [], [], []
    for sign, limit, price in signs:
        used = price > 0
        places.append(np.broadcast_to(instants, price.shape)[used])
        limits.append(sign * limit[used])
        prices.append(price[used])
        values.append(np.full(used.sum(), float(sign)))
    column = np.concatenate(places)
    rows = sparse.csr_array(
        (np.concatenate(values), (np.arange(len(column)), column)),
        shape=(len(column), num_before + len(instants)),
    )
    return rows, np.concatenate(limits), np.concatenate(prices)


def _up_to(most: np.ndarray) -> np.ndarray:
    """Returns the ranges from 0, `[n, 2]`."""
    return np.stack([np.zeros(len(most)), most], 1)
