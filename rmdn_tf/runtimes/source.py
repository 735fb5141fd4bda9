"""What a converter gets."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from rmdn_tf.runtimes.description import Description


@dataclasses.dataclass(frozen=True)
class Source:
    """A network to convert.

    Attributes:
        saved_model: directory of the SavedModel with the function of
            `rmdn_tf.runtimes.portable` as its only signature,
            `serving_default`.
        description: what the file will say of the network.
        samples: inputs of the function on real videos, by name, for int8;
            empty for other precisions.
    """

    saved_model: str
    description: Description
    samples: Sequence[Mapping[str, np.ndarray]] = ()
