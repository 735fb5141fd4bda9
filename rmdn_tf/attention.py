"""A trained model for users: frames in, one density a frame out.

import rmdn_tf

model = rmdn_tf.load()  # The model that comes with the package.
for frame, density in model.stream(frames, frames_per_second=25):
    saliency_map = density.saliency_map(*frame.shape[:2])
"""

import collections
import dataclasses
import os
import pathlib
from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf

from rmdn_tf.model import load_model
from rmdn_tf.prediction import StatefulPredictor
from rmdn_tf.saliency_maps import saliency_map
from rmdn_tf.trained_models import DEFAULT, default_directory
from rmdn_tf.windows import CLIP_LENGTH


@dataclasses.dataclass(frozen=True)
class Density:
    """Where people look in one frame.

    Attributes:
        parameters: float32 `[C, 6]`, of `rmdn_tf.mixture`; its `distribution`
            gives log-probabilities and samples.
    """

    parameters: np.ndarray

    def saliency_map(self, height: int, width: int) -> np.ndarray:
        """Returns the density on pixels, float32 `[height, width]`, sum 1."""
        return saliency_map(self.parameters, height, width).numpy()


class AttentionModel:
    """A trained model that goes through videos frame by frame.

    Args:
        model: of `rmdn_tf.model.build_rmdn`.
        config: its configuration.
    """

    def __init__(self, model, config):
        self.model = model
        self.config = config
        self._predict = StatefulPredictor(model, clip_stride=1)

    def stream(
        self,
        frames: Iterable[np.ndarray],
        frames_per_second: float | None = None,
    ) -> Iterator[tuple[np.ndarray, Density]]:
        """Yields every frame of a video with its density, one by one.

        Memory does not depend on the length. No frame waits for a later one.
        One video at a time: a second stream of the same object starts anew.

        Args:
            frames: uint8 `[H, W, 3]`, RGB, all of one size.
            frames_per_second: of the video. A model that was trained on
                slower ones looks at every k-th frame, so that motion has its
                speed; the frames between keep the density before them. None
                looks at every frame.

        Raises:
            ValueError: a frame is none, or of another size than the first.
        """
        rate = self.config.frames_per_second
        step = 1
        if frames_per_second and rate:
            step = max(1, round(frames_per_second / rate))
        step = max(step, self.config.clip_stride)
        clip = collections.deque(maxlen=CLIP_LENGTH)
        size = density = None
        for number, frame in enumerate(frames):
            _check(frame, size, number)
            size = frame.shape
            if number % step == 0:
                is_first = not clip
                clip.extend([frame] * (CLIP_LENGTH if is_first else 1))
                density = self._density(clip, is_first)
            yield frame, density

    def _density(self, clip, is_first: bool) -> Density:
        batch = {
            "frames": tf.constant(np.stack(clip)[None]),
            "is_first": tf.constant([is_first]),
            "frame_mask": tf.constant([[True]]),
        }
        return Density(self._predict(batch)[0, 0].numpy())


def _check(frame: np.ndarray, size: tuple | None, number: int) -> None:
    is_frame = frame.ndim == 3 and frame.shape[2] == 3 and frame.size
    if (
        not is_frame
        or frame.dtype != np.uint8
        or size
        not in (
            None,
            frame.shape,
        )
    ):
        raise ValueError(
            f"Invalid `frames`. Expected uint8 of {size or '(H, W, 3)'}. "
            f"Received: {frame.dtype} of {frame.shape}, frame {number}."
        )


def load(path: str | os.PathLike = DEFAULT) -> AttentionModel:
    """Loads a trained model.

    Args:
        path: "default" for the one that comes with the package, see its
            `MODEL_CARD.md`; or a run's directory, or the `best` in it.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged, or of another release.
    """
    if path == DEFAULT:
        path = default_directory()
    path = pathlib.Path(path)
    best = path / "best"
    return AttentionModel(*load_model(best if best.is_dir() else path))
