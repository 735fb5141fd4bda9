"""How a network is trained: the settings, and the presets of them.

`TrainingConfig` decides what is learned, `RunConfig` only how it is computed.
"""

import dataclasses
from collections.abc import Callable, Iterable

import keras
import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.rmdn import PRECISIONS


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How the network is trained; the defaults are the paper's.

    Attributes:
        num_epochs: at most so many.
        batch_size: B, over all devices. The paper does not say.
        window_frames: L; 65 gives 50 clips at stride 1.
        fixations_per_frame: A. The paper does not say.
        optimizer: "rmsprop" or "adam".
        learning_rate: of the first epochs.
        decay: factor on the learning rate, each epoch after `decay_after`.
        decay_after: epochs at the first learning rate.
        loss_reduction: "sum" over all fixations of a window, averaged over
            the windows, as in the paper; or "mean" over all fixations, whose
            gradient is smaller by the number of fixations of a window. A
            network with actions takes "mean".
        clip_norm: bound on the norm, over all weights, of the gradient of the
            loss as `loss_reduction` takes it. A longer gradient is shortened
            to it.
        patience: epochs without a better validation loss before it stops.
        flip: mirror half of the windows, each drawn anew; hence not together
            with `carry_state`, whose windows continue each other. Of cached
            features the cells are mirrored, which is nearly the same, if they
            lie in cells.
        carry_state: go through the videos in time order with the LSTM's state
            carried from window to window (truncated backpropagation), instead
            of random cuts that start from zero.
        train_c3d: whether C3D learns too. The paper freezes it, pretrained.
        cache_features: compute the descriptors of a frozen C3D once, keep them
            in float16 and train from them.
        train_split: "train", or "train+validation" to train on all that is
            not for testing, once everything is chosen; then all epochs run
            and the last one counts.
        density_weight: of a network with actions, of its loss in nats per
            fixation; 0 leaves the gaze out.
        action_weight: likewise, of its loss in nats per window.
        seed: of weights, order, cuts, fixations and flips.
    """

    num_epochs: int = 40
    batch_size: int = 8
    window_frames: int = 65
    fixations_per_frame: int = 16
    optimizer: str = "rmsprop"
    learning_rate: float = 3e-4
    decay: float = 0.95
    decay_after: int = 8
    loss_reduction: str = "sum"
    clip_norm: float = 20.0
    patience: int = 5
    flip: bool = False
    carry_state: bool = False
    train_c3d: bool = False
    cache_features: bool = False
    train_split: str = "train"
    density_weight: float = 1.0
    action_weight: float = 1.0
    seed: int = 0

    def __post_init__(self):
        positive = ("num_epochs", "batch_size", "fixations_per_frame")
        positive += ("patience", "learning_rate", "clip_norm", "decay")
        _require(self, positive, "a positive number", lambda v: v > 0)
        not_negative = ("seed", "density_weight", "action_weight")
        _require(self, not_negative, "0 or more", lambda v: v >= 0)
        _require(
            self,
            ["action_weight"],
            "a positive number with density_weight=0",
            lambda v: v > 0 or self.density_weight > 0,
        )
        _require_one_of(self, "train_split", TRAIN_SPLITS)
        _require_one_of(self, "optimizer", tuple(OPTIMIZERS))
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
        """Whether a split is left that chooses the best epoch."""
        return "validation" not in self.train_split

    def learning_rate_at(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        decays = max(0, epoch + 1 - self.decay_after)
        return self.learning_rate * self.decay**decays


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """How training is computed; a run may go on with another one.

    Only with the precision that it began with; the same bits also ask for the
    same XLA and micro-batches.

    Attributes:
        precision: of C3D: "float32", "mixed_float16" or "mixed_bfloat16".
            Recurrence, mixture, loss and weights stay in float32. On a CPU
            float16 has no pooling, and gradients in bfloat16 may overflow.
        micro_batches: parts that a replica's rows are computed in, one after
            the other, to save memory.
        xla: whether XLA compiles the network; None: where there is a GPU. On
            a CPU it makes 3D convolutions several times slower.
        checkpoint_steps: steps from one checkpoint to the next, besides those
            at the end of an epoch.
        keep_checkpoints: so many of the last ones are kept.
        profile: steps of the first epoch to profile for TensorBoard.
    """

    precision: str = "float32"
    micro_batches: int = 1
    xla: bool | None = None
    checkpoint_steps: int = 500
    keep_checkpoints: int = 2
    profile: int = 0

    def __post_init__(self):
        positive = ("micro_batches", "checkpoint_steps", "keep_checkpoints")
        _require(self, positive, "a positive integer", lambda v: v > 0)
        _require(self, ["profile"], "0 or more", lambda v: v >= 0)
        _require_one_of(self, "precision", PRECISIONS)

    def uses_xla(self) -> bool:
        """Whether XLA compiles the network on this machine."""
        if self.xla is None:
            return bool(tf.config.list_physical_devices("GPU"))
        return self.xla


def _require(
    config: object,
    names: Iterable[str],
    expected: str,
    is_valid: Callable[[object], bool],
) -> None:
    """Refuses a value of these settings that is not what was expected."""
    for name in names:
        value = getattr(config, name)
        if not is_valid(value):
            raise ValueError(
                f"Invalid `{name}`. Expected {expected}. "
                f"Received: {name}={value!r}."
            )


def _require_one_of(config: object, name: str, choices: tuple) -> None:
    _require(config, [name], f"one of {choices}", choices.__contains__)


TRAIN_SPLITS = ("train", "train+validation")

LOSS_REDUCTIONS = ("mean", "sum")

OPTIMIZERS = {
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
}

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
    "spatial": TrainingConfig(
        num_epochs=12,
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
    ),
}
