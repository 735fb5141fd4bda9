"""Cuts a raw video into records, with its frames as JPEG."""

import itertools
from collections.abc import Iterator

import av
import tensorflow as tf

from rmdn_tf.data.records import MAX_FRAMES_PER_RECORD, Record
from tfrecords_tools.frames.video_files import Scaler
from tfrecords_tools.raw_video import RawVideo, SourceError, VideoEntry
from tfrecords_tools.shards.frame_format import FrameFormat


def encode_video(
    dataset: str, entry: VideoEntry, raw: RawVideo, frame_format: FrameFormat
) -> Iterator[Record]:
    """Yields a video's records of at most `MAX_FRAMES_PER_RECORD` frames.

    Only one record is in memory. Frames are resized, never cropped, so relative
    coordinates of fixations stay valid. `raw` must have the frame rate to be
    stored; its frames are consumed.
    """
    size = frame_format.size_of(raw.original_size)
    encoded = _encode(raw.frames, size, frame_format.jpeg_quality)
    times = raw.frame_times
    begin = 0
    while frames := list(itertools.islice(encoded, MAX_FRAMES_PER_RECORD)):
        end = begin + len(frames)
        yield Record(
            dataset=dataset,
            split=entry.split,
            video_id=entry.video_id,
            first_frame=begin,
            frames_per_second=raw.frames_per_second,
            original_size=raw.original_size,
            size=size,
            frames=frames,
            fixations=raw.fixations.between(begin, end),
            labels=raw.labels,
            truth=None if raw.truth is None else raw.truth[begin:end],
            frame_times=None if times is None else times[begin:end],
        )
        begin = end
    _check_length(entry, raw, begin)


def _encode(
    frames: Iterator[av.VideoFrame], size: tuple[int, int], jpeg_quality: int
) -> Iterator[bytes]:
    scaler = Scaler(size)
    for frame in frames:
        # Halving the colour's resolution would save a quarter of the bytes but
        # lose visible detail at this size.
        yield tf.io.encode_jpeg(
            scaler(frame), quality=jpeg_quality, chroma_downsampling=False
        ).numpy()


def _check_length(entry: VideoEntry, raw: RawVideo, num_frames: int) -> None:
    if num_frames == 0:
        raise SourceError(f"Empty video '{entry.video_id}': no frame.")
    if raw.truth is not None and len(raw.truth) != num_frames:
        raise SourceError(
            f"Invalid true densities of the video '{entry.video_id}'. "
            f"Expected one a frame, {num_frames}. Received: {len(raw.truth)}."
        )
