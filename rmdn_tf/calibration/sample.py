"""A few frames of a dataset: their fixations, and a model's mixtures there."""

import dataclasses
import functools
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np

from rmdn_tf.calibration.features import HeadFeatures
from rmdn_tf.data.annotations import Gaze, Video, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.frames import Frames, frames_of_batch
from rmdn_tf.evaluation.predictors import MixtureNetwork, run_networks
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.stateful import StatefulNetwork

# Fewer frames of a video are not worth running the network through it.
FRAMES_OF_A_VIDEO = 4

# Fewer fixations say too little about the numbers.
LEAST_FIXATIONS = 100

# A rate that differs more from that of the model changes what it predicts.
_LARGEST_RATIO = 1.2


@dataclasses.dataclass(frozen=True)
class Sample:
    """n fixations on F frames, and the mixtures that a model predicts there.

    Attributes:
        parameters: float32 `[F, C, 6]`, of `rmdn_tf.model.mixture`.
        videos: `[F]`, names of the frames' videos.
        numbers: int `[F]`, indices of the frames in their videos.
        seconds: float `[F]`, times of the frames in their videos.
        points: float32 `[n, 2]`, (x, y) in [0, 1].
        frame: int `[n]`, index of each fixation's frame.
    """

    parameters: np.ndarray
    videos: np.ndarray
    numbers: np.ndarray
    seconds: np.ndarray
    points: np.ndarray
    frame: np.ndarray

    @property
    def num_frames(self) -> int:
        """F."""
        return len(self.videos)

    @functools.cached_property
    def weights(self) -> np.ndarray:
        """1 / number of fixations on its frame, of each fixation `[n]`."""
        return 1 / np.bincount(self.frame)[self.frame]

    def frame_means(self, values: np.ndarray) -> np.ndarray:
        """Averages values of fixations, `[n]`, over each frame, `[F]`."""
        return np.bincount(self.frame, self.weights * values, self.num_frames)

    def select(self, frames: np.ndarray, parameters: np.ndarray) -> "Sample":
        """Selects frames, with other mixtures.

        Args:
            frames: bool `[F]`, which frames.
            parameters: float32 `[n, C, 6]`, the mixtures of these n frames.

        Returns:
            The n frames.
        """
        kept = frames[self.frame]
        return Sample(
            parameters,
            self.videos[frames],
            self.numbers[frames],
            self.seconds[frames],
            self.points[kept],
            (np.cumsum(frames) - 1)[self.frame[kept]],
        )


def read_sample(
    model: keras.Model,
    config: ModelConfig,
    data_dir: str | os.PathLike,
    split: str,
    num_frames: int,
    features: HeadFeatures | None = None,
) -> Sample:
    """Runs a model on videos, and keeps its mixtures on a few frames.

    The frames are spread evenly over the videos, and over the frames of each
    with fixations. Each chosen video runs from its beginning, so the network's
    state is what it always is.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".
        num_frames: number of frames to keep, or all if there are fewer.
        features: of the same model; keeps the windows that it ran through.

    Returns:
        The sample.

    Raises:
        FileNotFoundError, RecordError: the dataset is missing or damaged.
        ValueError: the split has too few fixations, or the features of its
            videos are too large.
    """
    videos = read_videos(data_dir, split)
    chosen = choose_frames(videos, num_frames)
    _require_fixations(videos, chosen, data_dir, split)
    _warn_of_rates([videos[name] for name in chosen], config)
    longest = max(videos[name].num_frames for name in chosen)
    window = Window.for_videos(longest, config.clip_stride)
    if features:
        lengths = [int(numbers[-1]) + 1 for numbers in chosen.values()]
        features.require_memory(lengths, window)
    predict = features or StatefulNetwork(model, config.clip_stride)
    network = MixtureNetwork(predict, config.clip_stride)
    parts = []
    for batch in ordered_windows(data_dir, split, batch_size=1, window=window):
        for frames in frames_of_batch(batch, videos):
            numbers = chosen.get(frames.video.video_id, np.zeros(0, int))
            if not (numbers >= frames.numbers[0]).any():
                continue  # The network need not run: a new video starts anew.
            outputs = run_networks([network], batch)
            kept = dataclasses.replace(frames, outputs=outputs)
            kept = kept.select(np.isin(frames.numbers, numbers))
            if len(kept):
                parts.append(_part_of(kept, network.parameters(kept)))
    return _sample_of(parts)


