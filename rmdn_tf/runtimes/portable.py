"""The network as one function that every runtime takes.

Frames come at the network's size, so no runtime resizes. Inputs and outputs
share no name, and nothing is checked: a runtime has no way to say what is
wrong.

| in | |
|---|---|
| `frames` | float32 `[1, m + (T - 1) s + 1, h, w, 3]`, RGB of 0 to 255 |
| `NAME_in` | float32, a part of the state, such as `hidden_in` |

| out | |
|---|---|
| `parameters` | float32 `[1, T, C, 6]`, of `rmdn_tf.model.mixture` |
| `actions` | float32 `[1, T, A]`, only of a network with actions |
| `NAME_out` | the next state, such as `hidden_out` |

m is the network's own context, in frames: 15 for C3D, and the largest lag of an
encoder of single frames. s is the stride of the model's clips.
"""

import functools

import keras
import tensorflow as tf

from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.parts import build_encoder, build_head, initial_state
from rmdn_tf.runtimes.formats import ACTIONS, FRAMES, IN, OUT, PARAMETERS


class PortableNetwork(tf.Module):
    """A model of `build_rmdn` behind one function, `run`.

    Args:
        model: the model, in float32.
        config: its settings.
        num_clips: T; None for any number, which needs a loop in the runtime.
        flat: whether to avoid operations on volumes; see
            `rmdn_tf.encoders.c3d_flat`.

    Attributes:
        num_frames: of `frames`; None for any number.
    """

    def __init__(
        self,
        model: keras.Model,
        config: ModelConfig,
        num_clips: int | None = 1,
        flat: bool = False,
    ):
        super().__init__()
        # Keras' own variables would be saved twice; see `ServedModel`.
        self.weights = [variable.value for variable in model.weights]
        self._num_clips = num_clips
        # Partials hide the models from the saver, which would trace them.
        encoder = build_encoder(
            model, config.clip_stride, True, doubles=False, flat=flat
        )
        self._encode = functools.partial(encoder, training=False)
        self._head = functools.partial(build_head(model), training=False)
        self._scale_pixels = functools.partial(
            model.get_layer("preprocessing").scale_pixels
        )
        context = model.get_layer("clips").context
        self.num_frames = None
        if num_clips is not None:
            self.num_frames = context + (num_clips - 1) * config.clip_stride + 1
        self._size = config.input_size
        self._state = {
            name: tuple(part.shape)
            for name, part in initial_state(model, 1).items()
        }

    def concrete_function(self) -> tf.types.experimental.ConcreteFunction:
        """Traces `run` for frames and state of this network."""
        frames = [1, self.num_frames, *self._size, 3]
        state = {
            name + IN: tf.TensorSpec(shape, tf.float32, name + IN)
            for name, shape in self._state.items()
        }
        return self.run.get_concrete_function(
            frames=tf.TensorSpec(frames, tf.float32, FRAMES), **state
        )

    @tf.function(jit_compile=False, autograph=False)
    def run(self, frames, **state):
        """Runs the clips in `frames`; see above."""
        pixels = self._scale_pixels(tf.squeeze(frames, 0))
        features = self._encode(tf.expand_dims(pixels, 0))
        state = {name: state[name + IN] for name in self._state}
        if self._num_clips is None:
            outputs = self._advance(features, state)
        else:
            outputs = self._advance_one_by_one(features, state)
        return {
            name + OUT if name in self._state else name: one
            for name, one in outputs.items()
        }

    def _advance(self, features, state):
        inputs = {
            "features": features,
            "is_first": tf.constant([False]),
            "clip_mask": tf.fill(tf.shape(features)[:2], True),
        }
        return self._head(inputs | state)

    def _advance_one_by_one(self, features, state):
        """Advances without a loop."""
        every: dict[str, list] = {PARAMETERS: [], ACTIONS: []}
        for clip in range(self._num_clips or 0):
            one = tf.reshape(features[:, clip], [1, 1, features.shape[-1]])
            outputs = self._advance(one, state)
            state = {name: outputs[name] for name in state}
            for name in every.keys() & outputs.keys():
                every[name].append(outputs[name])
        joined = {n: tf.concat(parts, 1) for n, parts in every.items() if parts}
        return joined | state
