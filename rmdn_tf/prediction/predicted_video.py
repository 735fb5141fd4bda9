"""The frames of a video with their densities, for everything that uses them.

Reading, the network and the consumer work side by side, in bounded memory.
"""

import contextlib
import math
import os
import sys
from collections.abc import Generator, Iterator, Mapping

import av

from rmdn_tf.commands.signals import Stopped, handled_by
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.checks import require_start
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.density_stream import MAX_WAITING_BYTES
from rmdn_tf.prediction.part import end_after, part_to_see
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.decoding import VideoError, num_bytes
from rmdn_tf.video.read_ahead import read_ahead
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.span import Span

# Clips of a file that run together, and frames that wait for them.
MAX_CLIPS, MAX_FRAMES = 4, 32

# Frames that wait between reader and network, and between network and consumer:
# as many as may come at once, so that nobody waits.
AHEAD = MAX_FRAMES

# Memory of the frames that wait at each place: two frames of 8K.
AHEAD_BYTES = MAX_WAITING_BYTES


class PredictedVideo:
    """A video that is read once, each frame with its density.

    Iterating yields each `av.VideoFrame`, upright, with its `Density`. See
    `predicted_video`.

    Attributes:
        reader: the `VideoReader`, which has sound, sizes and times.
        total: number of frames to expect; None if unknown.
        interpolates: whether frames between two clips have a `DensityBetween`,
            with the components of both.
    """

    def __init__(
        self,
        model: AttentionModel,
        reader: VideoReader,
        settings: NetworkSettings,
        origin: float,
    ):
        self.reader = reader
        self.interpolates = not (settings.hold or reader.is_live)
        self.total = _total(reader, settings)
        self._origin = origin
        self._model = model
        self._settings = settings
        self._resources = contextlib.ExitStack()

    def __iter__(self) -> Iterator[tuple[av.VideoFrame, Density]]:
        settings = self._settings
        stride = settings.clip_stride or self._model.config.clip_stride
        densities = self._model.densities(
            clip_stride=stride,
            interpolate=self.interpolates,
            reset_on_shots=settings.reset_on_shots,
            clips_at_once=1 if self.reader.is_live else clips_at_once(stride),
        )
        moments = read_ahead(
            self._model.moments(self.reader),
            AHEAD,
            AHEAD_BYTES,
            lambda moment: num_bytes(moment.frame, moment.pixels),
        )
        self._resources.enter_context(contextlib.closing(moments))
        streamed = read_ahead(
            self._wanted(densities(moments, self._origin), moments),
            AHEAD,
            AHEAD_BYTES,
            lambda streamed: num_bytes(streamed[0]),
        )
        return self._resources.enter_context(contextlib.closing(streamed))

    def _wanted(
        self,
        streamed: Iterator[tuple[av.VideoFrame, Density]],
        moments: Generator,
    ) -> Iterator[tuple[av.VideoFrame, Density]]:
        """Leaves out frames that only the network needs, not their sound."""
        start, end = self._settings.start, self._settings.end
        wanted = Span(start, math.inf if end is None else end)
        number, end = 0, wanted.end
        for frame, density in streamed:
            if frame.time >= wanted.end:
                break
            if wanted.holds(frame.time):
                number += 1
                end = float((frame.pts + frame.duration) * frame.time_base)
                yield frame, density  # Which the consumer may change.
            if number == self._settings.num_frames:
                break
        if start and not number:
            raise empty_part(self.reader.name, self._settings)
        moments.close()  # Its thread reads no more: this one may.
        if number == self._settings.num_frames and not self.reader.is_one_file:
            self.reader.end_at(min(end, wanted.end))
        self.reader.read_late_sound()

    def refuse_existing(self, outputs: Mapping[str, str | None]) -> None:
        """Refuses outputs that the video, a list of files, may read.

        Args:
            outputs: flag -> path of a file to write, or None.

        Raises:
            ValueError: an output exists, and the video is not one file.
        """
        for option, path in outputs.items():
            if self.reader.reads_other_files and path and os.path.exists(path):
                raise ValueError(
                    f"Invalid {option}. Expected a new path: "
                    f"'{self.reader.name}' is a list of files, and this may be "
                    f"one of them. Received: '{path}', which exists. Choose "
                    "another path or remove the file."
                )

    def report_damage(self, number: int) -> None:
        """Prints the damage that a player would hide.

        Args:
            number: number of frames that came.
        """
        reader = self.reader
        if reader.num_damaged:
            print(
                f"Damaged video '{reader.name}': {reader.num_damaged} frames "
                "are incomplete.",
                file=sys.stderr,
            )
        if number < reader.num_frames and self._settings.is_whole:
            print(
                f"Video '{reader.name}' announces {reader.num_frames} frames "
                f"but shows {number}: it may be cut short, or trimmed.",
                file=sys.stderr,
            )

    def close(self) -> None:
        """Ends the threads that read and predict."""
        self._resources.close()