def choose_frames(
    videos: Mapping[str, Video], num_frames: int
) -> dict[str, np.ndarray]:
    """Chooses frames with fixations, evenly spread over the videos.

    If there are many videos, only some of them, evenly spread over the split,
    give frames, at least `FRAMES_OF_A_VIDEO` each.

    Args:
        videos: name -> video.
        num_frames: number of frames to choose.

    Returns:
        Name -> int `[m]`, the numbers of the chosen frames, in order.
    """
    seen = {name: np.unique(v.fixations.frame) for name, v in videos.items()}
    names = [name for name, frames in seen.items() if len(frames)]
    most = max(1, num_frames // FRAMES_OF_A_VIDEO)
    names = [names[index] for index in _evenly(len(names), most)]
    chosen, left = {}, num_frames
    # The shortest first: what they lack, longer ones give.
    for number, name in enumerate(sorted(names, key=lambda n: len(seen[n]))):
        frames = seen[name]
        share = -(-left // (len(names) - number))
        chosen[name] = frames[_evenly(len(frames), share)]
        left -= len(chosen[name])
    return {name: chosen[name] for name in names}


def _evenly(length: int, most: int) -> np.ndarray:
    """Returns at most `most` of the indices below `length`, evenly spread."""
    number = min(length, most)
    return ((np.arange(number) + 0.5) * length / max(number, 1)).astype(int)


def _require_fixations(
    videos: Mapping[str, Video],
    chosen: Mapping[str, np.ndarray],
    data_dir: str | os.PathLike,
    split: str,
) -> None:
    number = sum(
        int(videos[name].gaze_on(frames).counts.sum())
        for name, frames in chosen.items()
    )
    if number < LEAST_FIXATIONS:
        raise ValueError(
            f"Invalid `split` of '{data_dir}'. Expected at least "
            f"{LEAST_FIXATIONS} fixations on the chosen frames. Received: "
            f"split='{split}' with {number} fixations on "
            f"{sum(map(len, chosen.values()))} frames. Give more --num_frames, "
            "or another --split."
        )


def _warn_of_rates(videos: Sequence[Video], config: ModelConfig) -> None:
    wanted = config.frames_per_second
    rates = [v.frames_per_second for v in videos if v.num_frames > 1]
    limit = np.log(_LARGEST_RATIO)
    other = [r for r in rates if wanted and abs(np.log(r / wanted)) > limit]
    if other:
        warnings.warn(
            f"The model is made for {wanted:g} frames a second, and "
            f"{len(other)} of {len(videos)} videos have another rate, such as "
            f"{other[0]:g}. Prepare the dataset with --frames_per_second "
            f"{wanted:g}.",
            stacklevel=2,
        )


class _Part(NamedTuple):
    """Some frames of a video, without their pixels."""

    video_id: str
    numbers: np.ndarray
    seconds: np.ndarray
    gaze: Gaze
    parameters: np.ndarray


def _part_of(frames: Frames, parameters: np.ndarray) -> _Part:
    video = frames.video
    seconds = video.times_of(frames.numbers)
    return _Part(
        video.video_id, frames.numbers, seconds, frames.gaze, parameters
    )


def _sample_of(parts: Sequence[_Part]) -> Sample:
    """Joins frames and their mixtures."""
    points, frame, begin = [], [], 0
    for part in parts:
        points.append(part.gaze.points[part.gaze.mask])
        frame.append(begin + np.nonzero(part.gaze.mask)[0])
        begin += len(part.seconds)
    names = [[part.video_id] * len(part.seconds) for part in parts]
    return Sample(
        np.concatenate([part.parameters for part in parts]),
        np.concatenate(names),
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.seconds for part in parts]),
        np.concatenate(points),
        np.concatenate(frame),
    )
