"""A small picture of each scored video, for the report."""

import os
import pathlib

import numpy as np
import tensorflow as tf

from rmdn_tf.evaluation.evaluation_loop import Shown
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import file_name
from rmdn_tf.video import drawing


class VideoPictures:
    """A `Watcher` that draws the gaze and densities on a frame of each video.

    `directory` is made if missing. `predictors` are drawn from left to right.
    """

    def __init__(self, directory: str | os.PathLike, predictors: list[str]):
        self._directory = pathlib.Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._predictors = predictors
        self.paths: dict[str, pathlib.Path] = {}

    def choose(self, frames: Frames) -> int | None:
        """Chooses the middle of the first window of each video."""
        return None if frames.video.video_id in self.paths else len(frames) // 2

    def show(self, shown: Shown) -> None:
        """Draws the frame and writes the picture, JPEG."""
        path = self._directory / f"{file_name(shown.video_id)}.jpg"
        row = [drawing.draw_fixations(shown.frame, shown.points)]
        for predictor in self._predictors:
            row.append(drawing.overlay(shown.frame, shown.density(predictor)))
        with published(path) as temporary:
            jpeg = tf.io.encode_jpeg(np.concatenate(row, axis=1), quality=85)
            tf.io.write_file(os.fspath(temporary), jpeg)
        self.paths[shown.video_id] = path
