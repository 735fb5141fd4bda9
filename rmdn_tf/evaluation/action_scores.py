"""Scores of the actions that a network predicts for whole videos."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from scipy import special

from rmdn_tf.data.annotations import Video
from rmdn_tf.metrics.classification import (
    Predictions,
    accuracy_of,
    interval,
    score,
)
from rmdn_tf.metrics.intervals import mean_interval
from rmdn_tf.metrics.score_ranges import POSITIVE
from rmdn_tf.metrics.score_texts import (
    format_interval,
    format_number,
    json_interval,
)
from rmdn_tf.model.joint import action_logits
from rmdn_tf.model.stateful import StatefulNetwork


class ActionRecorder:
    """A `StatefulNetwork` with actions that records its logits of each video.

    It is called like the network. `logits` maps a video to float32 `[A]`, after
    its last clip so far.
    """

    def __init__(self, network: StatefulNetwork):
        self._network = network
        self.logits: dict[str, np.ndarray] = {}

    def reset(self) -> None:
        self._network.reset()
        self.logits = {}

    def __call__(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        outputs = self._network.outputs(batch)
        # A window has one video, so the state after it is that of the video.
        logits = action_logits(outputs).numpy()
        for video_id, row in zip(
            batch["video_id"].numpy(), logits, strict=True
        ):
            self.logits[video_id.decode()] = row
        return outputs["parameters"]


@dataclasses.dataclass(frozen=True)
class ActionScores:
    """Predicted and true actions of V videos.

    `logits` are float, `targets` (the actions shown) bool, both `[V, A]`.
    """

    names: tuple[str, ...]
    multi_label: bool
    video_ids: tuple[str, ...]
    logits: np.ndarray
    targets: np.ndarray

    @classmethod
    def of(
        cls,
        logits: Mapping[str, np.ndarray],
        videos: Mapping[str, Video],
        names: tuple[str, ...],
        multi_label: bool,
    ) -> "ActionScores":
        """Takes the targets from the labels of videos.

        A video that shows none of the actions `names` is left out; if every
        video is, it raises ValueError. `logits` are those of `ActionRecorder`.
        """
        targets = {
            video_id: np.isin(names, video.labels)
            for video_id, video in videos.items()
        }
        scored = tuple(v for v, shown in targets.items() if shown.any())
        if not scored:
            raise ValueError(
                f"Invalid labels. Expected videos of {', '.join(names)}. "
                f"Received: {len(videos)} videos without any of them."
            )
        return cls(
            tuple(names),
            multi_label,
            scored,
            np.array([logits[v] for v in scored], float),
            np.array([targets[v] for v in scored]),
        )

    @functools.cached_property
    def log_probabilities(self) -> np.ndarray:
        """Log-probabilities of the actions, nats, `[V, A]`."""
        if self.multi_label:
            return special.log_expit(self.logits)
        return special.log_softmax(self.logits, -1)

    @property
    def losses(self) -> np.ndarray:
        """Cross-entropy of each video, nats, `[V]`."""
        if self.multi_label:
            signs = np.where(self.targets, 1, -1)
            return -special.log_expit(signs * self.logits).mean(-1)
        said = np.where(self.targets, self.log_probabilities, 0)
        return -said.sum(-1) / self.targets.sum(-1)

    @property
    def correct(self) -> np.ndarray:
        """Whether the video shows its likeliest action, bool `[V]`."""
        return accuracy_of(self.logits, self.targets)

    @property
    def score_name(self) -> str:
        return "action_map" if self.multi_label else "action_accuracy"

    def metrics(self) -> dict[str, float]:
        """Returns the mean cross-entropy, and the score of `score_name`."""
        value = score(self.logits, self.targets, self.multi_label)
        return {
            "action_loss": float(self.losses.mean()),
            self.score_name: value,
        }

    def summary(self) -> dict:
        """Returns scores with 95 % intervals, and each video, for JSON."""
        said = Predictions(self.video_ids, self.logits, self.targets)
        ones = np.ones(len(self.losses))
        loss = mean_interval(self.losses, ones, ranges=POSITIVE)
        means = {
            "action_loss": json_interval(loss),
            self.score_name: json_interval(interval([said], self.multi_label)),
        }
        probabilities = np.exp(self.log_probabilities)
        return {
            "actions": list(self.names),
            "multi_label": self.multi_label,
            "num_videos": len(self.video_ids),
            "scores": means,
            "videos": {
                video_id: {
                    "labels": list(np.array(self.names)[shown]),
                    "probabilities": [float(p) for p in row],
                }
                for video_id, shown, row in zip(
                    self.video_ids, self.targets, probabilities, strict=True
                )
            },
        }

    def describe(self) -> str:
        parts = []
        for name, entry in self.summary()["scores"].items():
            name = name.removeprefix("action_")
            mean = format_number(entry["mean"])
            parts.append(f"{name} {mean} {format_interval(entry)}")
        return f"actions of {len(self.video_ids)} videos: {', '.join(parts)}"