def empty_part(name: str, settings: NetworkSettings) -> VideoError:
    """Returns the error of a part of a video in which no frame begins.

    Args:
        name: of the video.
        settings: with the start and the end of the part.
    """
    return VideoError(
        f"Invalid `start`. Expected a part of '{name}' in which a frame "
        f"begins. Received: start={settings.start}, end={settings.end}, in "
        "seconds."
    )


@contextlib.contextmanager
def predicted_video(
    model: AttentionModel,
    source: str | os.PathLike,
    settings: NetworkSettings,
    *,
    with_sound: bool = False,
) -> Iterator[PredictedVideo]:
    """Opens a video, to read its frames with their densities; a context.

    A signal, such as Ctrl-C, ends a live video in the context, as if it had
    ended there.

        with predicted_video(model, "IN.mp4", NetworkSettings()) as video:
            for frame, density in video:
                ...

    Args:
        model: of `rmdn_tf.load`, or a `Client`.
        source: a file, a stream's address, or the number of a camera.
        settings: how the network runs.
        with_sound: whether `reader` collects sound for a `VideoWriter`.

    Yields:
        The video, at its first frame.

    Raises:
        ValueError: the video is invalid, or has no frame in the wanted part;
            also while iterating.
    """
    require_start(source, settings)
    config = model.config
    end = wanted_end(source, settings)
    part = part_to_see(
        source,
        settings.start,
        end,
        config.frames_per_second,
        settings.clip_stride or config.clip_stride,
    )
    span = Span(part.begin, part.end, settings.start or -math.inf, end)
    with VideoReader(source, with_sound=with_sound, span=span) as reader:
        video = PredictedVideo(model, reader, settings, part.origin)
        with contextlib.closing(video), _ended_by_signals(reader):
            yield video


def wanted_end(source: str | os.PathLike, settings: NetworkSettings) -> float:
    """Finds where the wanted part of a video ends.

    Args:
        source: a file, a stream's address, or the number of a camera.
        settings: with the end and the number of frames.

    Returns:
        Seconds from the first frame; infinity for the end of the video.
    """
    end = math.inf if settings.end is None else settings.end
    if not settings.num_frames:
        return end
    return min(end, end_after(source, settings.start, settings.num_frames))


@contextlib.contextmanager
def _ended_by_signals(reader: VideoReader) -> Iterator[None]:
    """Lets a signal end a live video; others are left alone."""
    if not reader.is_live:
        yield
        return
    received = []

    def stop(number: int, _: object) -> None:
        reader.stop()
        received.append(number)
        if len(received) > 1:  # No frame may come any more.
            raise Stopped(number)

    with handled_by(stop):
        yield


def _total(reader: VideoReader, settings: NetworkSettings) -> int | None:
    """Returns the number of frames to expect; None if unknown."""
    numbers = [settings.num_frames] if settings.num_frames else []
    rate = float(reader.frames_per_second)
    if reader.num_frames:
        left = reader.num_frames - round(settings.start * rate)
        numbers.append(max(1, left))
    if settings.end is not None:
        numbers.append(max(1, round((settings.end - settings.start) * rate)))
    return min(numbers, default=None)


def clips_at_once(clip_stride: int) -> int:
    """Returns how many clips of a file run together."""
    return max(1, min(MAX_CLIPS, MAX_FRAMES // clip_stride))
