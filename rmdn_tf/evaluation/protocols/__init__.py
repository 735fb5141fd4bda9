"""Protocols: what exactly is computed under the names of the metrics.

A protocol fixes the resolution, the true density, the negatives and the
formulas.

- `exact`: every metric by its definition, see `rmdn_tf.metrics.exact`.
- `paper`: the same, with the true density of `rmdn_tf.metrics.true_density`.
- `mit`: the code of the MIT benchmark, see `rmdn_tf.metrics.mit`.
- `dhf1k`: the same, with the blur, metrics and random frames of DHF1K.
- `ntire2026`, `crowdsal`: the code of two benchmarks of the MSU video group,
  see `rmdn_tf.metrics.msu_challenge`.
- `unisal`: the evaluation of UNISAL, see `rmdn_tf.metrics.unisal`.
- `msu`: the code of the MSU benchmark, see `rmdn_tf.evaluation.protocols.msu`,
  with and without its remapping, see `rmdn_tf.metrics.remapping`.
"""

from rmdn_tf.evaluation.protocols.crowdsal import CrowdSalProtocol
from rmdn_tf.evaluation.protocols.exact import ExactProtocol, PaperProtocol
from rmdn_tf.evaluation.protocols.mit import Dhf1kProtocol, MitProtocol
from rmdn_tf.evaluation.protocols.msu import MsuProtocol
from rmdn_tf.evaluation.protocols.ntire2026 import Ntire2026Protocol
from rmdn_tf.evaluation.protocols.protocol import (
    EXACT_BLUR,
    Protocol,
    Scorer,
    TwoPassProtocol,
)
from rmdn_tf.evaluation.protocols.unisal import UnisalProtocol

PROTOCOLS = {
    kind.name: kind
    for kind in (
        ExactProtocol,
        PaperProtocol,
        MitProtocol,
        Dhf1kProtocol,
        Ntire2026Protocol,
        CrowdSalProtocol,
        UnisalProtocol,
        MsuProtocol,
    )
}

__all__ = [
    "EXACT_BLUR",
    "PROTOCOLS",
    "CrowdSalProtocol",
    "Dhf1kProtocol",
    "ExactProtocol",
    "MitProtocol",
    "MsuProtocol",
    "Ntire2026Protocol",
    "PaperProtocol",
    "Protocol",
    "Scorer",
    "TwoPassProtocol",
    "UnisalProtocol",
]
