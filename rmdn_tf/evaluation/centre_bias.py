"""Centre bias: the baselines that do not look at the video.

Each is one mixture for all frames, float32 `[C, 6]`, parameters of
`rmdn_tf.model.mixture`. The paper calls the trained one TCB.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.mixture import GaussianMixture

from rmdn_tf.model.moments import parameters_from_moments

# The trained centre is fitted to at most so many; more change nothing.
MAX_FIXATIONS = 100_000

NUM_COMPONENTS = (1, 2, 5, 10, 20)
DEFAULT_NUM_COMPONENTS = 5

# To choose their number without held out videos, so many are enough.
_FIXATIONS_TO_CHOOSE = 5_000

# Standard deviation of `centre`, as a share of height and of width.
CENTRE_SCALE = 0.25


def centre(scale: float = CENTRE_SCALE) -> np.ndarray:
    """Makes one normal at the centre of the frame, float32 `[1, 6]`.

    `scale` is its standard deviation, as a share of height and of width.
    """
    return parameters_from_moments(
        np.array([[1.0, 0.5, 0.5, scale, scale, 0.0]])
    )


def trained_centre(
    fixations: np.ndarray,
    held_out: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Fits one Gaussian mixture to all training fixations: the paper's TCB.

    The paper does not give the number of components: it is the one of
    `NUM_COMPONENTS` with the largest likelihood of the held out fixations.

    Args:
        fixations: float `[n, 2]`, (x, y) in [0, 1], n at least 2.
        held_out: float `[m, 2]`, from other videos; if None or empty, the
            mixture has `DEFAULT_NUM_COMPONENTS`.
        seed: seed of the fit, and of the fixations drawn if there are very
            many.

    Returns:
        float32 `[C, 6]`, C at most the number of fixations.

    Raises:
        ValueError: fewer than two fixations.
    """
    if len(fixations) < 2:
        raise ValueError(
            "Invalid `fixations`. Expected at least 2 training fixations to "
            f"fit the trained centre to. Received: {len(fixations)}."
        )
    fixations = _drawn(fixations, seed)
    if held_out is None or not len(held_out):
        return _parameters(_fit(fixations, DEFAULT_NUM_COMPONENTS, seed))
    held_out = _drawn(held_out, seed)
    fitted = [_fit(fixations, number, seed) for number in NUM_COMPONENTS]
    return _parameters(max(fitted, key=lambda one: one.score(held_out)))


def cross_validated_centre(
    groups: Sequence[np.ndarray], seed: int = 0
) -> np.ndarray:
    """Fits the trained centre without held out fixations.

    Each group is predicted from the others; the number of components is the
    one of `NUM_COMPONENTS` with the largest likelihood, groups weighing alike.

    Args:
        groups: float `[n, 2]` each, (x, y) in [0, 1]: the fixations on videos
            that belong together, two groups or more.
        seed: as in `trained_centre`.

    Returns:
        float32 `[C, 6]`, fitted to all groups.
    """
    totals = np.zeros(len(NUM_COMPONENTS))
    for number, held_out in enumerate(groups):
        others = [g for n, g in enumerate(groups) if n != number]
        seen = _drawn(np.concatenate(others), seed, _FIXATIONS_TO_CHOOSE)
        for index, num_components in enumerate(NUM_COMPONENTS):
            totals[index] += _fit(seen, num_components, seed).score(held_out)
    best = NUM_COMPONENTS[int(totals.argmax())]
    fixations = _drawn(np.concatenate(groups), seed)
    return _parameters(_fit(fixations, best, seed))


def centre_of_groups(
    groups: Sequence[np.ndarray],
    held_out: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Fits the trained centre to groups of fixations.

    Args:
        groups: as in `cross_validated_centre`; one or more.
        held_out: as in `trained_centre`; if None, the groups choose the number
            of components.
        seed: as in `trained_centre`.

    Returns:
        float32 `[C, 6]`, fitted to all groups.

    Raises:
        ValueError: fewer than two fixations.
    """
    if held_out is None and len(groups) > 1:
        return cross_validated_centre(groups, seed)
    return trained_centre(np.concatenate(groups), held_out, seed)


def _drawn(
    fixations: np.ndarray, seed: int, most: int | None = None
) -> np.ndarray:
    most = most or MAX_FIXATIONS
    if len(fixations) <= most:
        return fixations
    return np.random.default_rng(seed).choice(fixations, most, replace=False)


def _fit(
    fixations: np.ndarray, num_components: int, seed: int
) -> GaussianMixture:
    return GaussianMixture(
        min(num_components, len(fixations)),
        # Keeps a component from shrinking onto one pixel, in (1/100)^2.
        reg_covar=1e-4,
        random_state=seed,
    ).fit(fixations)


def _parameters(fitted: GaussianMixture) -> np.ndarray:
    scale = np.sqrt(np.diagonal(fitted.covariances_, axis1=1, axis2=2))
    correlation = fitted.covariances_[:, 0, 1] / scale.prod(-1)
    moments = np.column_stack(
        [fitted.weights_, fitted.means_, scale, correlation]
    )
    return parameters_from_moments(moments)
