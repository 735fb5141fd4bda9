"""A video that arrives frame by frame -> a mixture for every clip.

The state is carried on: pieces of any size give the same as the whole video.
Every frame is resized once, though up to 16 clips use it.
"""

import abc
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.encoders.preprocessing import resize_frames
from rmdn_tf.model.parts import build_encoder, build_head, initial_state
from rmdn_tf.model.request_limits import RequestLimits

MAX_BYTES_AT_ONCE = 32 * 2**20
"""Bytes of frames that are resized together; as floats they take four times
that."""


class ClipStream:
    """Gives the mixture of every clip that ends in the frames passed to it.

    Clips end at the frames e, e + s, e + 2s, ... since the last reset. A clip
    that begins before the video repeats its first frame, see
    `rmdn_tf.data.windows`.

    Args:
        network: the `Network`.
        clip_stride: s, a positive integer.
        first_end: e, the frame that the first clip ends at.

    Call arguments:
        frames: uint8 `[n, H, W, 3]`, RGB, the next n frames; or another form
            of them that the network takes.

    Output shape:
        float32 `[T, C, 6]` for the T clips that end in them; T may be 0.
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
        """Forgets what came before: the next frame is a video's first."""
        self._context = self._state = None
        self._until_end = self._first_end

    def __call__(self, frames: Sequence[np.ndarray]) -> np.ndarray:
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

    def _preprocess(self, frames: Sequence[np.ndarray]) -> tf.Tensor:
        """Preprocesses frames, `[1, n, ...]`, a few at a time if large."""
        at_once = max(1, MAX_BYTES_AT_ONCE // frames[0].nbytes)
        pieces = [
            self._network.preprocess(
                tf.constant(np.stack(frames[begin : begin + at_once]))[None]
            )
            for begin in range(0, len(frames), at_once)
        ]
        return pieces[0] if len(pieces) == 1 else tf.concat(pieces, 1)


class Network(abc.ABC):
    """A model whose state goes in and comes out.

    Attributes:
        context: frames before a clip's last one that are used.
    """

    context: int

    @abc.abstractmethod
    def preprocess(self, frames: tf.Tensor) -> tf.Tensor:
        """Prepares frames, uint8 `[1, n, H, W, 3]` -> `[1, n, ...]`."""

    @abc.abstractmethod
    def initial_state(self) -> dict:
        """Returns the state before a video."""

    @abc.abstractmethod
    def run(self, window, clip_stride: int, state: dict) -> tuple:
        """Runs the clips of a window, one every `clip_stride` frames.

        Args:
            window: `[1, context + (T - 1) clip_stride + 1]`, preprocessed.
            clip_stride: s.
            state: after the clip before.

        Returns:
            float32 `[T, C, 6]`, and the next state.
        """


class KerasNetwork(Network):
    """A model of `rmdn_tf.model.rmdn`.

    Args:
        model: of `build_rmdn`.
    """

    def __init__(self, model: keras.Model):
        self.context = model.get_layer("clips").context
        self._model = model
        self._head = build_head(model)
        self._preprocessing = model.get_layer("preprocessing")
        self._preprocess: dict[tuple[int, int], Callable] = {}
        self._runs: dict[int, Callable] = {}

    def preprocess(self, frames):
        # One for each size: nothing is resized where it is the network's.
        size = tuple(frames.shape[2:4])
        if size not in self._preprocess:
            spec = tf.TensorSpec([1, None, *size, 3], tf.uint8)
            self._preprocess[size] = _compiled(
                self._preprocessing.__call__, spec
            )
        return self._preprocess[size](frames)

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
    # take a third of the time of tracing, and has nothing to turn.
    return tf.function(function, signature, jit_compile=False, autograph=False)


class ServedNetwork(Network):
    """A model behind a signature `step`, here or on a server.

    A window is sent in pieces within the limits of a request, with the state
    carried on. The model's own clip stride is built in: with another one it
    runs clip by clip. If a single clip exceeds the limits, frames are resized
    to the network's input and sent as 8 bits.

    Args:
        step: (frames `[1, 16 + (n - 1) s]`, state) -> (parameters
            `[1, n, C, 6]`, the next state).
        initial_state: makes the state before a video.
        clip_stride: s, that of the model.
        input_size: (h, w), that of the network.
        limits: of a request.
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
        self._step = step
        self._initial_state = initial_state
        self._stride = clip_stride
        self._input_size = input_size
        self._limits = limits

    def preprocess(self, frames):
        if self._limits.clips_at_once(frames.shape[2:4], 1):
            return frames
        resized = resize_frames(frames[0], self._input_size)
        return tf.cast(tf.round(resized), tf.uint8)[None]

    def initial_state(self):
        return self._initial_state()

    def run(self, window, clip_stride, state):
        at_once = 1
        if clip_stride == self._stride:
            size = _size_of(window)
            at_once = max(1, self._limits.clips_at_once(size, clip_stride))
        parameters = []
        ends = range(CONTEXT, window.shape[1], clip_stride)
        for first in range(0, len(ends), at_once):
            some = ends[first : first + at_once]
            piece = window[:, some[0] - CONTEXT : some[-1] + 1]
            one, state = self._step(piece, state)
            parameters.append(one[0])
        return np.concatenate(parameters), state


def _size_of(window: tf.Tensor) -> Sequence[int]:
    """(height, width) of frames `[1, L, H, W, 3]`, or of JPEGs `[1, L]`."""
    if window.dtype == tf.string:
        return tf.io.extract_jpeg_shape(window[0, 0]).numpy()[:2]
    return window.shape[2:4]
