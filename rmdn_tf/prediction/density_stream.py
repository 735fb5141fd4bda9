"""Gives every frame of a video a density, in time order.

The network may skip frames, and run on fewer still. The densities of its clips
become those of the frames between.

    frames            f f f f f f f f f f f f f
    looked at         x   x   x   x   x   x   x     a slower rate than the video
    clips end         ^       ^       ^       ^     clip stride 2
"""

import collections
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.prediction.density import Density, DensityBetween
from rmdn_tf.video.decoding import num_bytes
from rmdn_tf.video.frame_selection import FrameSelection

MAX_WAITING_BYTES = 128 * 2**20
"""Memory of frames that wait for the network: two frames of 8K, forty of full
HD."""


class Moment(NamedTuple):
    """A frame and when it is shown.

    Attributes:
        frame: the frame in any form; comes out beside its density.
        pixels: uint8 `[H, W, 3]`, for the network.
        time: when the frame begins, in seconds.
        duration: how long it is shown, in seconds.
        begins_anew: whether it begins another recording.
    """

    frame: Any
    pixels: np.ndarray
    time: float
    duration: float
    begins_anew: bool = False


class DensityStream:
    """Gives every frame a density, also the first one, in bounded memory.

    Frames wait until `clips_at_once` clips are complete, or until the frames
    take `MAX_WAITING_BYTES`. With `interpolate` the frames up to the next clip
    wait too.

    Args:
        clips: the `ClipStream`.
        clip_stride: s, frames looked at from one clip's end to the next.
        frames_per_second: rate at which the network looks at faster videos: at
            the frames that are shown after n / rate seconds, n = 0, 1, ..., as
            a dataset is prepared. 0 for all frames.
        interpolate: frames between two clips get a `DensityBetween` by their
            time, and wait for the second one. Otherwise each frame keeps the
            density of the clip before it, and waits for no later frame.
        clips_at_once: clips that are run together; frames wait for them.
        is_cut: gets the pixels of each frame in turn, and tells whether the
            frame begins another shot. The network begins anew there, as it does
            with another recording.

    Call arguments:
        moments: the `Moment`s of a video.

    Yields:
        Their `frame`, and its `Density`, in the order of the moments.
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
        self, moments: Iterable[Moment]
    ) -> Iterator[tuple[Any, Density]]:
        self._begin()
        for moment in moments:
            # Every frame is shown: each is compared with the one before.
            is_cut = self._is_cut is not None and self._is_cut(moment.pixels)
            if is_cut or moment.begins_anew:
                yield from self._finish()
                self._begin()
            self._take(moment)
            if self._end_times and self._is_full():
                self._run()
            yield from self._ready(is_last=False)
        yield from self._finish()

    def _begin(self) -> None:
        self._clips.reset()
        self._looks_at = FrameSelection(self._rate)
        self._num_seen = 0
        self._unseen = []  # Pixels that the network has not seen yet.
        self._end_times = []  # Of clips that have not run yet.
        self._known = {}  # Number of a clip -> when it ends, its density.
        self._num_known = 0
        self._waiting = collections.deque()  # Frame, time, number of its clip.
        self._num_bytes = 0  # Of the frames that wait.

    def _take(self, moment: Moment) -> None:
        if self._looks_at(moment.time, moment.duration):
            if self._num_seen % self._stride == 0:
                self._end_times.append(moment.time)
            self._num_seen += 1
            self._unseen.append(moment.pixels)
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
            self._known[self._num_known] = (time, Density(mixture))
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

    def _density_at(self, time, clip, is_last) -> Density | None:
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
