"""The density of a mixture by SciPy, from its moments."""

import numpy as np
import scipy.stats

from rmdn_tf.model.moments import Moments


def scipy_density(components: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Evaluates moments `[C, 6]` at points `[..., 2]`, in float64."""
    total = np.zeros(points.shape[:-1])
    for one in map(Moments._make, np.asarray(components, np.float64)):
        covariance = one.correlation * one.scale_x * one.scale_y
        total += one.weight * scipy.stats.multivariate_normal(
            [one.x, one.y],
            [[one.scale_x**2, covariance], [covariance, one.scale_y**2]],
        ).pdf(points)
    return total
