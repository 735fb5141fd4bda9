"""A video that arrives frame by frame -> a mixture for every clip.

Pieces of any size give the same mixtures as the whole video. Each frame is
resized only once, although up to 16 clips use it.
"""

import abc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# Limit for frames that are resized together; floats take four times as much.
MAX_BYTES_AT_ONCE = 32 * 2**20


class ClipStream:
    """Computes the mixture of every clip that ends in the frames of a call.

    Takes the next n frames, uint8 `[n, H, W, 3]` RGB or another form that the
    network accepts; returns float32 `[T, C, 6]` for T clips, T may be 0. Clips
    end at frames e, e + s, e + 2s, ... after a reset. The video's first frame
    stands for the frames before it.

    Args:
        network: such as a `KerasNetwork`.
        clip_stride: s, at least 1.
        first_end: e, the last frame of the first clip.
    """

    def __init__(
        self, network: "Network", clip_stride: int, first_end: int = 0
    ):
        if clip_stride < 1:
            raise ValueError(
                "Invalid `clip_stride`. Expected a positive integer. "
                f"Received: clip_stride={clip_stride}."
            )
        self._network = network
        self._stride = clip_stride
        self._first_end = first_end
        self.reset()

    def reset(self) -> None:
        """Starts a new video."""
        self._context: np.ndarray | None = None
        self._state: dict = {}
        self._until_end = self._first_end

    def __call__(self, frames: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        new = self._preprocess(frames)
        if self._context is None:
            self._context = np.repeat(new[:, :1], self._network.context, 1)
            self._state = self._network.initial_state()
        known = np.concatenate([self._context, new], 1)
        first, num_frames = self._until_end, len(frames)
        num_clips = max(0, -(-(num_frames - first) // self._stride))
        self._until_end = first + num_clips * self._stride - num_frames
        self._context = known[:, num_frames:]
        if not num_clips:
            return np.zeros((0, 0, 6), np.float32)
        last = first + (num_clips - 1) * self._stride
        window = known[:, first : last + self._network.context + 1]
        parameters, self._state = self._network.run(
            window, self._stride, self._state
        )
        return np.asarray(parameters)

    def _preprocess(
        self, frames: Sequence[np.ndarray] | np.ndarray
    ) -> np.ndarray:
        """Preprocesses frames in pieces of limited size, `[1, n, ...]`."""
        at_once = max(1, MAX_BYTES_AT_ONCE // frames[0].nbytes)
        pieces = [
            self._network.preprocess(
                np.stack([*frames[begin : begin + at_once]])[None]
            )
            for begin in range(0, len(frames), at_once)
        ]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, 1)


class Network(abc.ABC):
    """A model that takes a state and returns the next one.

    Attributes:
        context: number of frames that a clip uses before its last one.
    """

    context: int

    @abc.abstractmethod
    def preprocess(self, frames: np.ndarray) -> np.ndarray:
        """Prepares frames, uint8 `[1, n, H, W, 3]` -> `[1, n, ...]`."""

    @abc.abstractmethod
    def initial_state(self) -> dict:
        """Returns the state at the start of a video."""

    @abc.abstractmethod
    def run(self, window, clip_stride: int, state: dict) -> tuple:
        """Computes the mixtures of the clips in a window.

        Takes preprocessed frames `[1, context + (T - 1) clip_stride + 1, ...]`;
        returns float32 `[T, C, 6]` and the next state.
        """


class SteppedNetwork(Network):
    """A model that takes a limited number of clips at once; an interface.

    The model's clip stride is built in; at any other stride each clip runs
    alone.

    Args:
        step: (frames `[1, context + (n - 1) clip_stride + 1, ...]`, state) ->
            (parameters `[1, n, C, 6]`, next state).
        clip_stride: built into the model.
    """

    def __init__(self, step: Callable[[Any, dict], tuple], clip_stride: int):
        self._step = step
        self._stride = clip_stride

    @abc.abstractmethod
    def clips_at_once(self, window) -> int:
        """Returns how many clips of frames like these run at once."""

    def run(self, window, clip_stride, state):
        at_once = 1
        if clip_stride == self._stride:
            at_once = max(1, self.clips_at_once(window))
        parameters = []
        ends = range(self.context, window.shape[1], clip_stride)
        for first in range(0, len(ends), at_once):
            some = ends[first : first + at_once]
            piece = window[:, some[0] - self.context : some[-1] + 1]
            one, state = self._step(piece, state)
            # Slices of a tensor would leak a kilobyte each (TensorFlow 2.16).
            parameters.append(np.asarray(one)[0])
        return np.concatenate(parameters), state
