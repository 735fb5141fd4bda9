"""Reads a file, a camera or a stream: frames one by one, and sound."""

import collections
import contextlib
import functools
import itertools
import math
import os
import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np

from rmdn_tf.video.clock import GAP_SECONDS, Clock, average_rate
from rmdn_tf.video.decoding import (
    VideoError,
    open_stream,
    packets_of,
    unreadable,
)
from rmdn_tf.video.heard import HeardSound
from rmdn_tf.video.packet_order import holds_frame, in_order_shown
from rmdn_tf.video.pictures import PICTURE_FORMATS, PictureUpright
from rmdn_tf.video.sources import find_source
from rmdn_tf.video.span import WHOLE, Span, key_before, split_at
from rmdn_tf.video.upright import Upright, quarter_turns

# Containers with times of decoding only. The n-th of them is the time of the
# n-th frame, since both increase.
DECODING_TIMES = ("avi",)

# Containers that name other files, which FFmpeg opens.
LISTS = ("concat", "dash", "hls", "image2", "imf")

# Containers with the times of a sender's clock. The clock may be set, so a gap
# is not the duration of a frame. MPEG's clock also wraps.
CLOCKS_OF_SENDERS = ("mpegts", "mpeg", "hls", "rtsp", "rtp", "sdp")

_MPEG_TICK, _MPEG_WRAPS_AFTER = Fraction(1, 90000), 2**33


