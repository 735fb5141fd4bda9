"""One raw video -> its records, frames stored as JPEG."""

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from rmdn_tf.records import MAX_FRAMES_PER_RECORD, Record
from tfrecords_tools.raw_video import RawVideo, SourceError, VideoEntry


@dataclasses.dataclass(frozen=True)
class FrameFormat:
    """How frames are stored.

    Attributes:
        size: (height, width) in pixels.
        jpeg_quality: 1 to 100.
    """

    size: tuple[int, int]
    jpeg_quality: int


def video_records(
    dataset: str, entry: VideoEntry, raw: RawVideo, frame_format: FrameFormat
) -> Iterator[Record]:
    """Cuts a video into records of at most `MAX_FRAMES_PER_RECORD` frames.

    Decodes as it goes and holds one record at a time, its frames as JPEG.

    Args:
        dataset: the dataset's name.
        entry: the video's id and split.
        raw: the video, opened; its frames are consumed.
        frame_format: size and JPEG quality of the frames.

    Yields:
        The records in time order.

    Raises:
        SourceError: a frame does not have the size asked for, there is none,
            or the true densities are not one a frame.
    """
    encoded = _encode(entry, raw.frames, frame_format)
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
            size=frame_format.size,
            frames=frames,
            fixations=raw.fixations.between(begin, end),
            labels=raw.labels,
            truth=None if raw.truth is None else raw.truth[begin:end],
        )
        begin = end
    _check_length(entry, raw, begin)


def _encode(
    entry: VideoEntry, frames: Iterator[np.ndarray], frame_format: FrameFormat
) -> Iterator[bytes]:
    expected = (*frame_format.size, 3)
    for index, frame in enumerate(frames):
        if frame.shape != expected or frame.dtype != np.uint8:
            raise SourceError(
                f"Invalid frame {index} of the video '{entry.video_id}'. "
                f"Expected uint8 {expected}. "
                f"Received: {frame.dtype} {frame.shape}."
            )
        # At this size halving the colour's resolution would cost more detail
        # than the quarter of the bytes that it saves is worth.
        yield tf.io.encode_jpeg(
            frame, quality=frame_format.jpeg_quality, chroma_downsampling=False
        ).numpy()


def _check_length(entry: VideoEntry, raw: RawVideo, num_frames: int) -> None:
    if num_frames == 0:
        raise SourceError(f"Empty video '{entry.video_id}': no frame.")
    if raw.truth is not None and len(raw.truth) != num_frames:
        raise SourceError(
            f"Invalid true densities of the video '{entry.video_id}'. "
            f"Expected one a frame, {num_frames}. Received: {len(raw.truth)}."
        )
