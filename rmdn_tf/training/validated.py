"""Losses and scores of a pass over the validation split."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from rmdn_tf.evaluation.action_scores import ActionScores
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.training.objective import Objective

# The baseline beside the model: the trained centre, named as `evaluate` does.
BASELINE = "TCB"
# Metrics of the protocol `exact` that are shown for a run.
METRICS = ("bits", "auc_judd", "nss", "cc", "sim", "kl")


@dataclasses.dataclass(frozen=True)
class Validated:
    """Losses and scores of a pass over the validation split.

    Attributes:
        density_loss: nats per fixation, over every fixation of the split.
        scores: scores of "model" by the protocol `exact`, on frames with a
            fixation.
        scored_frames: which frames `scores` is about, in words.
        parameters: mixtures of at most `MAX_CLIPS` clips, drawn from the whole
            split, float32 `[n, C, 6]`.
        picture: frames of the first video, uint8 `[height, width, 3]`.
        actions: scores of the actions of whole videos; None for a network
            without actions.
        baseline: those of `metrics` that the trained centre has, on the same
            frames; empty without it.
    """

    density_loss: float
    scores: Scores
    scored_frames: str
    parameters: np.ndarray
    picture: np.ndarray
    objective: Objective = Objective()
    actions: ActionScores | None = None
    baseline: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def loss(self) -> float:
        """The loss that chooses the best epoch; see `Objective`.

        Unlike in training, the action's loss is that of whole videos.
        """
        if self.actions is None:
            return self.density_loss
        of_actions = float(self.actions.losses.mean())
        return self.objective.weigh(self.density_loss, of_actions)

    def describe(self) -> str:
        """Returns the loss and its parts as a line of text."""
        text = f"{self.loss:8.4f}"
        if self.actions is None:
            return text
        parts = {"density": self.density_loss} | self.actions.metrics()
        named = [f"{name} {value:.4f}" for name, value in parts.items()]
        return f"{text} ({', '.join(named)})"

    def metrics(self) -> dict[str, float]:
        """Returns the loss and the mean of every score."""
        metrics = {"loss": self.loss} | means(self.scores, "model")
        if self.actions is None:
            return metrics
        density = {"density_loss": self.density_loss}
        return metrics | density | self.actions.metrics()

    @property
    def num_frames(self) -> int:
        """Number of frames that the scores are means over."""
        seen = self.scores.num_frames - self.scores.num_without_fixation
        return seen.total()


def means(scores: Scores, predictor: str) -> dict[str, float]:
    """Returns a predictor's mean of each of `METRICS`."""
    return {metric: scores.mean(predictor, metric) for metric in METRICS}
