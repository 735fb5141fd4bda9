"""A source of made-up videos, for tests of everything after a source."""

import collections
import dataclasses

import av
import numpy as np

from rmdn_tf.data.records import Fixations
from tfrecords_tools.raw_video import RawVideo, Source, VideoEntry
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.plan import plan_shards
from tfrecords_tools.shards.shard_reports import REPORT_FOLDER
from tfrecords_tools.shards.survey import survey
from tfrecords_tools.shards.video_table import VideoTable
from tfrecords_tools.shards.writing import write_shard

SIZE = (48, 64)
FORMAT = FrameFormat(size=(16, 24))


def grey_frames(levels, size=SIZE):
    """Yields flat frames of the grey levels."""
    for level in levels:
        pixels = np.full([*size, 3], level, np.uint8)
        yield av.VideoFrame.from_ndarray(pixels, "rgb24")


class MadeUp(Source):
    """Videos of flat grey frames, one fixation a frame.

    Args:
        lengths: video -> number of frames.
        files: video -> paths.
        **changes: attributes of every `RawVideo`.
    """

    name = "made_up"
    citation = "Nobody."

    def __init__(self, lengths, files=None, **changes):
        self._lengths = dict(lengths)
        self._files = files or {}
        self._changes = changes

    def entries(self):
        return [VideoEntry(name, "train") for name in sorted(self._lengths)]

    def num_frames(self, entry):
        return self._lengths[entry.video_id]

    def files(self, entry):
        return self._files.get(entry.video_id, [])

    def open(self, entry):
        index = np.arange(self.num_frames(entry))
        raw = RawVideo(
            frames=grey_frames(index % 200),
            original_size=SIZE,
            frames_per_second=25.0,
            fixations=Fixations.from_rows(
                np.stack([index, index / 5000, index * 0, index + 7], axis=1)
            ),
            labels=("Run",),
            left_out=collections.Counter({"blinks": 2}),
        )
        return dataclasses.replace(raw, **self._changes)


def write(source, output_dir, num_shards=1, frame_format=FORMAT, strict=True):
    """Writes all shards of a source; returns their reports."""
    (output_dir / REPORT_FOLDER).mkdir(exist_ok=True)
    with surveyed(source) as table:
        table.number_videos()
        return [
            write_shard(
                plan,
                source=source,
                output_dir=output_dir,
                frame_format=frame_format,
                strict=strict,
            )
            for plan in plan_shards(table, num_shards)
        ]


def surveyed(source):
    """Returns a table of all videos of a source, surveyed."""
    table = VideoTable()
    table.list_videos(source.name, source.entries())
    for entry in source.entries():
        table.add(survey(source, entry))
    return table
