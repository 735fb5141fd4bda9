"""A prepared dataset, whose stored frames become videos."""

import os
import pathlib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import av
import numpy as np

from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.data.prepared_dataset import damage_named, read_dataset_info
from rmdn_tf.data.record_dataset import records_of
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.shard_dealing import shards_of

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
        video, stream = self.videos[name], None
        with av.open(str(path), "w") as container:
            for record in self._records(name):
                if stream is None:
                    stream = _add_stream(container, video, record)
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

    def _records(self, name: str) -> Iterator[Mapping[str, Any]]:
        records = records_of(self._shards[name]).map(parse_example)
        with damage_named(self._data_dir):
            for record in records.as_numpy_iterator():
                if record["video_id"].decode() == name:
                    yield record


def _add_stream(
    container: Any, video: Video, record: Mapping[str, Any]
) -> av.VideoStream:
    """Adds a stream of JPEGs of the size of a record's frames."""
    rate = Fraction(video.frames_per_second).limit_denominator(1001)
    stream = container.add_stream("mjpeg", rate=rate)
    stream.height, stream.width = int(record["height"]), int(record["width"])
    stream.pix_fmt = "yuvj420p"
    return stream
