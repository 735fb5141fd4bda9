"""A picture of each scored video, for the report."""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from rmdn_tf.evaluation.evaluation_loop import Shown
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import file_name
from rmdn_tf.video import drawing
from rmdn_tf.video.legend import draw_legend

# Small frames are enlarged by a whole number to as many rows or more.
MIN_ROWS = 200

# Most panels beside each other.
MAX_COLUMNS = 3

_QUALITY = 85


class VideoPicture(NamedTuple):
    """A picture of one frame of a video.

    Attributes:
        path: of the JPEG.
        seconds: time of the frame, from the first one.
        panels: what the panels show, row by row.
    """

    path: pathlib.Path
    seconds: float
    panels: tuple[str, ...]


class VideoPictures:
    """A `PartWatcher` that draws gaze and densities on a frame of each video.

    Each panel bears its name, and a density its first score.

    Args:
        directory: made at the first picture if it is missing.
        predictors: names, from left to right.
    """

    def __init__(self, directory: str | os.PathLike, predictors: Sequence[str]):
        self._directory = pathlib.Path(directory)
        self._predictors = tuple(predictors)
        self.pictures: dict[str, VideoPicture] = {}

    def choose(self, frames: Frames) -> int | None:
        """Chooses the middle of the first window of each video."""
        is_known = frames.video.video_id in self.pictures
        return None if is_known else len(frames) // 2

    def show(self, shown: Shown) -> None:
        """Draws the frame and writes the picture, JPEG."""
        path = self._directory / f"{file_name(shown.video_id)}.jpg"
        gaze = drawing.draw_fixations(_enlarged(shown.frame), shown.points)
        panels = [_named("gaze", gaze)]
        for name in self._predictors:
            metric, value = next(iter(shown.values[name].items()))
            density = drawing.overlay(shown.frame, shown.density(name))
            text = f"{name}: {metric} {value:.2f}"
            panels.append(_named(text, _enlarged(density)))
        self._directory.mkdir(parents=True, exist_ok=True)
        with published(path) as temporary:
            _grid(panels).save(temporary, "JPEG", quality=_QUALITY)
        names = "gaze", *self._predictors
        picture = VideoPicture(path, shown.seconds, names)
        self.pictures[shown.video_id] = picture

    def take(self) -> dict[str, list]:
        """Takes out the pictures; see `PartWatcher`."""
        taken = {
            video_id: [os.fspath(of.path), of.seconds, of.panels]
            for video_id, of in self.pictures.items()
        }
        self.pictures = {}
        return taken

    def add(self, taken: Mapping[str, Sequence]) -> None:
        """Adds pictures; see `PartWatcher`."""
        for video_id, (path, seconds, panels) in taken.items():
            picture = VideoPicture(pathlib.Path(path), seconds, tuple(panels))
            self.pictures[video_id] = picture

    def move(self, directory: str | os.PathLike) -> None:
        """Moves the files to another directory, which is made if missing."""
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        for video_id, picture in self.pictures.items():
            path = picture.path.replace(directory / picture.path.name)
            self.pictures[video_id] = picture._replace(path=path)


def _enlarged(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    times = max(1, -(-MIN_ROWS // height))
    picture = Image.fromarray(frame)
    return np.asarray(picture.resize((times * width, times * height)))


def _named(text: str, pixels: np.ndarray) -> Image.Image:
    """Writes a text into the upper left corner of a panel."""
    panel = Image.fromarray(pixels).convert("RGBA")
    size = panel.height, panel.width
    panel.alpha_composite(Image.fromarray(draw_legend([(None, text)], size)))
    return panel.convert("RGB")


def _grid(panels: Sequence[Image.Image]) -> Image.Image:
    width, height = panels[0].size
    columns = min(len(panels), MAX_COLUMNS)
    rows = -(-len(panels) // columns)
    grid = Image.new("RGB", (columns * width, rows * height), "white")
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        grid.paste(panel, (column * width, row * height))
    return grid
