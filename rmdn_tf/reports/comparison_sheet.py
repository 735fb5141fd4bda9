"""A picture that compares the predictors, frame by frame."""

import os

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from rmdn_tf.evaluation.evaluation_loop import Shown
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import short_title
from rmdn_tf.video import drawing

MAX_VIDEOS = 6


class ComparisonSheet:
    """A `Watcher` that draws one frame of each of the first videos.

    Columns are videos. The first row shows the gaze, the others the density of
    each predictor with its first score.
    """

    def __init__(self) -> None:
        self._columns: dict[str, Shown | None] = {}

    def choose(self, frames: Frames) -> int | None:
        """Chooses one frame of each new video, up to `MAX_VIDEOS`."""
        video_id = frames.video.video_id
        if video_id in self._columns or len(self._columns) == MAX_VIDEOS:
            return None
        self._columns[video_id] = None
        # Late in the window, when the network has seen many frames.
        return 3 * len(frames) // 4

    def show(self, shown: Shown) -> None:
        self._columns[shown.video_id] = shown

    def save(self, path: str | os.PathLike) -> None:
        columns = [shown for shown in self._columns.values() if shown]
        names = [name for name in columns[0].log_maps if name != "uniform"]
        figure, axes = plt.subplots(
            1 + len(names),
            len(columns),
            figsize=(2.6 * len(columns), 2.1 * (1 + len(names))),
            squeeze=False,
            layout="constrained",
        )
        for axis in axes.flat:
            axis.set(xticks=[], yticks=[])
        for column, shown in zip(axes.T, columns, strict=True):
            gaze = drawing.draw_fixations(shown.frame, shown.points)
            column[0].imshow(gaze)
            # A "$" in a name begins no formula.
            title = f"{short_title(shown.video_id)}, {shown.seconds:.1f} s"
            column[0].set_title(title, fontsize=9, parse_math=False)
            for axis, name in zip(column[1:], names, strict=True):
                axis.imshow(drawing.overlay(shown.frame, shown.density(name)))
                axis.set_xlabel(_caption(shown.values[name]), fontsize=8)
        for axis, name in zip(axes[:, 0], ["gaze", *names], strict=True):
            axis.set_ylabel(name, parse_math=False)
        with published(path) as temporary:
            figure.savefig(temporary, dpi=110)
        plt.close(figure)


def _caption(values: dict[str, float]) -> str:
    metric, value = next(iter(values.items()))
    return f"{metric} {value:.2f}"
