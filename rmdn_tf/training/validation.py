"""Passes over the validation split, epoch by epoch."""

import os

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.action_scores import ActionRecorder, ActionScores
from rmdn_tf.evaluation.centre_bias import trained_centre
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.frames import random_frames
from rmdn_tf.evaluation.predictors import MixtureNetwork, Static
from rmdn_tf.evaluation.protocols import EXACT_BLUR, ExactProtocol
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.model.losses import negative_log_likelihood
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.training.clip_sample import ClipSample
from rmdn_tf.training.first_video import FirstVideo
from rmdn_tf.training.objective import Objective
from rmdn_tf.training.validated import BASELINE, Validated, means

# Limit for the clips whose mixtures are kept: 1 MB at 20 components.
MAX_CLIPS = 2000
# Limit for the frames that an epoch scores: about 10 seconds of two cores at
# 128x171 pixels.
MAX_FRAMES = 5000


class Validation:
    """Passes over the validation split, built once and run every epoch.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`, or its head if `feature_dir`
            gives cached features.
        window: longest window to predict at once.
        baseline: the trained centre to score once, `[C, 6]`; None scores
            no baseline.
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
        baseline: np.ndarray | None = None,
    ):
        size = read_dataset_info(data_dir).size
        self._videos = read_videos(data_dir, "validation")
        # Short videos, such as pictures, need no clips that are all masked.
        longest = max(video.num_frames for video in self._videos.values())
        window = Window.for_videos(
            longest, window.clip_stride, window.num_frames
        )
        self._window = window
        self._protocol = ExactProtocol(self._videos, EXACT_BLUR, size=size)
        seen = {
            name: np.unique(video.fixations.frame)
            for name, video in self._videos.items()
        }
        self._num_seen = sum(map(len, seen.values()))
        self._sample_frames = random_frames(seen, MAX_FRAMES)
        self._fixed = {} if baseline is None else {BASELINE: baseline}
        self._baseline: dict[str, float] = {}
        self._first_video = FirstVideo.read(data_dir, window, size)
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
        """Runs over the split; scores all frames, or always the same sample.

        The sample is `MAX_FRAMES` frames, if more have a fixation.
        """
        self._predictor.reset()
        self._total = self._count = self._baseline_total = 0.0
        self._sample = ClipSample(MAX_CLIPS)
        self._picture: np.ndarray | None = None
        choice = None if every_frame else self._sample_frames
        scores = evaluate(
            {
                "model": self._model,
                **{name: Static(one) for name, one in self._unknown.items()},
            },
            self._dataset,
            self._videos,
            self._protocol,
            choice=choice,
        )
        if self._unknown:
            self._keep_baseline(scores)
        return Validated(
            self._total / max(self._count, 1.0),
            scores,
            self._describe(choice is None),
            self._sample.clips,
            np.zeros((0, 0, 3)) if self._picture is None else self._picture,
            self._objective,
            self._score_actions(),
            self._baseline,
        )

    @property
    def _unknown(self) -> dict[str, np.ndarray]:
        """The baseline, as long as it has no scores."""
        return {} if self._baseline else self._fixed

    def _keep_baseline(self, scores: Scores) -> None:
        """Keeps loss and scores of the baseline, the same in every epoch."""
        loss = "density_loss" if self._names else "loss"
        mean = self._baseline_total / max(self._count, 1.0)
        self._baseline = {loss: mean} | means(scores, BASELINE)

    def _describe(self, is_all: bool) -> str:
        """Says which frames are scored."""
        frames = f"{self._num_seen:,} frames with a fixation of the split"
        if is_all:
            return f"all {frames} 'validation'"
        return (
            f"a fixed random sample, {MAX_FRAMES:,} of the {frames} "
            "'validation', the same share of every video"
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
        self._add_losses(parameters, batch)
        clip_mask = batch["frame_mask"][:, :: self._window.clip_stride]
        self._sample.add(parameters.numpy()[clip_mask.numpy()])
        if self._picture is None:
            self._picture = self._first_video.draw(
                parameters[0].numpy(), self._fixed
            )
        return parameters

    def _add_losses(self, parameters: tf.Tensor, batch: dict) -> None:
        """Adds the losses of the model and of an unknown baseline."""
        gaze = batch["fixations"], batch["fixation_mask"]
        total, count = self._loss(parameters, *gaze)
        self._total += float(total)
        self._count += float(count)
        for static in self._unknown.values():
            shape = [*parameters.shape[:2], *static.shape]
            same = tf.broadcast_to(static, shape)
            self._baseline_total += float(self._loss(same, *gaze)[0])


def fit_baseline(data_dir: str | os.PathLike) -> np.ndarray | None:
    """Fits the trained centre, `[C, 6]`, as `evaluate` does for validation.

    Returns None if the training videos have no fixations.
    """
    fixations = fixations_of(read_videos(data_dir, "train"))
    return trained_centre(fixations) if len(fixations) > 1 else None
