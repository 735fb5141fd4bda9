"""One raw video -> its records, frames stored as JPEG."""

import dataclasses
import itertools
from collections.abc import Iterator

import av
import tensorflow as tf

from rmdn_tf.data.records import MAX_FRAMES_PER_RECORD, Record
from rmdn_tf.video.decoding import size_within
from tfrecords_tools.frames.video_files import Scaler
from tfrecords_tools.raw_video import RawVideo, SourceError, VideoEntry


@dataclasses.dataclass(frozen=True)
class FrameFormat:
    """How frames are stored.

    Attributes:
        size: (height, width) in pixels. The default is what C3D's 112x112
            crops were cut from.
        max_size: None stretches every frame to `size`. A number keeps the
            aspect ratio and shrinks the longer side to so many pixels where it
            is longer: sizes then differ from video to video, and `size` is
            what a reader makes of them.
        frames_per_second: the rate stored; None keeps that of each video.
        jpeg_quality: 1 to 100.

    Raises:
        ValueError: a number is out of range.
    """

    size: tuple[int, int] = (128, 171)
    max_size: int | None = None
    frames_per_second: float | None = None
    jpeg_quality: int = 95

    def __post_init__(self):
        for name, value in (
            ("height", self.size[0]),
            ("width", self.size[1]),
            ("max_size", self.max_size),
        ):
            if value is not None and value < 1:
                raise ValueError(
                    f"Invalid `{name}`. Expected a positive integer. "
                    f"Received: {name}={value}."
                )
        rate = self.frames_per_second
        if rate is not None and not 0 < rate < float("inf"):
            raise ValueError(
                "Invalid `frames_per_second`. Expected a positive number. "
                f"Received: frames_per_second={rate}."
            )
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(
                "Invalid `jpeg_quality`. Expected a number from 1 to 100. "
                f"Received: jpeg_quality={self.jpeg_quality}."
            )

    def size_of(self, original_size: tuple[int, int]) -> tuple[int, int]:
        """Returns (height, width) stored of a video of that size."""
        if self.max_size is None:
            return self.size
        return size_within(self.max_size, original_size)


def video_records(
    dataset: str, entry: VideoEntry, raw: RawVideo, frame_format: FrameFormat
) -> Iterator[Record]:
    """Cuts a video into records of at most `MAX_FRAMES_PER_RECORD` frames.

    Decodes as it goes and holds one record at a time, its frames as JPEG. A
    frame is resized as a whole, never cropped, so that coordinates relative to
    the frame stay true.

    Args:
        dataset: the dataset's name.
        entry: the video's id and split.
        raw: the video, opened, at the frame rate to be stored; its frames are
            consumed.
        frame_format: how frames are stored.

    Yields:
        The records in time order.

    Raises:
        SourceError: a frame cannot be decoded, there is none, or the true
            densities are not one a frame.
    """
    size = frame_format.size_of(raw.original_size)
    encoded = _encode(raw.frames, size, frame_format.jpeg_quality)
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
        )
        begin = end
    _check_length(entry, raw, begin)


def _encode(
    frames: Iterator[av.VideoFrame], size: tuple[int, int], jpeg_quality: int
) -> Iterator[bytes]:
    scaler = Scaler(size)
    for frame in frames:
        # At this size halving the colour's resolution would cost more detail
        # than the quarter of the bytes that it saves is worth.
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
