"""Protocols: what exactly is computed under the names of the metrics.

A protocol fixes the resolution, the true density, the negatives and the
formulas.

- `exact`: every metric by its definition, see `rmdn_tf.metrics.exact`.
- `paper`: the same, with the true density of `rmdn_tf.metrics.true_density`.
- `mit`: the code of the MIT benchmark, see `rmdn_tf.metrics.mit`.
- `dhf1k`: the same, with the blur, metrics and random frames of DHF1K.
"""

from rmdn_tf.evaluation.protocols.exact import ExactProtocol, PaperProtocol
from rmdn_tf.evaluation.protocols.mit import Dhf1kProtocol, MitProtocol
from rmdn_tf.evaluation.protocols.protocol import (
    EXACT_BLUR,
    Protocol,
    Scorer,
    TwoPassProtocol,
)

PROTOCOLS = {
    kind.name: kind
    for kind in (ExactProtocol, PaperProtocol, MitProtocol, Dhf1kProtocol)
}

__all__ = [
    "EXACT_BLUR",
    "PROTOCOLS",
    "Dhf1kProtocol",
    "ExactProtocol",
    "MitProtocol",
    "PaperProtocol",
    "Protocol",
    "Scorer",
    "TwoPassProtocol",
]
