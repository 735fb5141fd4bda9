"""The formulas of the CrowdSAL benchmark."""

from collections.abc import Callable

import numpy as np

from rmdn_tf.evaluation.protocols.ntire2026 import Ntire2026Protocol
from rmdn_tf.evaluation.protocols.protocol import Protocol
from rmdn_tf.metrics import msu_challenge
from rmdn_tf.metrics.msu_challenge import EPSILON_32

_CODE = "msu-video-group/CrowdSAL, ef83c0387110da8b7d6da6a15ba7b5ab5794d89d"


class CrowdSalProtocol(Ntire2026Protocol):
    """The code of CrowdSAL, see `rmdn_tf.metrics.msu_challenge`."""

    name = "crowdsal"
    metrics = ("cc", "sim", "nss", "auc_judd")
    ranges = {}
    best_maps = {**Protocol.best_maps, "auc_judd": "order"}
    text = (
        f"The formulas of the benchmark's code ({_CODE}): both maps are scaled "
        "to [0, 1] in float32; every fixation counts, also two in one pixel; "
        "SIM, CC and NSS add 1.2e-7 to sums and deviations; AUC-Judd of maps "
        "rounded to 16 bits, with the distinct fixated levels as thresholds, "
        "joined by trapezoids, against the pixels without a fixation; it is 1 "
        "if every pixel has one. Means are over the means of videos; the "
        "benchmark also reports means over frames (--mean frames). Its true "
        "maps are stored in 10 bits; ours are not rounded."
    )

    @staticmethod
    def _scaled(maps: np.ndarray) -> np.ndarray:
        return msu_challenge.scale(maps.astype(np.float32))

    @staticmethod
    def _calls(
        maps: np.ndarray, truth: np.ndarray, counts: np.ndarray
    ) -> dict[str, Callable[[], np.ndarray]]:
        return {
            "cc": lambda: msu_challenge.cc(maps, truth, EPSILON_32),
            "sim": lambda: msu_challenge.sim(maps, truth, EPSILON_32),
            "nss": lambda: msu_challenge.nss(maps, counts, EPSILON_32),
            "auc_judd": lambda: msu_challenge.auc_judd_of_levels(maps, counts),
        }
