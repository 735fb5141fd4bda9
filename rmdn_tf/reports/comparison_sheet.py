"""A picture that compares the predictors, frame by frame."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from rmdn_tf.evaluation.evaluation_loop import Shown
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.files.arrays import read_arrays, write_arrays
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import file_name, short_title
from rmdn_tf.video import drawing

MAX_VIDEOS = 6


class ComparisonSheet:
    """A `PartWatcher` that draws one frame of each of a few videos.

    Columns are videos. The first row shows the gaze, the others the density of
    each predictor with its first score.

    Args:
        directory: for files with the pictures of each column.
        video_ids: names of the videos, from left to right.
    """

    def __init__(self, directory: str | os.PathLike, video_ids: Sequence[str]):
        self._directory = os.fspath(directory)
        self._video_ids = tuple(video_ids)
        self._columns: dict[str, dict[str, Any]] = {}

    def choose(self, frames: Frames) -> int | None:
        """Chooses one frame of each of the videos."""
        video_id = frames.video.video_id
        if video_id in self._columns or video_id not in self._video_ids:
            return None
        # Late in the window, when the network has seen many frames.
        return 3 * len(frames) // 4

    def show(self, shown: Shown) -> None:
        """Draws a column, and writes its pictures."""
        names = [name for name in shown.log_maps if name != "uniform"]
        gaze = drawing.draw_fixations(shown.frame, shown.points)
        densities = [
            drawing.overlay(shown.frame, shown.density(name)) for name in names
        ]
        os.makedirs(self._directory, exist_ok=True)
        path = os.path.join(self._directory, f"{file_name(shown.video_id)}.npz")
        write_arrays(path, pictures=np.stack([gaze, *densities]))
        self._columns[shown.video_id] = {
            "path": path,
            "seconds": shown.seconds,
            "captions": {name: _caption(shown.values[name]) for name in names},
        }

    def take(self) -> dict[str, dict]:
        """Takes out the columns; see `PartWatcher`."""
        taken, self._columns = self._columns, {}
        return taken

    def add(self, taken: Mapping[str, dict]) -> None:
        """Adds columns; see `PartWatcher`."""
        self._columns.update(taken)

    def save(self, path: str | os.PathLike) -> None:
        """Writes the sheet, PNG."""
        video_ids = [v for v in self._video_ids if v in self._columns]
        captions = self._columns[video_ids[0]]["captions"]
        figure, axes = plt.subplots(
            1 + len(captions),
            len(video_ids),
            figsize=(2.6 * len(video_ids), 2.1 * (1 + len(captions))),
            squeeze=False,
            layout="constrained",
        )
        for axis in axes.flat:
            axis.set(xticks=[], yticks=[])
        for axes_of_video, video_id in zip(axes.T, video_ids, strict=True):
            self._draw(axes_of_video, video_id)
        for axis, name in zip(axes[:, 0], ["gaze", *captions], strict=True):
            axis.set_ylabel(name, parse_math=False)
        with published(path) as temporary:
            figure.savefig(temporary, dpi=110)
        plt.close(figure)

    def _draw(self, axes: np.ndarray, video_id: str) -> None:
        """Draws the pictures of a video below each other."""
        column = self._columns[video_id]
        pictures = read_arrays(column["path"])["pictures"]
        for axis, picture in zip(axes, pictures, strict=True):
            axis.imshow(picture)
        # A "$" in a name begins no formula.
        title = f"{short_title(video_id)}, {column['seconds']:.1f} s"
        axes[0].set_title(title, fontsize=9, parse_math=False)
        texts = column["captions"].values()
        for axis, text in zip(axes[1:], texts, strict=True):
            axis.set_xlabel(text, fontsize=8)


def _caption(values: dict[str, float]) -> str:
    metric, value = next(iter(values.items()))
    return f"{metric} {value:.2f}"
