"""Writes the records of raw videos as one shard, whole or not at all.

A shard is written under a temporary name, then its report is published, then
the shard is renamed. A shard under its final name is therefore complete and has
a report.
"""

import collections
import os

import tensorflow as tf

from rmdn_tf.data.dataset_info import VideoInfo
from rmdn_tf.data.record_lengths import stored_bytes
from rmdn_tf.data.record_writing import serialize_example
from rmdn_tf.data.records import RecordError
from rmdn_tf.files.file_systems import (
    file_length,
    remove_file,
    require_file_system,
)
from rmdn_tf.files.published import published
from rmdn_tf.files.shown_paths import redacted
from tfrecords_tools.frames.resampling import Resampling, resample
from tfrecords_tools.gaze.fixations import PAST_END
from tfrecords_tools.raw_files import forget_kept
from tfrecords_tools.raw_video import (
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
)
from tfrecords_tools.shards.encoding import encode_video
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.plan import ShardPlan
from tfrecords_tools.shards.shard_reports import (
    ShardReport,
    find_report,
    write_report,
)
from tfrecords_tools.shards.statistics import Statistics
from tfrecords_tools.shards.survey import SurveyedVideo

NOT_DECODED = "frames announced but not decoded"


class _BrokenOffError(Exception):
    """A video turned out unreadable after some records were written."""

    def __init__(self, video_id: str, cause: Exception):
        super().__init__(video_id, cause)
        self.video_id = video_id
        self.cause = cause


def write_shard(
    plan: ShardPlan,
    *,
    source: Source,
    output_dir: str | os.PathLike,
    frame_format: FrameFormat,
    strict: bool = False,
    preparation: str | None = None,
) -> ShardReport:
    """Writes one shard and its report into a directory made ready by `claim`.

    An unreadable video is left out whole and named in the report; if `strict`,
    it is an error. A finished shard stays, as a cluster may run a task twice.
    The shards of one `preparation` share the tables that this process has read.
    """
    require_file_system(output_dir)  # Each worker must load it.
    forget_kept(preparation)
    finished = find_report(output_dir, plan.file, plan.checksums)
    if finished is not None:
        return finished
    path = os.path.join(output_dir, plan.file)
    if file_length(path) is not None:
        # It lacks a video. It must go before its new report is published.
        remove_file(path)
    writer = _ShardWriter(plan, source, frame_format, strict)
    while True:
        try:
            with published(path) as temporary:
                report = writer.write(temporary)
                write_report(output_dir, report)
            return report
        except _BrokenOffError as broken:
            if strict:
                raise broken.cause from None
            # Written records cannot be removed: write the shard without it.
            writer.unreadable[broken.video_id] = redacted(str(broken.cause))


class _ShardWriter:
    """Writes the videos of a shard, except the unreadable ones."""

    def __init__(
        self,
        plan: ShardPlan,
        source: Source,
        frame_format: FrameFormat,
        strict: bool,
    ):
        self._plan = plan
        self._source = source
        self._format = frame_format
        self._strict = strict
        self.unreadable: dict[str, str] = {}

    def write(self, path: str) -> ShardReport:
        """Writes the shard; may add to `unreadable`."""
        total = Statistics()
        videos = []
        with tf.io.TFRecordWriter(path) as writer:
            for video in self._plan.videos:
                video_id = video.entry.video_id
                if video_id in self.unreadable:
                    continue
                try:
                    info, written = self._write_video(writer, video)
                except (SourceError, RecordError) as error:
                    if self._strict:
                        raise
                    self.unreadable[video_id] = redacted(str(error))
                else:
                    videos.append(info)
                    total.add(written)
        return ShardReport(
            self._plan.checksums,
            self._plan.split,
            self._plan.file,
            os.path.getsize(path),
            tuple(videos),
            dict(sorted(self.unreadable.items())),
            total,
        )

    def _write_video(
        self, writer: tf.io.TFRecordWriter, video: SurveyedVideo
    ) -> tuple[VideoInfo, Statistics]:
        entry = video.entry
        raw = _open(self._source, entry)
        num_announced = video.num_frames
        new_rate = self._format.frames_per_second
        if new_rate is not None:
            if not raw.is_picture:
                resampling = Resampling.of(raw, new_rate)
                num_announced = resampling.length(num_announced)
            raw = resample(raw, new_rate)
        written = Statistics.of_opened(raw)
        dataset, num_bytes = self._source.name, 0
        try:
            for record in encode_video(dataset, entry, raw, self._format):
                serialized = serialize_example(record)
                writer.write(serialized)
                num_bytes += stored_bytes(serialized)
                written.add_record(record)
        except (SourceError, RecordError) as error:
            if written.num_records:
                raise _BrokenOffError(entry.video_id, error) from error
            raise
        written.left_out += collections.Counter(
            {
                NOT_DECODED: max(num_announced - written.num_frames, 0),
                PAST_END: len(raw.fixations) - written.num_fixations,
            }
        )
        info = VideoInfo(
            entry.video_id,
            written.num_frames,
            written.num_fixations,
            raw.frames_per_second,
            num_bytes,
        )
        return info, written


def _open(source: Source, entry: VideoEntry) -> RawVideo:
    """Opens a video; turns an `OSError` into a `SourceError`."""
    try:
        return source.open(entry)
    except OSError as error:
        raise SourceError(
            f"Unreadable files of the video '{entry.video_id}': {error}."
        ) from error
