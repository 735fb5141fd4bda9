"""The frames of a video with their densities, for everything that uses them.

Reading, the network and the consumer work side by side, in bounded memory.
"""

import contextlib
import itertools
import os
from collections.abc import Iterator

import av

from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.density_stream import MAX_WAITING_BYTES
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.decoding import num_bytes
from rmdn_tf.video.read_ahead import read_ahead
from rmdn_tf.video.reader import VideoReader

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
    ):
        self.reader = reader
        self.interpolates = not (settings.hold or reader.is_live)
        numbers = filter(None, (reader.num_frames, settings.num_frames))
        self.total: int | None = min(numbers, default=None)
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
        wanted = itertools.islice(
            self._model.moments(self.reader), settings.num_frames
        )
        moments = read_ahead(
            wanted,
            AHEAD,
            AHEAD_BYTES,
            lambda moment: num_bytes(moment.frame, moment.pixels),
        )
        self._resources.enter_context(contextlib.closing(moments))
        streamed = read_ahead(
            densities(moments),
            AHEAD,
            AHEAD_BYTES,
            lambda streamed: num_bytes(streamed[0]),
        )
        return self._resources.enter_context(contextlib.closing(streamed))

    def close(self) -> None:
        """Ends the threads that read and predict."""
        self._resources.close()


@contextlib.contextmanager
def predicted_video(
    model: AttentionModel,
    source: str | os.PathLike,
    settings: NetworkSettings,
    *,
    with_sound: bool = False,
) -> Iterator[PredictedVideo]:
    """Opens a video, to read its frames with their densities; a context.

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
        ValueError: the video is invalid; also while iterating.
    """
    with (
        VideoReader(source, with_sound=with_sound) as reader,
        contextlib.closing(PredictedVideo(model, reader, settings)) as video,
    ):
        yield video


def clips_at_once(clip_stride: int) -> int:
    """Returns how many clips of a file run together."""
    return max(1, min(MAX_CLIPS, MAX_FRAMES // clip_stride))
