"""Turns a density into the map that scores best by one metric."""

import dataclasses

import numpy as np

from rmdn_tf.metrics import best_maps


@dataclasses.dataclass(frozen=True)
class BestMap:
    """Makes the map that scores best by a metric, if the density is right.

    Attributes:
        metric: one of `rmdn_tf.prediction.settings.MAP_METRICS`.
        blur: standard deviation by which the benchmark blurs fixations, as a
            share of the width.
        num_fixations: number of fixations on each frame of the benchmark.

    Call arguments:
        saliency_map: float `[H, W]`, 0 or more, the density at any scale. The
            result is float32 `[H, W]`, 0 or more, sum 1.
    """

    metric: str
    blur: float
    num_fixations: int

    def __call__(self, saliency_map: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            logs = np.log(saliency_map.astype(np.float64))[None]
        made = np.exp(self._log_map(logs)[0])
        return (made / made.sum()).astype(np.float32)

    def _log_map(self, log_densities: np.ndarray) -> np.ndarray:
        if self.metric == "nss":
            return log_densities
        if self.metric == "auc":
            return best_maps.ordered_map(log_densities)
        width = log_densities.shape[2]
        truth = best_maps.Truth(
            np.array([self.num_fixations]), self.blur * width
        )
        make = {
            "cc": best_maps.cc_map,
            "sim": best_maps.sim_map,
            "kl": best_maps.kl_map,
        }[self.metric]
        return make(log_densities, truth)
