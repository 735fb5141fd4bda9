"""The frames of a batch that are scored, video by video."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import Gaze, Video

# (video, int `[n]` numbers of frames) -> bool `[n]`, which of them to score.
Choice = Callable[[Video, np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Frames:
    """n frames of one video, in one window of a batch.

    Attributes:
        video: the video.
        numbers: int `[n]`, indices of the frames in the video.
        row: row of the batch that holds them.
        served: int `[n]`, indices of the frames in their window.
        batch: of `rmdn_tf.data.input_pipeline.ordered_windows`.
        outputs: network -> its float32 `[B, T, C, 6]` for the batch.
    """

    video: Video
    numbers: np.ndarray
    row: int
    served: np.ndarray
    batch: Mapping[str, tf.Tensor] = dataclasses.field(repr=False)
    outputs: Mapping[Any, np.ndarray] = dataclasses.field(repr=False)

    def __len__(self) -> int:
        return len(self.numbers)

    @functools.cached_property
    def gaze(self) -> Gaze:
        """The fixations on the frames."""
        return self.video.gaze_on(self.numbers)

    @property
    def seconds(self) -> np.ndarray:
        """int `[n]`, the second of the video in which each frame lies."""
        return self.video.times_of(self.numbers).astype(int)

    def select(self, which: slice | np.ndarray) -> "Frames":
        """Selects some of the frames.

        Args:
            which: a slice, or a mask, bool `[n]`.

        Returns:
            The selected frames.
        """
        return dataclasses.replace(
            self, numbers=self.numbers[which], served=self.served[which]
        )


def frames_of_batch(
    batch: Mapping[str, tf.Tensor],
    videos: Mapping[str, Video],
    outputs: Mapping[Any, np.ndarray] | None = None,
    choice: Choice | None = None,
) -> Iterator[Frames]:
    for row, valid in enumerate(batch["frame_mask"].numpy()):
        served = np.flatnonzero(valid)
        if not len(served):
            continue
        video = videos[batch["video_id"][row].numpy().decode()]
        numbers = int(batch["first_frame"][row]) + served
        frames = Frames(video, numbers, row, served, batch, outputs or {})
        yield (
            frames if choice is None else frames.select(choice(video, numbers))
        )


@dataclasses.dataclass(frozen=True)
class ChosenFrames:
    """A `Choice` of some frames.

    Attributes:
        chosen: name of a video -> int `[n]`, the frames to score.
    """

    chosen: Mapping[str, np.ndarray]

    def __call__(self, video: Video, numbers: np.ndarray) -> np.ndarray:
        return np.isin(numbers, self.chosen[video.video_id])

    def of(self, video_ids: Iterable[str]) -> "ChosenFrames":
        """Returns the choice for these videos alone."""
        return ChosenFrames({v: self.chosen[v] for v in video_ids})


def random_frames(
    frames: Mapping[str, np.ndarray], most: int, seed: int = 0
) -> ChosenFrames | None:
    """Draws `most` frames to score; returns None, for all, if fewer exist.

    Each video gives the same share of its frames, but for rounding.

    Args:
        frames: video -> int `[n]`, the frames to draw from.
    """
    lengths = [len(numbers) for numbers in frames.values()]
    if sum(lengths) <= most:
        return None
    generator = np.random.default_rng(seed)
    # A random order of each video's frames, as places in [0, 1). The smallest
    # places are the same share of every video.
    places = {
        video_id: (generator.permutation(len(numbers)) + generator.random())
        / max(len(numbers), 1)
        for video_id, numbers in frames.items()
    }
    last = np.partition(np.concatenate(list(places.values())), most - 1)
    return ChosenFrames(
        {
            video_id: numbers[places[video_id] <= last[most - 1]]
            for video_id, numbers in frames.items()
        }
    )
