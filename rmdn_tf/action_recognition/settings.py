"""Settings of training and scoring a recognizer of actions."""

import dataclasses
import os
from typing import TYPE_CHECKING

from rmdn_tf.action_recognition.choices import (
    CLIP_STRIDE,
    MAP_SCALES,
    PLACES,
    SOURCES,
    USES,
)
from rmdn_tf.commands.settings import setting
from rmdn_tf.runs.paths import DEFAULT, MODEL_HELP

if TYPE_CHECKING:
    from rmdn_tf.action_recognition.recipes import (
        AttentionConfig,
        NetworkConfig,
    )


@dataclasses.dataclass(frozen=True)
class TaskSettings:
    """The task:

    The dataset, the results and the test videos.
    """

    data_dir: str = setting(
        "",
        "Directory of the prepared dataset.",
        default_text="data/DATASET",
    )
    output_dir: str = setting(
        "",
        "Directory of the results.",
        default_text="runs/DATASET-actions",
    )
    use: tuple[str, ...] = setting(
        tuple(USES),
        "Descriptors to compare: of the plain clip (context), of the clip "
        "weighted by attention, and both. The recognizer of the last one is "
        "saved.",
        USES,
    )
    folds: str | None = setting(
        None,
        "Folds of a cross-validation: their number, or a table `video,fold`.",
        default_text="those of the dataset, or its train and test split",
    )
    pca: bool = setting(
        False, "Reduce `both` to the length of one of the two parts."
    )
    seed: int = setting(0, "Seed of folds and random weights.")


@dataclasses.dataclass(frozen=True)
class EncoderSettings:
    """The network that encodes clips:

    A network and the layer that gives its features.
    """

    network: str | None = setting(
        None,
        "c3d, efficientnet_lite0, keras/NAME, or the directory of a run whose "
        "network to take.",
        default_text="c3d",
    )
    features: str | None = setting(
        None,
        "Layer of C3D (conv5b, pool5, fc6 or fc7), or of another network.",
        default_text="fc6 of c3d, stage7 of efficientnet_lite0",
    )
    c3d_weights: str | None = setting(
        None,
        "File of pretrained C3D weights, in any form that `rmdn "
        "convert-weights` reads.",
    )
    clip_stride: int = setting(CLIP_STRIDE, "Frames from one clip to the next.")

    def config(self, seed: int) -> "NetworkConfig":
        """Returns the network settings with absolute paths of files."""
        from rmdn_tf.action_recognition.clip_encoders import C3D
        from rmdn_tf.action_recognition.recipes import NetworkConfig

        return NetworkConfig(
            _absolute(self.network or C3D),
            self.features,
            self.c3d_weights and _absolute(self.c3d_weights),
            self.clip_stride,
            seed,
        )


@dataclasses.dataclass(frozen=True)
class AttentionSettings:
    """The attention:

    Where it comes from, and what it weights.
    """

    attention: str = setting(
        SOURCES[0],
        "Source of attention: a model's prediction, the fixations of the "
        "dataset's observers, the trained centre, or a mixture of prediction "
        "and centre.",
        SOURCES,
    )
    attention_model: str | None = setting(
        None,
        MODEL_HELP,
        default_text="the model in this package",
    )
    tcb_data_dir: str | None = setting(
        None,
        "Prepared dataset whose gaze the trained centre is fitted to.",
        default_text="that of --data_dir",
    )
    tcb_share: float = setting(
        0.5, "Share of the trained centre with --attention model+tcb."
    )
    weight: str = setting(
        PLACES[0],
        "What the attention weights: pixels, or the last features with a "
        "position in the frame.",
        PLACES,
    )
    map_scale: str = setting(
        MAP_SCALES[0],
        "Number that is scaled to 1 in the weights of a frame: their peak, "
        "mean or sum.",
        MAP_SCALES,
    )

    def config(self) -> "AttentionConfig":
        """Returns the attention settings with an absolute path of the model."""
        from rmdn_tf.action_recognition.recipes import AttentionConfig

        return AttentionConfig(
            self.attention,
            _absolute(self.attention_model or DEFAULT),
            self.tcb_share,
            self.weight,
            self.map_scale,
        )


def _absolute(path: str) -> str:
    """Makes a path absolute; names stay as they are."""
    from rmdn_tf.action_recognition.clip_encoders import is_name

    if is_name(path) or path == DEFAULT:
        return path
    return os.path.abspath(path) if os.path.exists(path) else path
