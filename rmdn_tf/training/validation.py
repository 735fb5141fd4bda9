"""Scores a model on the validation split, epoch by epoch."""

import dataclasses
import os

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.evaluation.action_scores import ActionRecorder, ActionScores
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.frames import random_frames
from rmdn_tf.evaluation.predictors import MixtureNetwork, Size
from rmdn_tf.evaluation.protocols import EXACT_BLUR, ExactProtocol
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.metrics.true_density import fixation_densities
from rmdn_tf.model.losses import negative_log_likelihood
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.training.objective import Objective
from rmdn_tf.video import drawing

PICTURE_FRAMES = 6
# Limit for the clips whose mixtures are kept: 1 MB at 20 components.
MAX_CLIPS = 2000
# Limit for the frames that an epoch scores: about 10 seconds of two cores at
# 128x171 pixels.
MAX_FRAMES = 5000
# Metrics of the protocol `exact` that are shown for a run.
METRICS = ("bits", "auc_judd", "nss", "cc", "sim", "kl")


@dataclasses.dataclass(frozen=True)
class Validated:
    """Losses and scores of a pass over the validation split.

    Attributes:
        density_loss: nats per fixation, over every fixation of the split.
        scores: scores of the protocol `exact` on frames with a fixation.
        parameters: mixtures of at most `MAX_CLIPS` clips, drawn from the whole
            split, float32 `[n, C, 6]`.
        picture: moments of a video, uint8 `[4 H, 6 W, 3]`.
        actions: scores of the actions of whole videos; None for a network
            without actions.
    """

    density_loss: float
    scores: Scores
    parameters: np.ndarray
    picture: np.ndarray
    objective: Objective = Objective()
    actions: ActionScores | None = None

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
        metrics = {
            "loss": self.loss,
            **{metric: self.scores.mean("model", metric) for metric in METRICS},
        }
        if self.actions is None:
            return metrics
        density = {"density_loss": self.density_loss}
        return metrics | density | self.actions.metrics()

    @property
    def num_frames(self) -> int:
        """Number of frames that the scores are means over."""
        seen = self.scores.num_frames - self.scores.num_without_fixation
        return seen.total()


class Validation:
    """Passes over the validation split, built once and run every epoch.

    `model` is that of `rmdn_tf.model.rmdn.build_rmdn`, or its head if
    `feature_dir` gives cached features.
    """

    def __init__(
        self,
        model: keras.Model,
        data_dir: str | os.PathLike,
        batch_size: int,
        window: Window,
        feature_dir: str | None = None,
        *,
        actions: tuple[str, ...] = (),
        objective: Objective | None = None,
    ):
        self._window = window
        size = read_dataset_info(data_dir).size
        self._videos = read_videos(data_dir, "validation")
        self._protocol = ExactProtocol(self._videos, EXACT_BLUR, size=size)
        seen = {
            name: np.unique(video.fixations.frame)
            for name, video in self._videos.items()
        }
        self._sample_frames = random_frames(seen, MAX_FRAMES)
        self._moments = _Moments.of_first_video(data_dir, window, size)
        self._dataset = ordered_windows(
            data_dir,
            "validation",
            batch_size=batch_size,
            window=window,
            feature_dir=feature_dir,
        )
        self._names = actions
        self._objective = objective or Objective()
        network = StatefulNetwork(model, window.clip_stride)
        self._recorder = ActionRecorder(network) if actions else None
        self._predictor = self._recorder or network
        self._model = MixtureNetwork(self._predict, window.clip_stride)
        self._loss = tf.function(negative_log_likelihood, jit_compile=False)

    def run(self, every_frame: bool = False) -> Validated:
        """Runs over the split; scores all frames, or always the same sample."""
        self._predictor.reset()
        self._total = self._count = 0.0
        self._sample = ClipSample(MAX_CLIPS)
        self._picture: np.ndarray | None = None
        scores = evaluate(
            {"model": self._model},
            self._dataset,
            self._videos,
            self._protocol,
            choice=None if every_frame else self._sample_frames,
        )
        loss = self._total / max(self._count, 1.0)
        return Validated(
            loss,
            scores,
            self._sample.clips,
            np.zeros((0, 0, 3)) if self._picture is None else self._picture,
            self._objective,
            self._score_actions(),
        )

    def _score_actions(self) -> ActionScores | None:
        if self._recorder is None:
            return None
        return ActionScores.of(
            self._recorder.logits,
            self._videos,
            self._names,
            self._objective.multi_label,
        )

    def _predict(self, batch: dict) -> tf.Tensor:
        """Predicts a batch; keeps its loss, some mixtures and a picture."""
        parameters = self._predictor(batch)
        total, count = self._loss(
            parameters, batch["fixations"], batch["fixation_mask"]
        )
        self._total += float(total)
        self._count += float(count)
        clip_mask = batch["frame_mask"][:, :: self._window.clip_stride]
        self._sample.add(parameters.numpy()[clip_mask.numpy()])
        if self._picture is None:
            self._picture = self._moments.draw(parameters[0])
        return parameters


class ClipSample:
    """A uniform random sample of at most `size` clips of a stream.

    Every clip gets a random number, the same in every pass; the clips with the
    smallest numbers stay.
    """

    def __init__(self, size: int):
        self._size = size
        self._generator = np.random.default_rng(0)
        self._numbers = np.zeros(0)
        self.clips = np.zeros((0, 0, 0), np.float32)

    def add(self, clips: np.ndarray) -> None:
        """Adds clips of the stream, `[n, ...]`."""
        if len(self.clips):
            clips = np.concatenate([self.clips, clips])
        new = self._generator.random(len(clips) - len(self._numbers))
        numbers = np.concatenate([self._numbers, new])
        kept = np.sort(np.argsort(numbers)[: self._size])
        self.clips, self._numbers = clips[kept], numbers[kept]


@dataclasses.dataclass(frozen=True)
class _Moments:
    """Moments of a video for the picture: frames, fixations, true maps.

    Kept from the start, since batches of features have no frames.
    """

    clips: np.ndarray  # [6]
    frames: np.ndarray  # [6, H, W, 3]
    fixations: list[np.ndarray]  # 6 of [m, 2]
    true_maps: np.ndarray  # [6, H, W]

    @classmethod
    def of_first_video(
        cls, data_dir: str | os.PathLike, window: Window, size: Size
    ) -> "_Moments":
        # Row 0 begins with the same video for every number of rows.
        dataset = ordered_windows(
            data_dir, "validation", batch_size=1, window=window
        )
        row = {
            key: value[0].numpy() for key, value in next(iter(dataset)).items()
        }
        num_clips = row["frame_mask"][:: window.clip_stride].sum()
        clips = np.linspace(0, num_clips - 1, PICTURE_FRAMES).astype(int)
        served = clips * window.clip_stride
        points, mask = row["fixations"][served], row["fixation_mask"][served]
        return cls(
            clips,
            row["frames"][served + CONTEXT],
            [point[of] for point, of in zip(points, mask, strict=True)],
            fixation_densities(points, mask, *size, EXACT_BLUR * size[1]),
        )

    def draw(self, parameters: tf.Tensor) -> np.ndarray:
        """Draws the moments beside the densities of mixtures `[T, C, 6]`."""
        maps = saliency_map(
            tf.gather(parameters, self.clips), *self.true_maps.shape[1:]
        )
        return drawing.strip(
            self.frames, maps.numpy(), self.fixations, self.true_maps
        )
