"""How much of each component of a mixture lies inside the frame."""

import math

import numpy as np

from rmdn_tf.prediction.integrals import component_masses

_FRAME = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])

# Masses are known at powers of exp(_STEP) and interpolated between them.
_STEP = 0.125

# Row k: the polynomial that is 1 at k and 0 at the others of 0, 1, 2, 3.
_CUBICS = np.linalg.inv(np.vander(np.arange(4.0), increasing=True)).T


def masses(parameters: np.ndarray, spread: float = 1.0) -> np.ndarray:
    """Integrates components over the frame.

    Args:
        parameters: float `[..., C, 6]`, of `rmdn_tf.model.mixture`.
        spread: factor on the scales.

    Returns:
        float64 `[..., C]`, in [0, 1].
    """
    wider = np.array(parameters, np.float64)
    wider[..., 3:5] += math.log(spread)
    flat = wider.reshape(-1, wider.shape[-1])
    return component_masses(flat, _FRAME).reshape(wider.shape[:-1])


class Masses:
    """The masses of the same components under any spread.

    They are computed at a few spreads, when these are needed: float32 `[F, C]`,
    1.4 MB for 460 frames of 784 components.

    Args:
        parameters: float `[F, C, 6]`, of `rmdn_tf.model.mixture`.
    """

    def __init__(self, parameters: np.ndarray):
        self._parameters = parameters
        self._known: dict[int, np.ndarray] = {}

    def at(self, spread: float) -> tuple[np.ndarray, np.ndarray]:
        """Computes the masses.

        Args:
            spread: factor on the scales.

        Returns:
            float64 `[F, C]`, the masses and their derivatives by log(spread).
            The masses are right to 1e-4.
        """
        place = math.log(spread) / _STEP
        first = math.floor(place) - 1
        t = place - first
        known = np.stack([self._at_knot(first + k) for k in range(4)])
        powers = np.array([1, t, t**2, t**3])
        slopes = np.array([0, 1, 2 * t, 3 * t**2]) / _STEP
        return (
            np.tensordot(_CUBICS @ powers, known, 1),
            np.tensordot(_CUBICS @ slopes, known, 1),
        )

    def _at_knot(self, knot: int) -> np.ndarray:
        if knot not in self._known:
            spread = math.exp(knot * _STEP)
            found = masses(self._parameters, spread)
            self._known[knot] = found.astype(np.float32)
        return self._known[knot]
