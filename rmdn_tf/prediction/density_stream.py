"""Gives every frame of a video a density, in time order.

The network may look at every few frames only, and run even less often. Frames
between two clips get their densities from these clips.

    frames            f f f f f f f f f f f f f
    looked at         x   x   x   x   x   x   x     a slower rate than the video
    clips end         ^       ^       ^       ^     clip stride 2
"""

import collections
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import av
import numpy as np

from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.prediction.density import Density, DensityBetween
from rmdn_tf.video.decoding import num_bytes
from rmdn_tf.video.frame_selection import FrameSelection
from rmdn_tf.video.reader import VideoReader

# Memory of frames that wait for the network: two frames of 8K, forty of full
# HD.
MAX_WAITING_BYTES = 128 * 2**20


class Moment(NamedTuple):
    """A frame and when it is shown.

    Attributes:
        frame: the frame in any form; comes out beside its density.
        pixels: uint8 `[H, W, 3]`, for the network.
        time: when the frame appears, in seconds from the first one.
        duration: how long it is shown, in seconds.
        begins_anew: whether the frame begins another recording.
    """

    frame: Any
    pixels: np.ndarray
    time: float
    duration: float
    begins_anew: bool = False


class DensityStream:
    """Gives every frame a density, even the first, in bounded memory.

    Frames wait until `clips_at_once` clips are complete, or until the frames
    take `MAX_WAITING_BYTES`. With `interpolate` they also wait for the next
    clip.

    Args:
        clips: the network, which keeps the state of the video.
        clip_stride: s, frames looked at from one clip's end to the next.
        frames_per_second: the network looks at frames of a faster video at
            this rate: those shown at n / rate seconds, n = 0, 1, ..., as in a
            prepared dataset. 0 for all frames.
        interpolate: frames between two clips get a `DensityBetween` by their
            time. Otherwise each frame keeps the density of the last clip.
        clips_at_once: number of clips that run together.
        is_cut: takes the pixels of each frame in turn, and tells whether the
            frame begins a new shot. There the network starts anew, as it does
            at a new recording.

    Call arguments:
        moments: the frames of a video, in time order; the stream yields the
            `frame` of each moment and its `Density`, in the same order.
        origin: when the video begins, if its first moments are left out; None
            for the time of the first moment.
    """

    def __init__(
        self,
        clips: ClipStream,
        clip_stride: int,
        *,
        frames_per_second: float = 0.0,
        interpolate: bool = False,
        clips_at_once: int = 1,
        is_cut: Callable[[np.ndarray], bool] | None = None,
    ):
        self._clips = clips
        self._stride = clip_stride
        self._rate = frames_per_second
        self._interpolate = interpolate
        self._clips_at_once = clips_at_once
        self._is_cut = is_cut

    def __call__(
        self, moments: Iterable[Moment], origin: float | None = None
    ) -> Iterator[tuple[Any, Density]]:
        self._begin(origin)
        for moment in moments:
            # `is_cut` sees every frame, to compare it with the one before.
            is_cut = self._is_cut is not None and self._is_cut(moment.pixels)
            if is_cut or moment.begins_anew:
                yield from self._finish()
                self._begin()
            self._take(moment)
            if self._end_times and self._is_full():
                self._run()
            yield from self._ready(is_last=False)
        yield from self._finish()

    def _begin(self, origin: float | None = None) -> None:
        self._clips.reset()
        self._looks_at = FrameSelection(self._rate, origin)
        self._num_seen = 0
        self._frame_size: tuple[int, int] | None = None
        # Pixels that the network has not seen yet.
        self._unseen: list[np.ndarray] = []
        # Ends of clips that have not run yet.
        self._end_times: list[float] = []
        # Number of a clip -> (end, density).
        self._known: dict[int, tuple[float, Density]] = {}
        self._num_known = 0
        # (frame, time, number of its clip).
        self._waiting: collections.deque[tuple[Any, float, int]] = (
            collections.deque()
        )
        self._num_bytes = 0  # Memory of the frames that wait.

    def _take(self, moment: Moment) -> None:
        if self._looks_at(moment.time, moment.duration):
            if self._num_seen % self._stride == 0:
                self._end_times.append(moment.time)
            self._num_seen += 1
            self._unseen.append(moment.pixels)
        self._frame_size = _size_of(moment.frame)
        clip = self._num_known + len(self._end_times) - 1
        self._waiting.append((moment.frame, moment.time, clip))
        self._num_bytes += num_bytes(moment.frame)

    def _is_full(self) -> bool:
        return (
            len(self._end_times) == self._clips_at_once
            or self._num_bytes >= MAX_WAITING_BYTES
        )

    def _run(self) -> None:
        parameters = self._clips(self._unseen)
        for time, mixture in zip(self._end_times, parameters, strict=True):
            density = Density(mixture, self._frame_size)
            self._known[self._num_known] = (time, density)
            self._num_known += 1
        self._unseen, self._end_times = [], []

    def _ready(self, is_last: bool) -> Iterator[tuple[Any, Density]]:
        """Yields the frames whose density is known."""
        while self._waiting:
            frame, time, clip = self._waiting[0]
            density = self._density_at(time, clip, is_last)
            if density is None:
                return
            self._waiting.popleft()
            self._num_bytes -= num_bytes(frame)
            self._known.pop(clip - 1, None)
            yield frame, density

    def _density_at(
        self, time: float, clip: int, is_last: bool
    ) -> Density | None:
        if clip not in self._known:
            return None
        begin, first = self._known[clip]
        if not self._interpolate or time <= begin:
            return first
        if clip + 1 not in self._known:
            return first if is_last else None
        end, second = self._known[clip + 1]
        return DensityBetween(first, second, (time - begin) / (end - begin))

    def _finish(self) -> Iterator[tuple[Any, Density]]:
        if self._unseen:
            self._run()
        yield from self._ready(is_last=True)


def read_moments(
    reader: VideoReader, scale: Callable[[av.VideoFrame], np.ndarray]
) -> Iterator[Moment]:
    """Yields the decoded frames of a video with their pixels, resized."""
    for frame in reader:
        yield Moment(
            frame,
            scale(frame),
            frame.time,
            float(frame.duration * frame.time_base),
            reader.begins_anew,
        )


def until_the_next(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Makes each moment last until the next one of its recording.

    Durations in a file may leave gaps where frames are missing.
    """
    before = None
    for moment in moments:
        if before is not None:
            duration = moment.time - before.time
            if moment.begins_anew:
                duration = before.duration
            yield before._replace(duration=duration)
        before = moment
    if before is not None:
        yield before


def _size_of(frame: Any) -> tuple[int, int] | None:
    """Returns (height, width) of a frame, if its form is known."""
    if isinstance(frame, av.VideoFrame):
        return frame.height, frame.width
    if isinstance(frame, np.ndarray):
        return frame.shape[0], frame.shape[1]
    return None
