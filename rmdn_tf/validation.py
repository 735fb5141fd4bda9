"""How a model under training does on the videos held out for choosing it."""

import dataclasses
import os

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf import evaluation, pictures
from rmdn_tf.input_pipeline import ordered_windows
from rmdn_tf.losses import negative_log_likelihood
from rmdn_tf.prediction import StatefulPredictor
from rmdn_tf.records import read_dataset_info
from rmdn_tf.saliency_maps import saliency_map
from rmdn_tf.windows import CONTEXT, Window

PICTURE_FRAMES = 6


@dataclasses.dataclass(frozen=True)
class Validated:
    """What a pass over the validation split gives.

    Attributes:
        loss: nats per fixation, over every fixation of the split.
        scores: on the first frame with a fixation of every window, a sample.
        picture: uint8 `[2 H, 6 W, 3]`, frames with gaze above density.
    """

    loss: float
    scores: evaluation.Scores
    picture: np.ndarray


class Validation:
    """Passes over the validation split, built once and run every epoch.

    Args:
        model: of `rmdn_tf.model.build_rmdn`.
        data_dir: a prepared dataset.
        batch_size: rows.
        window: the `Window` of the model.
    """

    def __init__(
        self,
        model: keras.Model,
        data_dir: str | os.PathLike,
        batch_size: int,
        window: Window,
    ):
        self._window = window
        self._grid = evaluation.Grid(*read_dataset_info(data_dir)["size"])
        self._dataset = ordered_windows(
            data_dir, "validation", batch_size=batch_size, window=window
        )
        self._predictor = StatefulPredictor(model, window.clip_stride)
        self._maps = evaluation.of_parameters(
            self._predict, self._grid, window.clip_stride
        )
        self._loss = tf.function(
            negative_log_likelihood, reduce_retracing=True, jit_compile=False
        )

    def run(self) -> Validated:
        """Runs once over the split."""
        self._predictor.reset()
        self._total = self._count = 0.0
        self._first = None
        scores = evaluation.evaluate(
            {"model": self._maps},
            self._dataset,
            self._grid,
            one_a_window=True,
        )
        loss = self._total / max(self._count, 1.0)
        return Validated(loss, scores, self._picture(*self._first))

    def _predict(self, batch: dict) -> tf.Tensor:
        """Predicts a batch, adds up its loss and keeps the first one."""
        parameters = self._predictor(batch)
        total, count = self._loss(
            parameters, batch["fixations"], batch["fixation_mask"]
        )
        self._total += float(total)
        self._count += float(count)
        if self._first is None:
            self._first = batch, parameters
        return parameters

    def _picture(self, batch: dict, parameters: tf.Tensor) -> np.ndarray:
        """Frames of row 0, spread over the window."""
        clips = np.linspace(
            0, self._window.num_clips - 1, PICTURE_FRAMES
        ).astype(int)
        served = clips * self._window.clip_stride
        points = batch["fixations"][0].numpy()[served]
        masks = batch["fixation_mask"][0].numpy()[served]
        maps = saliency_map(
            tf.gather(parameters[0], clips), self._grid.height, self._grid.width
        )
        return pictures.strip(
            batch["frames"][0].numpy()[served + CONTEXT],
            maps.numpy(),
            [point[mask] for point, mask in zip(points, masks, strict=True)],
        )
