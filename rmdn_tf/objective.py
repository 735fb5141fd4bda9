"""What a network is trained for: where people look, what is done, or both."""

import dataclasses

import tensorflow as tf

from rmdn_tf.joint_recurrence import action_logits
from rmdn_tf.losses import action_cross_entropy, negative_log_likelihood
from rmdn_tf.model_config import ModelConfig
from rmdn_tf.training_config import TrainingConfig


@dataclasses.dataclass(frozen=True)
class Objective:
    """The loss of a network; of one with actions a weighted sum of two.

        loss = density_weight * nats per fixation
               + action_weight * nats per window

    The action of a window is what the network says after its last valid clip.
    Both means are over the global batch, so a split over replicas or
    micro-batches, each of which adds its part, changes nothing.

    Attributes:
        has_actions: whether the network tells them.
        multi_label: see `rmdn_tf.losses.action_cross_entropy`.
        density_weight, action_weight: 0 leaves a task out.
    """

    has_actions: bool = False
    multi_label: bool = False
    density_weight: float = 1.0
    action_weight: float = 1.0

    @classmethod
    def of(cls, model: ModelConfig, training: TrainingConfig) -> "Objective":
        """Returns that of a network and of how it is trained."""
        return cls(
            bool(model.actions),
            model.multi_label,
            training.density_weight,
            training.action_weight,
        )

    @property
    def unit(self) -> str:
        """Of the loss, for people."""
        return "nats, weighted" if self.has_actions else "nats per fixation"

    def counts(self, batch: dict) -> tuple[tf.Tensor, ...]:
        """Counts what the means are over: fixations, windows with an action."""
        fixations = tf.reduce_sum(tf.cast(batch["fixation_mask"], tf.float32))
        if not self.has_actions:
            return (fixations,)
        labelled = tf.reduce_any(batch["actions"] > 0, -1)
        return fixations, tf.reduce_sum(tf.cast(labelled, tf.float32))

    def loss(
        self, outputs: dict, batch: dict, counts: tuple[tf.Tensor, ...]
    ) -> tf.Tensor:
        """Returns these rows' part of the loss.

        Args:
            outputs: of the network, for these rows.
            batch: the rows, of `rmdn_tf.input_pipeline`.
            counts: of the global batch, each at least 1.
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
