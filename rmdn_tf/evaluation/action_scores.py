"""What a network says of the actions of whole videos, and how right it is."""

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
    """Does what its predictor does, and keeps what is said of each video.

    Args:
        predictor: of a network with actions.

    Call arguments:
        batch: see `rmdn_tf.model.stateful.StatefulNetwork`.

    Output shape:
        As of it.

    Attributes:
        logits: float32 `[A]` by the video's name, after the last of its clips
            that was seen.
    """

    def __init__(self, predictor: StatefulNetwork):
        self._predictor = predictor
        self.logits: dict[str, np.ndarray] = {}

    def reset(self) -> None:
        """Forgets the state and all that was said, before another pass."""
        self._predictor.reset()
        self.logits = {}

    def __call__(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        outputs = self._predictor.outputs(batch)
        # A window is of one video: the state after it is that of this video.
        logits = action_logits(outputs).numpy()
        for video_id, row in zip(
            batch["video_id"].numpy(), logits, strict=True
        ):
            self.logits[video_id.decode()] = row
        return outputs["parameters"]


@dataclasses.dataclass(frozen=True)
class ActionScores:
    """How right a network is about the actions of V videos.

    Attributes:
        names: of the A classes.
        multi_label: whether a video may have several.
        video_ids: of the videos.
        logits: float `[V, A]`.
        targets: bool `[V, A]`, which actions the videos show.
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
        """Compares what was said with the labels.

        Args:
            logits: by video, of `ActionRecorder`.
            videos: those to score; one without any of the classes is left out.
            names: of the classes.
            multi_label: see above.

        Raises:
            ValueError: no video has any of the classes.
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
        """Of every action, nats, `[V, A]`."""
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
        """Whether the likeliest action is one of the video's, bool `[V]`."""
        return accuracy_of(self.logits, self.targets)

    @property
    def score_name(self) -> str:
        """What is scored: the accuracy; of several labels the mAP."""
        return "action_map" if self.multi_label else "action_accuracy"

    def metrics(self) -> dict[str, float]:
        """The mean cross-entropy, and the score of `score_name`."""
        value = score(self.logits, self.targets, self.multi_label)
        return {
            "action_loss": float(self.losses.mean()),
            self.score_name: value,
        }

    def summary(self) -> dict:
        """Means with 95 % intervals over the videos, and all of these, as JSON.

        See `rmdn_tf.metrics.classification.interval`.
        """
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
        """The means and their intervals in a line."""
        parts = []
        for name, entry in self.summary()["scores"].items():
            name = name.removeprefix("action_")
            mean = format_number(entry["mean"])
            parts.append(f"{name} {mean} {format_interval(entry)}")
        return f"actions of {len(self.video_ids)} videos: {', '.join(parts)}"
