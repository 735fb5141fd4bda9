"""Chooses one of many for every instant, and changes the choice rarely."""

import numpy as np


def steady_choice(
    scores: np.ndarray,
    places: np.ndarray,
    cost: float,
    before: float | None = None,
) -> np.ndarray:
    """Chooses a place for every instant by dynamic programming.

    Maximises the sum of the scores minus `cost` times the length of the way
    from place to place. So attention that goes away and comes back soon is not
    followed.

    Args:
        scores: float `[T, N]`, of each place at each instant.
        places: float `[N]`.
        cost: price of a way of length 1.
        before: the place before the first instant; None if it is free.

    Returns:
        int `[T]`, the number of the chosen place.
    """
    way = cost * np.abs(places[:, None] - places)  # [to, from]
    best = np.array(scores[0], np.float64)
    if before is not None:
        best -= cost * np.abs(places - before)
    came_from = np.zeros(scores.shape, np.intp)
    for instant in range(1, len(scores)):
        reached = best - way
        came_from[instant] = reached.argmax(1)
        best = reached.max(1) + scores[instant]
    chosen = np.zeros(len(scores), np.intp)
    chosen[-1] = best.argmax()
    for instant in range(len(scores) - 1, 0, -1):
        chosen[instant - 1] = came_from[instant, chosen[instant]]
    return chosen
