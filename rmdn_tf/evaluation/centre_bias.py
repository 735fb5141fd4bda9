"""What a model must beat: mixtures that do not look at the video.

Each is float32 `[C, 6]`, parameters of `rmdn_tf.model.mixture`, the same in
every frame. The uniform density is no mixture of normals; see
`rmdn_tf.evaluation.evaluation_loop`.
"""

import numpy as np
from sklearn.mixture import GaussianMixture

from rmdn_tf.model.mixture import parameters_from_moments

MAX_FIXATIONS = 100_000
"""Fixations that the trained centre is fitted to; more change nothing."""

NUM_COMPONENTS = (1, 2, 5, 10, 20)
DEFAULT_NUM_COMPONENTS = 5


def centre(scale: float = 0.25) -> np.ndarray:
    """One untrained normal at the centre of the frame.

    Args:
        scale: standard deviation, as a share of height and of width.

    Returns:
        float32 `[1, 6]`.
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

    Maximum likelihood by expectation maximisation. Of more than 100,000
    fixations so many are drawn at random. The paper does not say how many
    components: the number is that of `NUM_COMPONENTS` under which fixations
    held out are the likeliest.

    Args:
        fixations: float `[n, 2]`, (x, y) in [0, 1].
        held_out: float `[m, 2]`, of other videos; None or none takes
            `DEFAULT_NUM_COMPONENTS`.
        seed: of the draw and of the start.

    Returns:
        float32 `[C, 6]`, C at most the number of fixations.

    Raises:
        ValueError: there are fewer than two fixations.
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


def _drawn(fixations: np.ndarray, seed: int) -> np.ndarray:
    if len(fixations) <= MAX_FIXATIONS:
        return fixations
    return np.random.default_rng(seed).choice(
        fixations, MAX_FIXATIONS, replace=False
    )


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
