"""The networks that are compared, by name, and how they are trained."""

import dataclasses
from typing import NamedTuple

from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.presets import PRESETS, with_changes
from rmdn_tf.training import config as training_config
from rmdn_tf.training.config import TrainingConfig


class Variant(NamedTuple):
    """A network and its training.

    Attributes:
        model: settings of the network.
        clips: training on the clips of a fold.
        pictures: training on the pictures before; None starts from the clips.
    """

    model: ModelConfig
    clips: TrainingConfig
    pictures: TrainingConfig | None = None


# The network of the package's preset, trained on pictures and then on clips.
NEW = PRESETS["spatial"]
PICTURES_TRAINING = dataclasses.replace(
    training_config.PRESETS["spatial"],
    num_epochs=17,
    fixations_per_frame=128,  # All of a picture.
    mix_share=14 / 24,  # Of the sets after the first.
)
CLIPS_TRAINING = dataclasses.replace(
    PICTURES_TRAINING,
    num_epochs=2,
    fixations_per_frame=32,  # As many as clips have: frames weigh alike.
    learning_rate=1e-3,
    mix_share=0.25,
)

# The density of a joined network is blurred by a Gaussian of this deviation, a
# share of the frame. It costs some bits and gains CC, SIM and KL.
BLUR = 1 / 40

# What is left out of the network, one thing at a time.
LEFT_OUT = {
    "no-motion": {"motion_lags": (), "camera": False, "reset_on_cuts": False},
    "no-camera": {"camera": False, "reset_on_cuts": False},
    "no-faces": {"faces": False},
    "no-memory": {"recurrent": "none", "reset_on_cuts": False},
    "no-cut-reset": {"reset_on_cuts": False},
}

VARIANTS = {
    "full": Variant(NEW, CLIPS_TRAINING, PICTURES_TRAINING),
    # Frames of 224 pixels, 14x14 cells.
    "small": Variant(
        PRESETS["spatial_small"], CLIPS_TRAINING, PICTURES_TRAINING
    ),
    "no-pictures": Variant(
        NEW, dataclasses.replace(CLIPS_TRAINING, learning_rate=3e-3)
    ),
    **{
        name: Variant(
            with_changes(NEW, **changes), CLIPS_TRAINING, PICTURES_TRAINING
        )
        for name, changes in LEFT_OUT.items()
    },
}
