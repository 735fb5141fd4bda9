"""A Keras model, as a stream of clips runs it."""

from collections.abc import Callable

import keras
import tensorflow as tf

from rmdn_tf.model.clip_stream import Network
from rmdn_tf.model.parts import build_encoder, build_head, initial_state
from rmdn_tf.model.processor import has_avx512, warn_without_bfloat16


class KerasNetwork(Network):
    """A model of `build_rmdn`, for a `ClipStream`.

    Args:
        model: of `build_rmdn`.
        bfloat16: whether the network that encodes clips computes in bfloat16,
            with a copy of its weights.
    """

    def __init__(self, model: keras.Model, bfloat16: bool = False):
        self.context = model.get_layer("clips").context
        self._model = model
        self._bfloat16 = bfloat16
        if bfloat16:
            warn_without_bfloat16()
        self._head = build_head(model)
        self._preprocessing = model.get_layer("preprocessing")
        self._preprocess = _PerSize(self._preprocessing.__call__)
        self._runs: dict[int, Callable] = {}

    def preprocess(self, frames):
        return self._preprocess(frames).numpy()

    def initial_state(self):
        return initial_state(self._head, 1)

    def run(self, window, clip_stride, state):
        if clip_stride not in self._runs:
            self._runs[clip_stride] = self._make_run(clip_stride)
        outputs = self._runs[clip_stride](window, state)
        # Slices of a tensor would leak a kilobyte each (TensorFlow 2.16).
        parameters = outputs["parameters"].numpy()[0]
        return parameters, {key: outputs[key] for key in state}

    def _make_run(self, clip_stride: int) -> Callable:
        encoder = build_encoder(
            self._model,
            clip_stride,
            preprocessed=True,
            doubles=not has_avx512(),
            bfloat16=self._bfloat16,
        )

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


class _PerSize:
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


def _compiled(function: Callable, *signature) -> Callable:
    # XLA makes convolutions on a CPU several times slower. AutoGraph would
    # take a third of the tracing time and has nothing to convert.
    return tf.function(function, signature, jit_compile=False, autograph=False)
