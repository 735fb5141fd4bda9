"""The networks that are compared, by name, and how they are trained."""

import dataclasses
from typing import NamedTuple

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.config import (
    PRESETS,
    ModelConfig,
    SpatialConfig,
    with_changes,
)
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


# The network that the package came with before, and how it was trained. This
# release starts and projects its features in another way, so the model of
# before is trained by the release of before: see `finished_runs`.
OLD = SpatialConfig(
    encoder="efficientnet_lite0",
    input_size=(224, 224),
    features="stage5",
    motion_lags=(1, 3),
    projection=32,
    recurrent="leaky",
    units=24,
    context_units=24,
    dropout=0.2,
    feature_dropout=0.5,
    frames_per_second=10.0,
)
OLD_TRAINING = TrainingConfig(
    num_epochs=8,
    batch_size=8,
    window_frames=23,
    optimizer="adam",
    learning_rate=2e-3,
    decay=0.6,
    decay_after=4,
    loss_reduction="mean",
    clip_norm=1.0,
    patience=4,
    flip=True,
    cache_features=True,
)

# The network of the package's preset, on the pictures and then on the clips.
NEW = PRESETS["spatial"]
PICTURES_TRAINING = TrainingConfig(
    num_epochs=17,
    batch_size=24,
    window_frames=CLIP_LENGTH,  # One frame is predicted.
    fixations_per_frame=128,  # All of a picture.
    optimizer="adamw",
    weight_decay=1e-3,
    learning_rate=3e-3,
    schedule="cosine",
    loss_reduction="mean",
    clip_norm=1.0,
    flip=True,
    cache_features=True,
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
    "old": Variant(OLD, OLD_TRAINING),
    # The paper's head on the features of the old network.
    "old-dense-LSTM": Variant(
        with_changes(
            OLD,
            head="dense",
            recurrent="lstm",
            units=128,
            num_components=20,
            dropout=0.5,
        ),
        OLD_TRAINING,
    ),
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
