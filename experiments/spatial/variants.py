"""The networks that are compared, by name, and how they are trained."""

from typing import NamedTuple

from rmdn_tf.model.config import ModelConfig, SpatialConfig, with_changes
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


# The network that releases 0.1 to 0.3 came with, and how it was trained.
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
}
