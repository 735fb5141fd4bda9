"""Keeps the densities of a video: for replays, and packed for the browser."""

import array
import itertools
import pathlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from rmdn_tf.applications.view import wire
from rmdn_tf.applications.view.merging import merged
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.moments import NUM_PARAMETERS, parameters_from_moments
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.density_stream import Moment
from rmdn_tf.prediction.recording import Replay

# Most bytes of an answer, unless one record is longer.
MAX_ANSWER = 2**20

# Components are filled up to a multiple of this number.
_AT_ONCE = 256

# Logit of a component without weight.
_NO_WEIGHT = -1e4

# Stands for the pixels of a frame that a replay does not look at.
_NO_PIXELS = np.zeros((1, 1, 3), np.uint8)


class FrameTime(NamedTuple):
    """When a frame is shown.

    Attributes:
        time: seconds from the first frame.
        duration: seconds.
        begins_shot: whether it begins another shot.
        begins_anew: whether it begins another recording, as `Moment` has it.
    """

    time: float
    duration: float
    begins_shot: bool
    begins_anew: bool


class Recording:
    """The density of every clip of a video, in files; read while it grows.

    In memory a clip and a frame take two numbers each.

    Args:
        folder: holds the files; must exist.
        config: settings of the model.

    Attributes:
        times: when each clip ends, in seconds from the first frame.
        is_complete: whether no clip follows.
    """

    def __init__(self, folder: pathlib.Path, config: ModelConfig):
        self._config = config
        self._parameters = open(folder / "parameters", "wb")
        self._records = open(folder / "records", "w+b", buffering=0)
        self._lock = threading.Lock()
        self._ends = [0]  # Where records end in their file.
        self._num_components = 0
        self._frame_times = array.array("d")
        self._durations = array.array("d")
        # Numbers of frames that begin a shot, and that begin a recording.
        self._shots: set[int] = set()
        self._restarts: set[int] = set()
        self.times = array.array("d")
        self.is_complete = False

    def __len__(self) -> int:
        return len(self.times)

    @property
    def num_frames(self) -> int:
        """Number of frames so far."""
        return len(self._frame_times)

    def add_frame(self, frame: FrameTime) -> None:
        """Adds the time of the next frame."""
        if frame.begins_shot:
            self._shots.add(self.num_frames)
        if frame.begins_anew:
            self._restarts.add(self.num_frames)
        self._frame_times.append(frame.time)
        self._durations.append(frame.duration)

    def add(self, time: float, density: Density, is_after_cut: bool) -> int:
        """Adds the density of the next clip.

        Args:
            time: when the clip ends, in seconds from the first frame.
            density: of the network.
            is_after_cut: whether a cut lies between the clip before and this.

        Returns:
            How many bytes it takes on disk.
        """
        record = packed(time, density, is_after_cut)
        parameters = density.parameters.astype(np.float32).tobytes()
        self._parameters.write(parameters)
        self._num_components = len(density.parameters)
        with self._lock:
            self._records.seek(self._ends[-1])
            self._records.write(record)
            self._ends.append(self._ends[-1] + len(record))
            self.times.append(time)
        return len(record) + len(parameters)

    def complete(self) -> None:
        """Ends the recording: no further clip follows."""
        self._parameters.flush()
        self.is_complete = True

    def answer(self, first: int) -> bytes:
        """Returns records for the browser, as `api.md` describes.

        Args:
            first: number of the first record.
        """
        # Complete first: no record may come between the two.
        is_complete = self.is_complete
        with self._lock:
            ends = self._ends[first:]
            if not ends:
                return wire.join([], first, is_complete)
            fits = [end for end in ends if end - ends[0] <= MAX_ANSWER]
            number = max(len(fits), min(2, len(ends)))
            chosen = ends[:number]
            self._records.seek(chosen[0])
            content = self._records.read(chosen[-1] - chosen[0])
        records = [
            content[begin - chosen[0] : end - chosen[0]]
            for begin, end in itertools.pairwise(chosen)
        ]
        is_last = is_complete and number == len(ends)
        return wire.join(records, first, is_last)

    def replay(
        self, watch: Callable[[int, int], None] = lambda *_: None
    ) -> AttentionModel:
        """Makes a model that gives the recorded mixtures again, once.

        The recording must be complete.

        Args:
            watch: called with the number of clips so far, and in all.
        """
        shape = (len(self), self._num_components, NUM_PARAMETERS)
        path = self._parameters.name
        parameters = np.memmap(path, np.float32, "r", shape=shape)
        return AttentionModel(_Watched(parameters, watch), self._config)

    def densities(self) -> Iterator[tuple[FrameTime, Density]]:
        """Yields the time of each frame with its density, without its pixels.

        These are the densities of a `predicted_video` of the same model. The
        recording must be complete.
        """
        frames = (
            FrameTime(
                time, duration, number in self._shots, number in self._restarts
            )
            for number, (time, duration) in enumerate(
                zip(self._frame_times, self._durations, strict=True)
            )
        )
        moments = (
            Moment(
                *(frame, _NO_PIXELS, frame.time, frame.duration),
                frame.begins_anew,
            )
            for frame in frames
        )
        return self.replay().densities(interpolate=True)(moments)

    def close(self) -> None:
        """Closes the files; their folder may be removed."""
        self._parameters.close()
        self._records.close()


def packed(time: float, density: Density, is_after_cut: bool) -> bytes:
    """Returns the record of a density, see `wire.Record`."""
    moments = merged(density.moments())
    parameters = parameters_from_moments(np.stack(moments, -1))
    # Several times as fast as `density.entropy`; always of the same size, since
    # TensorFlow prepares for each.
    filling = np.zeros((-len(parameters) % _AT_ONCE, NUM_PARAMETERS))
    filling[:, 0] = _NO_WEIGHT
    fewer = Density(np.concatenate([parameters, filling]).astype(np.float32))
    entropy = fewer.entropy()
    return wire.pack(wire.Record(time, entropy, is_after_cut, moments))


class _Watched(Replay):
    """A replay that tells how far it is."""

    def __init__(
        self, parameters: np.ndarray, watch: Callable[[int, int], None]
    ):
        super().__init__(parameters)
        self._watch, self._number = watch, len(parameters)

    def run(self, window: Any, clip_stride: int, state: dict) -> tuple:
        self._watch(self._next, self._number)
        return super().run(window, clip_stride, state)
