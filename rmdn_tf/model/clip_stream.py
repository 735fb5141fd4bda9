"""A video that arrives frame by frame -> a mixture for every clip.

Pieces of any size give the same mixtures as the whole video. Each frame is
resized only once, although up to 16 clips use it.
"""

import abc
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.parts import build_encoder, build_head, initial_state
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.video.resizing import resize_pixels

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
        self._context: tf.Tensor | None = None
        self._state: dict = {}
        self._until_end = self._first_end

    def __call__(self, frames: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        new = self._preprocess(frames)
        if self._context is None:
            self._context = tf.repeat(new[:, :1], self._network.context, 1)
            self._state = self._network.initial_state()
        known = tf.concat([self._context, new], 1)
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
    ) -> tf.Tensor:
        """Preprocesses frames in pieces of limited size, `[1, n, ...]`."""
        at_once = max(1, MAX_BYTES_AT_ONCE // frames[0].nbytes)
        pieces = [
            self._network.preprocess(
                tf.constant(np.stack([*frames[begin : begin + at_once]]))[None]
            )
            for begin in range(0, len(frames), at_once)
        ]
        return pieces[0] if len(pieces) == 1 else tf.concat(pieces, 1)


class Network(abc.ABC):
    """A model that takes a state and returns the next one.

    Attributes:
        context: number of frames that a clip uses before its last one.
    """

    context: int

    @abc.abstractmethod
    def preprocess(self, frames: tf.Tensor) -> tf.Tensor:
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


class KerasNetwork(Network):
    """A model of `build_rmdn`, for a `ClipStream`.

    Args:
        model: of `build_rmdn`.
    """

    def __init__(self, model: keras.Model):
        self.context = model.get_layer("clips").context
        self._model = model
        self._head = build_head(model)
        self._preprocessing = model.get_layer("preprocessing")
        self._preprocess = PerSize(self._preprocessing.__call__)
        self._runs: dict[int, Callable] = {}

    def preprocess(self, frames):
        return self._preprocess(frames)

    def initial_state(self):
        return initial_state(self._head, 1)

    def run(self, window, clip_stride, state):
        if clip_stride not in self._runs:
            self._runs[clip_stride] = self._make_run(clip_stride)
        outputs = self._runs[clip_stride](window, state)
        return outputs["parameters"][0], {key: outputs[key] for key in state}

    def _make_run(self, clip_stride: int) -> Callable:
        encoder = build_encoder(self._model, clip_stride, preprocessed=True)

        def run(window, state):
            features = encoder(window, training=False)
            inputs = {
                "features": features,
                "is_first": tf.constant([False]),
                "clip_mask": tf.fill(tf.shape(features)[:2], True),
            }
            return self._head(inputs | state, training=False)

        output = self._preprocessing.output
        window = tf.TensorSpec([1, None, *output.shape[2:]], output.dtype)
        state = {
            name: tf.TensorSpec(rows.shape, rows.dtype)
            for name, rows in self.initial_state().items()
        }
        return _compiled(run, window, state)


def _compiled(function: Callable, *signature) -> Callable:
    # XLA makes convolutions on a CPU several times slower. AutoGraph would
    # take a third of the tracing time and has nothing to convert.
    return tf.function(function, signature, jit_compile=False, autograph=False)


class PerSize:
    """Compiles a function of frames for each of their sizes.

    So frames of the network's own size are not resized.

    Args:
        function: takes frames, uint8 `[1, n, H, W, 3]`.
    """

    def __init__(self, function: Callable[[tf.Tensor], tf.Tensor]):
        self._function = function
        self._compiled: dict[tuple[int, int], Callable] = {}

    def __call__(self, frames: tf.Tensor) -> tf.Tensor:
        size = tuple(frames.shape[2:4])
        if size not in self._compiled:
            spec = tf.TensorSpec([1, None, *size, 3], tf.uint8)
            self._compiled[size] = _compiled(self._function, spec)
        return self._compiled[size](frames)


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
            parameters.append(one[0])
        return np.concatenate(parameters), state


class ServedNetwork(SteppedNetwork):
    """A model behind the signature `step`, in this process or on a server.

    Windows are split into requests within the limits. Frames too large for a
    request are resized to the network's input.

    Args:
        step: see `SteppedNetwork`; the context is 15 frames.
        initial_state: returns the state at the start of a video.
        clip_stride: built into the model.
        input_size: (h, w) of the network.
    """

    context = CONTEXT

    def __init__(
        self,
        step: Callable[[tf.Tensor, dict], tuple],
        initial_state: Callable[[], dict],
        clip_stride: int,
        input_size: tuple[int, int],
        limits: RequestLimits,
    ):
        super().__init__(step, clip_stride)
        self._initial_state = initial_state
        self._input_size = input_size
        self._limits = limits

    def preprocess(self, frames):
        if self._limits.clips_at_once(frames.shape[2:4], 1):
            return frames
        return resize_pixels(frames[0], self._input_size)[None]

    def initial_state(self):
        return self._initial_state()

    def clips_at_once(self, window):
        return self._limits.clips_at_once(_size_of(window), self._stride)


def _size_of(window: tf.Tensor) -> Sequence[int]:
    """Returns (height, width) of frames `[1, L, H, W, 3]` or JPEGs `[1, L]`."""
    if window.dtype == tf.string:
        return tf.io.extract_jpeg_shape(window[0, 0]).numpy()[:2]
    return window.shape[2:4]
