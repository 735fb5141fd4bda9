"""The picture of a validation: frames of its first video, in labelled rows."""

import dataclasses
import os
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.evaluation.predictors import Size
from rmdn_tf.evaluation.protocols import EXACT_BLUR
from rmdn_tf.metrics.true_density import fixation_densities
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.video import drawing

NUM_FRAMES = 6
# Pixels of the picture: width of a frame, height of letters and of their line.
TILE_WIDTH = 110
LETTERS = 20
LABEL_HEIGHT = 28


@dataclasses.dataclass(frozen=True)
class FirstVideo:
    """Some frames of the first validation video, with their true densities.

    They are read at the start: batches of cached features have no frames.
    """

    video_id: str
    clips: np.ndarray  # [6]
    numbers: np.ndarray  # [6], of the frames, from 1.
    frames: np.ndarray  # [6, H, W, 3]
    fixations: list[np.ndarray]  # 6 of [m, 2]
    true_maps: np.ndarray  # [6, H, W]

    @classmethod
    def read(
        cls, data_dir: str | os.PathLike, window: Window, size: Size
    ) -> "FirstVideo":
        """Reads frames from the first window of the validation split."""
        # Row 0 begins with the same video for every number of rows.
        dataset = ordered_windows(
            data_dir, "validation", batch_size=1, window=window
        )
        row = {
            key: value[0].numpy() for key, value in next(iter(dataset)).items()
        }
        num_clips = row["frame_mask"][:: window.clip_stride].sum()
        clips = np.linspace(0, num_clips - 1, NUM_FRAMES).astype(int)
        served = clips * window.clip_stride
        points, mask = row["fixations"][served], row["fixation_mask"][served]
        return cls(
            row["video_id"].decode(),
            clips,
            row["first_frame"] + served + 1,
            row["frames"][served + CONTEXT],
            [point[of] for point, of in zip(points, mask, strict=True)],
            fixation_densities(points, mask, *size, EXACT_BLUR * size[1]),
        )

    def rows(
        self, parameters: np.ndarray, fixed: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Draws the rows of the picture.

        Args:
            parameters: mixtures of the clips of the first window, `[T, C, 6]`.
            fixed: baseline -> its mixture for every frame, `[C, 6]`.

        Returns:
            Label -> uint8 `[6, H, W, 3]`.
        """
        size = self.true_maps.shape[1:]
        maps = saliency_map(parameters[self.clips], *size).numpy()
        numbers = ", ".join(str(number) for number in self.numbers)
        frames = f"fixations on the frames {numbers} of {self.video_id}"
        rows = {
            frames: _each(drawing.draw_fixations, self.frames, self.fixations),
            "truth: density of the fixations": _heat(self.true_maps),
            "prediction of the model": _heat(maps),
        }
        for name, mixture in fixed.items():
            same = np.repeat(saliency_map(mixture[None], *size), NUM_FRAMES, 0)
            rows[f"baseline {name}, the same in every frame"] = _heat(same)
        return rows

    def draw(
        self, parameters: np.ndarray, fixed: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """Draws the rows below each other, each under its label, uint8."""
        drawn = self.rows(parameters, fixed)
        return np.concatenate(
            [labelled(label, tiles) for label, tiles in drawn.items()]
        )


def _each(draw, *of_frames) -> np.ndarray:
    return np.stack([draw(*one) for one in zip(*of_frames, strict=True)])


def _heat(maps: np.ndarray) -> np.ndarray:
    return _each(drawing.colour_mapped, maps)


def labelled(label: str, tiles: np.ndarray) -> np.ndarray:
    """Lays tiles `[n, H, W, 3]` side by side under a line of text, uint8."""
    _, height, width, _ = tiles.shape
    row = Image.fromarray(np.concatenate(list(tiles), axis=1))
    size = (
        TILE_WIDTH * len(tiles),
        max(1, round(TILE_WIDTH * height / width)),
    )
    picture = Image.new("RGB", (size[0], size[1] + LABEL_HEIGHT), "white")
    picture.paste(row.resize(size), (0, LABEL_HEIGHT))
    ImageDraw.Draw(picture).text(
        (6, LABEL_HEIGHT // 2),
        label,
        fill="black",
        font=ImageFont.load_default(LETTERS),
        anchor="lm",
    )
    return np.asarray(picture)
