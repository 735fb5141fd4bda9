"""A picture that holds the predictors against each other, frame by frame."""

import os

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from rmdn_tf import pictures
from rmdn_tf.published_files import published
from rmdn_tf.windows import CONTEXT

MAX_VIDEOS = 6


class ComparisonSheet:
    """Collects one frame of each of the first videos of an evaluation.

    Columns are videos; the first row shows the gaze, the others what each
    predictor says, bits per fixation of that frame beside it.
    """

    def __init__(self):
        self._columns = {}

    def collect(
        self,
        batch: dict,
        chosen: np.ndarray,
        log_maps: dict[str, np.ndarray],
        bits: dict[str, np.ndarray],
    ) -> None:
        """Takes what it needs of a batch; see `evaluation.evaluate`.

        Args:
            batch: of `ordered_windows`.
            chosen: bool `[B, F]`, the frames that were scored.
            log_maps: predictor -> `[n, H, W]` of those n frames.
            bits: predictor -> `[n]`.
        """
        index = np.cumsum(chosen).reshape(chosen.shape) - 1
        for row in range(len(chosen)):
            video_id = batch["video_id"].numpy()[row].decode()
            served = np.flatnonzero(chosen[row])
            if (
                video_id in self._columns
                or len(self._columns) == MAX_VIDEOS
                or not len(served)
            ):
                continue
            # Well into the window, where the recurrence has seen something.
            frame = served[3 * len(served) // 4]
            self._columns[video_id] = (
                batch["frames"].numpy()[row, _place(frame, batch)],
                batch["fixations"].numpy()[row, frame][
                    batch["fixation_mask"].numpy()[row, frame]
                ],
                {
                    name: (
                        np.exp(maps[index[row, frame]]),
                        bits[name][index[row, frame]],
                    )
                    for name, maps in log_maps.items()
                },
            )

    def save(self, path: str | os.PathLike) -> None:
        """Writes the picture, PNG."""
        columns = list(self._columns.items())
        names = [name for name in columns[0][1][2] if name != "uniform"]
        figure, axes = plt.subplots(
            1 + len(names),
            len(columns),
            figsize=(2.6 * len(columns), 2.1 * (1 + len(names))),
            squeeze=False,
            layout="constrained",
        )
        for axis in axes.flat:
            axis.set(xticks=[], yticks=[])
        for column, (video_id, content) in zip(axes.T, columns, strict=True):
            frame, fixations, maps = content
            column[0].imshow(pictures.draw_fixations(frame, fixations))
            column[0].set_title(video_id, fontsize=9)
            for axis, name in zip(column[1:], names, strict=True):
                saliency_map, bits = maps[name]
                axis.imshow(pictures.overlay(frame, saliency_map))
                axis.set_xlabel(f"{bits:.2f} bits", fontsize=8)
        for axis, name in zip(axes[:, 0], ["gaze", *names], strict=True):
            axis.set_ylabel(name)
        with published(path) as temporary:
            figure.savefig(temporary, dpi=110)
        plt.close(figure)


def _place(served: int, batch: dict) -> int:
    """Where in the window's frames a served frame lies, or the last there."""
    return min(served + CONTEXT, batch["frames"].shape[1] - 1)
