"""Reads the gaze, labels and sizes of the videos of a split, not the frames."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.record_dataset import (
    clear_errors_of_records,
    records_of,
)
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.records import Fixations
from rmdn_tf.data.shard_dealing import shards_of


@dataclasses.dataclass(frozen=True)
class Gaze:
    """The fixations on n frames; N is the most on one frame.

    Attributes:
        points: float32 `[n, N, 2]`, (x, y) in [0, 1] of the whole frame.
        mask: bool `[n, N]`, False where `points` is padding.
        observers: int64 `[n, N]`, number of the observer.
    """

    points: np.ndarray
    mask: np.ndarray
    observers: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Fixations on each frame, int64 `[n]`."""
        return self.mask.sum(-1)


@dataclasses.dataclass(frozen=True)
class Video:
    """A video of a prepared dataset, without its frames.

    Attributes:
        video_id: name of the video, unique in the dataset.
        labels: names of its actions; may be empty.
        original_size: (height, width) in pixels, before preparation.
        frames_per_second: rate of the stored frames; the average if it varies.
        num_frames: number of stored frames.
        fixations: in the order of frames, which count from the video's first.
            A fixation takes 24 bytes of memory.
        frame_times: when each frame appears, in seconds from the first frame,
            float64 `[num_frames]`; empty if the rate is constant.
    """

    video_id: str
    labels: tuple[str, ...]  # Names of actions; may be empty.
    original_size: tuple[int, int]
    frames_per_second: float
    num_frames: int
    fixations: Fixations
    frame_times: np.ndarray = dataclasses.field(
        default_factory=lambda: np.zeros([0])
    )

    def times_of(self, frames: np.ndarray) -> np.ndarray:
        """Tells when frames appear.

        Args:
            frames: int `[n]`, indices of frames, from 0.

        Returns:
            float64 `[n]`, seconds from the first frame.
        """
        if len(self.frame_times):
            return self.frame_times[frames]
        return frames / self.frames_per_second

    @property
    def points(self) -> np.ndarray:
        """All fixations, float32 `[n, 2]`, (x, y) in [0, 1]."""
        return np.stack([self.fixations.x, self.fixations.y], -1)

    def gaze_on(self, frames: np.ndarray) -> Gaze:
        """Selects the fixations on some frames.

        Args:
            frames: int `[n]`, indices of frames, from 0.

        Returns:
            The fixations on these n frames.
        """
        begin = np.searchsorted(self.fixations.frame, frames, "left")
        end = np.searchsorted(self.fixations.frame, frames, "right")
        most = int((end - begin).max(initial=0))
        index = begin[:, None] + np.arange(most)
        mask = index < end[:, None]
        index = np.where(mask, index, 0)
        if not most:  # In a video without any fixation, [index] would fail.
            points = np.zeros([len(frames), 0, 2], np.float32)
            return Gaze(points, mask, np.zeros_like(index))
        return Gaze(self.points[index], mask, self.fixations.observer[index])


def read_videos(data_dir: str | os.PathLike, split: str) -> dict[str, Video]:
    """Reads all videos of a split, or of several joined by "+".

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".

    Returns:
        Name -> video, in the order of the shards.

    Raises:
        FileNotFoundError, RecordError: the dataset is missing or damaged, or
            the split holds no video.
    """
    shards = shards_of(read_dataset_info(data_dir), split)
    paths = [os.path.join(data_dir, shard.file) for shard in shards]
    dataset = records_of(paths).map(
        _without_frames,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    videos: dict[str, Video] = {}
    with clear_errors_of_records():
        for record in dataset.as_numpy_iterator():
            video = _video_of(record)
            before = videos.get(video.video_id)
            videos[video.video_id] = _joined(before, video) if before else video
    return videos


def fixations_of(videos: Mapping[str, Video]) -> np.ndarray:
    """Joins the fixations of videos.

    Args:
        videos: name -> video.

    Returns:
        float32 `[n, 2]`, (x, y) in [0, 1] of the whole frame.
    """
    return np.concatenate(
        [np.zeros([0, 2], np.float32), *(v.points for v in videos.values())]
    )


def actions_of(
    videos: Mapping[str, Video],
) -> tuple[tuple[str, ...], bool]:
    """Lists the labels of videos, sorted.

    Args:
        videos: name -> video.

    Returns:
        The labels, and whether a video has several of them.

    Raises:
        ValueError: the videos have fewer than two different labels.
    """
    labels = [set(video.labels) for video in videos.values()]
    names = tuple(sorted(set().union(*labels)))
    if len(names) < 2:
        raise ValueError(
            "Invalid labels. Expected videos of two or more actions. "
            f"Received: {len(videos)} videos with the labels {names or 'none'}."
        )
    return names, any(len(of_video) > 1 for of_video in labels)


def _without_frames(serialized: tf.Tensor) -> dict[str, tf.Tensor]:
    record = parse_example(serialized)
    return {
        key: value
        for key, value in record.items()
        if key not in ("frames", "truth_mixture")
    }


def _video_of(record: Mapping[str, Any]) -> Video:
    order = np.argsort(record["fixation_frame"], kind="stable")
    return Video(
        record["video_id"].decode(),
        tuple(label.decode() for label in record["labels"]),
        (int(record["original_height"]), int(record["original_width"])),
        float(record["frames_per_second"]),
        int(record["num_frames"]),
        Fixations(
            record["fixation_frame"][order] + record["first_frame"],
            record["fixation_x"][order],
            record["fixation_y"][order],
            record["fixation_observer"][order],
        ),
        record["frame_microseconds"] / 1e6,
    )


def _joined(video: Video, following: Video) -> Video:
    """Appends the next record of a video."""
    both = zip(
        dataclasses.astuple(video.fixations),
        dataclasses.astuple(following.fixations),
        strict=True,
    )
    return dataclasses.replace(
        video,
        num_frames=video.num_frames + following.num_frames,
        fixations=Fixations(*(np.concatenate(pair) for pair in both)),
        frame_times=np.concatenate([video.frame_times, following.frame_times]),
    )
