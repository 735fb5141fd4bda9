"""The loss of training: of the density, the action, or both."""

import dataclasses

import tensorflow as tf

from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.joint import action_logits
from rmdn_tf.model.losses import action_cross_entropy, negative_log_likelihood
from rmdn_tf.training.config import LOSS_REDUCTIONS, TrainingConfig


@dataclasses.dataclass(frozen=True)
class Objective:
    """The loss of a network.

        loss = density_weight * nats per fixation
               + action_weight * nats per window

    Without actions, the loss is nats per fixation alone, without a weight. The
    action of a window is the network's output after its last valid clip. Both
    terms are means over the global batch; replicas and micro-batches add up
    their parts.

    With the reduction "sum", training descends the paper's loss: the sum over
    the fixations of a window, averaged over the windows. `gradient_scale` turns
    the gradient of the mean into that of the sum. Reported losses are always
    means, so that runs can be compared. Actions need the reduction "mean".
    """

    has_actions: bool = False
    multi_label: bool = False
    density_weight: float = 1.0
    action_weight: float = 1.0
    reduction: str = "mean"

    def __post_init__(self) -> None:
        expected = ("mean",) if self.has_actions else LOSS_REDUCTIONS
        if self.reduction not in expected:
            raise ValueError(
                f"Invalid `loss_reduction`. Expected one of {expected}, of a "
                f"network {'with' if self.has_actions else 'without'} actions. "
                f"Received: loss_reduction={self.reduction!r}."
            )

    @classmethod
    def of(cls, model: ModelConfig, training: TrainingConfig) -> "Objective":
        """Makes the objective of these settings."""
        return cls(
            bool(model.actions),
            model.multi_label,
            training.density_weight,
            training.action_weight,
            training.loss_reduction,
        )

    @property
    def unit(self) -> str:
        """Unit of the loss, in words."""
        return "nats, weighted" if self.has_actions else "nats per fixation"

    def counts(self, batch: dict) -> tuple[tf.Tensor, ...]:
        """Counts fixations and windows.

        Only windows with an action count for a network with actions; only
        windows with a frame count for others.
        """
        fixations = tf.reduce_sum(tf.cast(batch["fixation_mask"], tf.float32))
        windows = tf.reduce_any(
            batch["actions"] > 0 if self.has_actions else batch["frame_mask"],
            -1,
        )
        return fixations, tf.reduce_sum(tf.cast(windows, tf.float32))

    def gradient_scale(self, counts: tuple[tf.Tensor, ...]) -> tf.Tensor:
        """Returns the factor on the gradient of `loss`."""
        if self.reduction == "sum":
            return counts[0] / counts[1]
        return tf.ones([])

    def loss(
        self, outputs: dict, batch: dict, counts: tuple[tf.Tensor, ...]
    ) -> tf.Tensor:
        """Returns these rows' part of the mean loss.

        `outputs` and `batch` hold these rows; `counts` are those of the global
        batch, each at least 1.
        """
        density, _ = negative_log_likelihood(
            outputs["parameters"], batch["fixations"], batch["fixation_mask"]
        )
        if not self.has_actions:
            return density / counts[0]
        action, _ = action_cross_entropy(
            action_logits(outputs), batch["actions"], self.multi_label
        )
        return self.weigh(density / counts[0], action / counts[1])

    def weigh(self, density, action):
        """Adds up the losses of both tasks, numbers or tensors."""
        weighted = (
            (self.density_weight, density),
            (self.action_weight, action),
        )
        return sum(weight * loss for weight, loss in weighted if weight > 0)