class VideoReader:
    """Reads a video once, upright, in bounded memory; a context manager.

    Times count from the first frame, which is at 0; sound that comes before has
    a negative time. Every frame has a duration, and a time later than the frame
    before. A new recording begins where time goes back, or forward by more than
    `GAP_SECONDS`. A `UserWarning` names the first place.

    Args:
        source: a file, the URL of a stream (`rtsp://...`), or the number of a
            camera, such as "0".
        with_sound: whether to collect sound in `sound_packets`, from which the
            caller takes it.
        thread_count: threads of the decoder.
        span: the part to read. Times still count from the first frame of the
            whole video. Of one file, packets before the part are not decoded.

    Attributes:
        name: name of the source in messages, without the password of a URL.
        is_live: whether the source is a camera or a stream.
        reads_other_files: whether the source may name other files of this
            machine, such as a playlist, `concat:a.ts|b.ts` or `%04d.png`.
        is_one_file: whether the source is one file, which may name others.
        span: the part to read.
        picture: what makes a picture of the only frame; None for a video.
        frames_per_second: average rate, a `Fraction`.
        num_frames: number of frames according to the file; 0 if unknown.
        stream: FFmpeg's stream of the frames.
        sound: FFmpeg's streams of sound.
        num_unknown_sound: number of tracks of sound, beside `sound`, of a
            codec that FFmpeg does not know.
        sound_packets: packets of sound read so far, a deque.
        num_damaged: number of frames so far that the decoder concealed.
        pixel_aspect: width / height of a pixel of an upright frame as a player
            shows it, a `Fraction`, 1 if unknown; valid from `first_frame` on.
        begins_anew: whether the last frame begins a new recording; False for
            the first frame of the source.
        restarts: `pts` of all frames so far that begin a new recording.

    Raises:
        VideoError: the source cannot be opened. While iterating: the video is
            damaged or empty.
    """

    def __init__(
        self,
        source: str | os.PathLike,
        *,
        with_sound: bool = False,
        thread_count: int = 1,
        span: Span = WHOLE,
    ):
        self.span = span
        place = find_source(os.fspath(source))
        self._source, self.name, self.is_live, options = place
        self._resources = contextlib.ExitStack()
        self._container, self.stream = self._resources.enter_context(
            open_stream(self._source, self.name, thread_count, **options)
        )
        path = self._source.removeprefix("file:")
        self.is_one_file = os.path.isfile(path)
        self.picture = self._find_picture(path)
        self.reads_other_files = not (self.is_live or self.picture) and (
            not self.is_one_file or self._container.format.name in LISTS
        )
        self._stopped = False
        self._upright = self.picture or Upright()
        self._frames = self._read()
        self._first_tick = 0
        self.pixel_aspect = Fraction(self.stream.sample_aspect_ratio or 1)
        self._ticks: collections.deque[int] | None = None
        if self._container.format.name in DECODING_TIMES:
            self._ticks = collections.deque()
        self.frames_per_second = average_rate(self.stream)
        self.num_frames = self.stream.frames
        self.num_damaged = 0
        self.begins_anew = False
        self.restarts: set[int] = set()
        self._set_clocks(with_sound)

    def _find_picture(self, path: str) -> PictureUpright | None:
        """Returns the picture, if the source is one file with one picture."""
        name = self._container.format.name
        # FFmpeg takes JPEG for the first of many files, "%" for their number.
        is_single = name == "image2" and "%" not in path
        is_picture = name in PICTURE_FORMATS or is_single
        return PictureUpright(path) if is_picture and self.is_one_file else None

    def _set_clocks(self, with_sound: bool) -> None:
        name, base = self._container.format.name, self.stream.time_base
        is_senders = name in CLOCKS_OF_SENDERS
        wraps_after = None
        if is_senders and base == _MPEG_TICK:
            wraps_after = _MPEG_WRAPS_AFTER
        # Other files keep their gaps: a gap is the duration of a frame.
        self._closes_gaps = is_senders or self.is_live
        self._clock = Clock(
            max(1, round(1 / (self.frames_per_second * base))),
            round(GAP_SECONDS / base),
            wraps_after,
            self._keeps_gap,
        )
        self._heard = HeardSound(
            self._container,
            self._clock,
            base,
            wraps_after,
            self.span,
            self.name,
            collects=with_sound,
            places=with_sound or self._closes_gaps,
        )
        self.sound = self._heard.tracks
        self.num_unknown_sound = self._heard.num_unknown
        self.sound_packets = self._heard.packets

    def _keeps_gap(self, tick: int) -> bool:
        return not self._closes_gaps or self._heard.goes_on_to(tick)

    @functools.cached_property
    def first_frame(self) -> av.VideoFrame | None:
        """First frame, before the iteration, which yields it too.

        None if the reader was stopped before.
        """
        first = next(self._frames, None)
        if first is not None:
            self._frames = itertools.chain([first], self._frames)
        return first

    def frame_times(self) -> np.ndarray | None:
        """Reads the times of all frames without decoding them.

        Returns:
            Seconds from the first frame, float64 `[n]`, of the wanted
            frames; None for a source other than one file.
        """
        if not self.is_one_file:
            return None
        with warnings.catch_warnings(), VideoReader(self._source) as other:
            warnings.simplefilter("ignore")  # This reader warns of jumps.
            ticks = [packet.pts for packet in other.timed_packets()]
            times = np.array(ticks, np.float64) * float(other.stream.time_base)
            return times[self.span.are_wanted(times)]

    def read_late_sound(self) -> None:
        """Reads the sound of the span that is stored after its frames.

        Iterating to the end does so, too: call this after an earlier end, in
        the thread that iterated. Frames that are left are dropped.
        """
        # Other sources may go on for ever.
        is_bounded = self.is_one_file or self.span.end < math.inf
        if self.sound and is_bounded and not self.is_live:
            collections.deque(self._frames, maxlen=0)

    def end_at(self, time: float) -> None:
        """Ends the span at a time, in the thread that iterates."""
        self.span = self.span._replace(end=time, wanted_end=time)
        self._heard.span = self.span

    def stop(self) -> None:
        """Ends the iteration before the next frame."""
        self._stopped = True

    def __iter__(self) -> Iterator[av.VideoFrame]:
        return self._frames

    def _read(self) -> Iterator[av.VideoFrame]:
        num_frames, is_turned = 0, None
        try:
            num_frames, packets = self._pass_over(self._packets())
            for frame in self._decode(packets):
                if self._stopped:
                    return
                if is_turned is None:
                    is_turned = quarter_turns(frame) % 2 == 1
                    if is_turned:
                        self.pixel_aspect = 1 / self.pixel_aspect
                self._place(frame, frame.key_frame, num_frames)
                num_frames += 1
                if frame.time >= self.span.end:
                    if not self.is_live:
                        self._heard.hear_on(packets, self.is_one_file)
                    break
                # Frames stored after the key frame but shown before it, which
                # may be broken, are before the start.
                if self.span.holds(frame.time):
                    self.num_damaged += frame.is_corrupt
                    yield self._upright(frame)
            self._heard.end()
        except av.FFmpegError as error:
            raise VideoError(
                f"Unreadable video '{self.name}' after {num_frames} frames: "
                f"{error.strerror}."
            ) from error
        if not num_frames:
            raise VideoError(
                f"Empty video '{self.name}': no frame could be decoded."
            )

    def timed_packets(
        self, first: int | None = None, of: Iterator[av.Packet] | None = None
    ) -> Iterator[av.Packet]:
        """Yields a packet for each frame, without decoding it.

        The packets come in the order of the frames, with the times that
        iterating gives the frames. `begins_anew` is that of the last packet.

        Args:
            first: tick of the first frame that can be decoded; earlier packets
                are left out.
            of: packets of this reader; None for all.
        """
        packets = self._packets() if of is None else of
        packets = filter(holds_frame, packets)
        if self._ticks is None:
            packets = itertools.dropwhile(
                lambda one: None not in (first, one.pts) and one.pts < first,
                in_order_shown(packets),
            )
        with unreadable(self.name):
            for number, packet in enumerate(packets):
                if self._ticks is not None:
                    packet.pts = packet.dts
                self._place(packet, packet.is_keyframe, number)
                yield packet

    def _pass_over(
        self, packets: Iterator[av.Packet]
    ) -> tuple[int, Iterator[av.Packet]]:
        """Places the packets before the key frame to begin at.

        Returns their number, and the packets from that key frame on.
        """
        is_seekable = self.is_one_file and not self.picture
        if self.span.start <= 0 or not is_seekable or self._ticks is not None:
            return 0, packets
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # This reader warns of jumps.
            with VideoReader(self._source) as other:
                has_first = other.first_frame is not None
                first = other._first_tick if has_first else None
            with VideoReader(self._source) as other:
                timed = other.timed_packets(first)
                key = key_before(timed, self.span.start)
        early, packets = split_at(packets, key)
        return sum(1 for _ in self.timed_packets(first, early)), packets

    def _packets(self) -> Iterator[av.Packet]:
        """Yields the packets of the frames; keeps those of the sound."""
        streams = [self.stream.index, *self._heard.indexes]
        for packet in packets_of(self._container, streams):
            if packet.stream is self.stream:
                yield packet
            else:
                self._heard.hear(packet)

    def _decode(self, packets: Iterator[av.Packet]) -> Iterator[av.VideoFrame]:
        for packet in packets:
            if self._ticks is not None and packet.dts is not None:
                self._ticks.append(packet.dts)
            for frame in packet.decode():
                if self._ticks:
                    frame.pts = self._ticks.popleft()
                    frame.time_base = packet.stream.time_base
                yield frame

    def _place(
        self, frame: av.VideoFrame | av.Packet, is_key: bool, number: int
    ) -> None:
        """Sets the time of a frame; warns of the first one that jumps."""
        clock = self._clock
        frame.pts = clock(frame.pts, frame.duration or 0, is_key)
        frame.duration = clock.duration
        frame.time_base = self.stream.time_base
        if number == 0:
            self._first_tick = frame.pts
            self._heard.begin(frame.pts * frame.time_base)
        frame.pts -= self._first_tick
        self.begins_anew = clock.jump is not None
        if clock.jump is None:
            return
        self.restarts.add(frame.pts)
        if len(self.restarts) == 1:
            before, after = (float(t * frame.time_base) for t in clock.jump)
            follows = "at once" if clock.num_moved else "after the gap"
            warnings.warn(
                f"The time of '{self.name}' jumps from {before:.2f} to "
                f"{after:.2f} seconds at frame {number}, counted from 0. This "
                "frame begins a new recording, and follows the frame before "
                f"{follows}. Later jumps are handled alike, without a warning.",
                stacklevel=3,
            )

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(self, *exception: Any) -> None:
        self._resources.__exit__(*exception)
