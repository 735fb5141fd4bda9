"""Settings of training, their presets, and checks that they fit together."""

import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import Any

from rmdn_tf.commands.settings import setting
from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.config import PRECISIONS, ModelConfig

TRAIN_SPLITS = ("train", "train+validation")

LOSS_REDUCTIONS = ("mean", "sum")

# Name of an optimizer -> its class in `keras.optimizers`.
OPTIMIZERS = {"rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}

# How the learning rate falls.
SCHEDULES = ("decay", "cosine")

# Devices to train on; `rmdn_tf.training.strategies` makes them.
STRATEGIES = ("one", "mirrored", "multi_worker")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """Settings of training that decide what is learned.

    Defaults are the paper's, except for batch size and fixations per frame,
    which the paper does not state.
    """

    num_epochs: int = setting(40, "Largest number of epochs.")
    batch_size: int = setting(8, "Windows per step, over all devices.")
    window_frames: int = setting(
        65, "Frames of a window; 65 give 50 clips at stride 1."
    )
    fixations_per_frame: int = setting(
        16, "Largest number of fixations per frame; of more, some are drawn."
    )
    optimizer: str = setting("rmsprop", f"One of {', '.join(OPTIMIZERS)}.")
    weight_decay: float = setting(
        0.0,
        "With --optimizer adamw: share of each weight, times the learning "
        "rate, that a step takes away. Biases, gains and the spatial prior "
        "are left as they are.",
    )
    learning_rate: float = setting(3e-4, "Learning rate of the first epochs.")
    schedule: str = setting(
        "decay",
        "decay: falls by --decay after each epoch, from epoch --decay_after "
        "on; cosine: falls at each step along a half cosine, to 0 at the end "
        "of epoch --num_epochs.",
        SCHEDULES,
    )
    decay: float = setting(
        0.95, "Factor on the learning rate, with --schedule decay."
    )
    decay_after: int = setting(
        8, "Epochs at the first learning rate, with --schedule decay."
    )
    ema_decay: float = setting(
        0.0,
        "Validate and keep the moving average of the weights, of which each "
        "step keeps this share, such as 0.99; 0 takes the weights themselves.",
    )
    loss_reduction: str = setting(
        "sum",
        "sum: of a window's fixations, averaged over the windows (the paper); "
        "mean: over all fixations, with smaller gradients. --joint implies "
        "mean.",
    )
    clip_norm: float = setting(
        20.0,
        "Longest gradient, as the norm over all weights; a longer one is "
        "scaled down.",
    )
    patience: int = setting(
        5, "Epochs without a lower validation loss until training stops."
    )
    flip: bool = setting(
        False,
        "Mirror half of the windows, drawn anew each epoch; not with "
        "--carry_state, and with --cache_features only for features in cells.",
    )
    carry_state: bool = setting(
        False,
        "Go through videos in time order and carry the LSTM's state from "
        "window to window, in place of random windows that start from zero.",
    )
    train_c3d: bool = setting(
        False,
        "Train the encoder, too. The paper freezes a pretrained C3D.",
        default_text="on for a C3D without --c3d_weights and --cache_features",
    )
    cache_features: bool = setting(
        False,
        "Compute the features of a frozen encoder once and train from these; "
        "they are stored as float16 beside the dataset.",
    )
    mix_share: float = setting(
        0.5,
        "With --mix_data_dir: share of the windows of each step that come "
        "from there.",
    )
    train_split: str = setting(
        "train",
        "train, or train+validation to train on all but the test videos once "
        "all settings are chosen; then the last epoch counts.",
    )
    density_weight: float = setting(
        1.0,
        "Weight of the density's loss, in nats per fixation, beside that of "
        "actions; 0 leaves it out.",
    )
    action_weight: float = setting(
        1.0,
        "Weight of the action's loss, in nats per window; 0 leaves it out.",
    )
    seed: int = setting(
        0, "Seed of weights, order, windows, fixations and flips."
    )

    def __post_init__(self):
        positive = [
            *("num_epochs", "batch_size", "fixations_per_frame"),
            *("patience", "learning_rate", "clip_norm", "decay"),
        ]
        _require(self, positive, "a positive number", lambda v: v > 0)
        not_negative = [
            *("seed", "density_weight", "action_weight", "weight_decay"),
        ]
        _require(self, not_negative, "0 or more", lambda v: v >= 0)
        _require(
            self,
            ["action_weight"],
            "a positive number with density_weight=0",
            lambda v: v > 0 or self.density_weight > 0,
        )
        _require_one_of(self, "train_split", TRAIN_SPLITS)
        _require_one_of(self, "optimizer", tuple(OPTIMIZERS))
        _require_one_of(self, "schedule", SCHEDULES)
        _require(
            self,
            ["weight_decay"],
            f"0 with optimizer='{self.optimizer}'",
            lambda v: v == 0 or self.optimizer == "adamw",
        )
        _require(self, ["ema_decay"], "a share in [0, 1)", lambda v: 0 <= v < 1)
        _require(self, ["mix_share"], "a share in (0, 1)", lambda v: 0 < v < 1)
        _require_one_of(self, "loss_reduction", LOSS_REDUCTIONS)
        _require(
            self,
            ["window_frames"],
            f"{CLIP_LENGTH} or more, one clip",
            lambda v: v >= CLIP_LENGTH,
        )
        for name, other, why in (
            ("carry_state", "flip", "windows that are not mirrored"),
            ("cache_features", "train_c3d", "a C3D that does not learn"),
        ):
            if getattr(self, name) and getattr(self, other):
                raise ValueError(
                    f"Invalid `{name}`. Expected {why}. "
                    f"Received: {name}=True with {other}=True."
                )

    @property
    def validates(self) -> bool:
        """Whether a held-out split chooses the best epoch."""
        return "validation" not in self.train_split

    def learning_rate_at(self, epoch: int, share: float = 0.0) -> float:
        """Returns the learning rate of a step.

        Args:
            epoch: number of the epoch, from 0.
            share: share of the steps of this epoch before the step.
        """
        if self.schedule == "cosine":
            done = (epoch + share) / self.num_epochs
            return self.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
        decays = max(0, epoch + 1 - self.decay_after)
        return self.learning_rate * self.decay**decays


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """Settings of training that decide only how it is computed.

    A run may resume with other values, except for the precision. To get the
    same bits, keep XLA and micro-batches, too.
    """

    precision: str = setting(
        "float32",
        f"Precision of the encoder: {', '.join(PRECISIONS)}. All else stays "
        "float32. On a CPU float16 has no pooling, and gradients in bfloat16 "
        "may overflow.",
    )
    micro_batches: int = setting(
        1, "Parts of a device's batch, computed one by one to save memory."
    )
    xla: bool | None = setting(
        None,
        "Compile the network with XLA. On a CPU it makes 3D convolutions "
        "several times slower.",
        default_text="on if there is a GPU",
    )
    checkpoint_steps: int = setting(
        500, "Steps between checkpoints; the end of an epoch makes one, too."
    )
    keep_checkpoints: int = setting(2, "Number of newest checkpoints to keep.")
    profile: int = setting(
        0, "Number of steps of the first epoch to profile for TensorBoard."
    )

    def __post_init__(self):
        positive = ("micro_batches", "checkpoint_steps", "keep_checkpoints")
        _require(self, positive, "a positive integer", lambda v: v > 0)
        _require(self, ["profile"], "0 or more", lambda v: v >= 0)
        _require_one_of(self, "precision", PRECISIONS)

    def uses_xla(self) -> bool:
        """Tells whether XLA compiles the network on this machine.

        Returns:
            True if `xla` is set, or a GPU is there and `xla` is None.
        """
        if self.xla is None:
            # Here, so that settings do not import TensorFlow.
            import tensorflow as tf

            return bool(tf.config.list_physical_devices("GPU"))
        return self.xla


def _require(
    config: object,
    names: Iterable[str],
    expected: str,
    is_valid: Callable[[Any], bool],
) -> None:
    for name in names:
        value = getattr(config, name)
        if not is_valid(value):
            raise ValueError(
                f"Invalid `{name}`. Expected {expected}. "
                f"Received: {name}={value!r}."
            )


def _require_one_of(config: object, name: str, choices: tuple) -> None:
    _require(config, [name], f"one of {choices}", choices.__contains__)


_SPATIAL = TrainingConfig(
    num_epochs=12,
    batch_size=24,
    window_frames=CLIP_LENGTH,
    optimizer="adamw",
    weight_decay=1e-3,
    learning_rate=3e-3,
    schedule="cosine",
    loss_reduction="mean",
    clip_norm=1.0,
    patience=4,
    flip=True,
    cache_features=True,
)

PRESETS = {
    "paper": TrainingConfig(),
    "small": TrainingConfig(
        num_epochs=30,
        batch_size=4,
        optimizer="adam",
        learning_rate=1e-3,
        decay=0.85,
        decay_after=15,
        loss_reduction="mean",
        patience=10,
        flip=True,
        train_c3d=True,
    ),
    "spatial": _SPATIAL,
    "spatial_small": _SPATIAL,
}


def defaults(model: ModelConfig) -> dict[str, dict]:
    """Returns the values of settings that an earlier release did not know.

    A run of that release behaves as if it had these values.
    """
    return {
        "model": _default_values(type(model)),
        "training": _default_values(TrainingConfig),
    }


def _default_values(kind: type) -> dict[str, Any]:
    return {field.name: field.default for field in dataclasses.fields(kind)}


def check_training(
    model: ModelConfig,
    training: TrainingConfig,
    run: RunConfig,
    num_replicas: int,
    info: DatasetInfo,
) -> None:
    """Refuses settings that do not fit together.

    `num_replicas` counts the devices of all workers.

    Raises:
        ValueError: names the setting, and the other one.
    """
    parts = num_replicas * run.micro_batches
    if training.batch_size % parts:
        raise ValueError(
            f"Invalid `batch_size`. Expected a multiple of {parts}, the "
            "devices times the micro-batches of each. Received: "
            f"batch_size={training.batch_size}."
        )
    if training.flip and training.cache_features and not model.in_cells:
        raise ValueError(
            "Invalid `cache_features`. Expected False, flip=False, or "
            "features in cells (projection or actions): others cannot be "
            "mirrored. Received: cache_features=True, flip=True, projection=0."
        )
    # Without fixations, every loss would be 0.
    learns_gaze = training.density_weight > 0
    if learns_gaze and not has_fixations(info, training.train_split):
        raise ValueError(
            "Invalid `train_split`. Expected videos with fixations. Received: "
            f"train_split='{training.train_split}' of the dataset "
            f"'{info.name}', in which no frame has a fixation. "
            + (
                "Give `--density_weight 0` to learn actions alone."
                if model.actions
                else "Prepare the dataset with gaze; `left_out` in its "
                "`dataset_info.json` counts what was lost."
            )
        )
