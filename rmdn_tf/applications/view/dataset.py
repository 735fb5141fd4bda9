"""A prepared dataset: its frames as a video, and the gaze of people."""

import os
import pathlib
from fractions import Fraction

import av
import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.data.prepared_dataset import damage_named, read_dataset_info
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.shard_dealing import shards_of
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.recording import Replay
from rmdn_tf.video.frame_selection import FrameSelection

# Blur of people's gaze, a share of the frame's sides, and the share of a
# uniform density: those that explain other people's gaze best, by
# `experiments.spatial.score`.
_SIGMA, _UNIFORM_SHARE = 0.045, 0.1

# Standard deviation of the Gaussian that stands for a uniform density, and the
# part of it that the frame shows.
_FLAT, _FLAT_VISIBLE = 2.0, 0.0390

_MILLISECONDS = Fraction(1, 1000)


class ShownDataset:
    """The videos of a split.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".

    Attributes:
        videos: name -> its gaze.

    Raises:
        FileNotFoundError, RecordError: the dataset is missing or damaged, or
            the split holds no video.
    """

    def __init__(self, data_dir: str | os.PathLike, split: str):
        self._data_dir = data_dir
        shards = shards_of(read_dataset_info(data_dir), split)
        self._shards = {
            video.id: os.path.join(data_dir, shard.file)
            for shard in shards
            for video in shard.videos
        }
        self.videos: dict[str, Video] = read_videos(data_dir, split)

    def write(self, name: str, path: pathlib.Path) -> int:
        """Writes the stored frames as a video, without encoding them again.

        Args:
            name: of the video.
            path: of a Matroska file.

        Returns:
            The length of the file.
        """
        video = self.videos[name]
        records = tf.data.TFRecordDataset(self._shards[name]).map(parse_example)
        with av.open(str(path), "w") as container, damage_named(self._data_dir):
            stream = None
            for record in records.as_numpy_iterator():
                if record["video_id"].decode() != name:
                    continue
                if stream is None:
                    rate = Fraction(video.frames_per_second)
                    stream = container.add_stream(
                        "mjpeg", rate=rate.limit_denominator(1001)
                    )
                    stream.width = int(record["width"])
                    stream.height = int(record["height"])
                    stream.pix_fmt = "yuvj420p"
                first = int(record["first_frame"])
                numbers = first + np.arange(len(record["frames"]))
                times = video.times_of(numbers)
                for jpeg, time in zip(record["frames"], times, strict=True):
                    packet = av.Packet(jpeg)
                    packet.stream, packet.time_base = stream, _MILLISECONDS
                    packet.pts = packet.dts = round(time * 1000)
                    packet.is_keyframe = True
                    container.mux(packet)
        return path.stat().st_size


class PeopleModel(AttentionModel):
    """Says where people looked: their fixations, blurred.

    It runs through the frames of its video once.

    Args:
        gaze: the video with its fixations.
        config: settings of the model to compare with, whose clips end in the
            same frames.
    """

    def __init__(self, gaze: Video, config: ModelConfig):
        times = gaze.times_of(np.arange(gaze.num_frames))
        durations = np.diff(
            times, append=times[-1:] + 1 / gaze.frames_per_second
        )
        looks_at = FrameSelection(config.frames_per_second)
        seen = [
            number
            for number, moment in enumerate(zip(times, durations, strict=True))
            if looks_at(*moment)
        ]
        found = gaze.gaze_on(np.array(seen[:: config.clip_stride]))
        parameters = [
            _blurred(points[known], found.mask.shape[1])
            for points, known in zip(found.points, found.mask, strict=True)
        ]
        super().__init__(Replay(parameters), config)


def _blurred(points: np.ndarray, most: int) -> np.ndarray:
    """Returns parameters `[most + 1, 6]` of fixations, blurred."""
    moments = np.zeros([most + 1, 6])
    moments[:, 3:5] = _SIGMA
    number = len(points)
    moments[:number, 1:3] = points
    share = _UNIFORM_SHARE if number else 1.0
    moments[:number, 0] = (1 - share) / max(1, number)
    moments[-1] = share / _FLAT_VISIBLE, 0.5, 0.5, _FLAT, _FLAT, 0
    return parameters_from_moments(moments)


def fixations_of(gaze: Video) -> dict:
    """Returns `Fixations` of the page."""
    found = gaze.gaze_on(np.arange(gaze.num_frames))
    frames = [
        [
            [round(float(x), 4), round(float(y), 4), int(observer)]
            for (x, y), observer in zip(
                points[known], observers[known], strict=True
            )
        ]
        for points, observers, known in zip(
            found.points, found.observers, found.mask, strict=True
        )
    ]
    times = gaze.times_of(np.arange(gaze.num_frames))
    return {
        "frames_per_second": gaze.frames_per_second,
        "times": times.tolist(),
        "frames": frames,
    }
