"""The weights that a new run starts from."""

import dataclasses
import os
from collections.abc import Mapping

import keras
import numpy as np

from rmdn_tf.files.settings_file import refuse_changes
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.config_json import config_to_json
from rmdn_tf.runs.loading import load_keras
from rmdn_tf.training.cached_features import checksum


@dataclasses.dataclass(frozen=True)
class Start:
    """Weights that a run starts from; all others are random, or fitted.

    Attributes:
        c3d_weights: see `rmdn_tf.encoders.c3d_weights`.
        model: the whole network; None leaves it to the others.
    """

    c3d_weights: Mapping[str, np.ndarray] | None = None
    model: keras.Model | None = None

    @classmethod
    def read(
        cls,
        config: ModelConfig,
        c3d_weights: Mapping[str, np.ndarray] | None,
        init_from: str | os.PathLike | None,
    ) -> "Start":
        """Reads the model to start from, of the same settings.

        Args:
            init_from: see `rmdn_tf.runs.loading.load_keras`; None for none.

        Raises:
            FileNotFoundError: the model is missing.
            OtherSettingsError: the model has other settings.
            ValueError: the model is damaged, or `c3d_weights` is given, too.
        """
        if init_from is None:
            return cls(c3d_weights)
        if c3d_weights:
            raise ValueError(
                "Invalid `c3d_weights`. Expected none with `init_from`, whose "
                f"model holds all weights. Received: init_from='{init_from}' "
                "and C3D weights."
            )
        model, other = load_keras(init_from)
        refuse_changes(
            init_from,
            config_to_json(other),
            config_to_json(config),
            advice="Give the network the settings of the model that it "
            "starts from.",
        )
        return cls(model=model)

    def checksums(self) -> dict[str, str | None]:
        """Returns the checksum of each kind of weights, None without them."""
        model = self.model and checksum(
            # By number, since Keras numbers the names of some layers.
            {f"{n:05d}": w for n, w in enumerate(self.model.get_weights())}
        )
        c3d_weights = self.c3d_weights and checksum(self.c3d_weights)
        return {"c3d_weights": c3d_weights, "init_from": model}
