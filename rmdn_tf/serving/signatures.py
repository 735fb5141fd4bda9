"""A trained model behind the signatures of a SavedModel.

| signature | in | out |
|---|---|---|
| `serving_default` | `frames` uint8 [B, L, H, W, 3], `map_size` int32 [B, 2] | `parameters` and `moments` [B, T, C, 6], `densities` [B, T, h, w]; `actions` [B, T, A] |
| `step` | `frames` [B, 15 + n, H, W, 3], `map_size`, the state | the same, and the next state |
| `step_jpeg` | `jpegs` string [B, 15 + n], `map_size`, the state | as `step` |
| `initial_state` | `rows` int32 [B] | the state before a video, and `rows` |
| `metadata` | `rows` int32 [B] | `metadata` string [B], JSON |

`serving_default` takes whole windows from the start of a video, without a
state. `step` takes n new frames after 15 frames of context: the last 15 frames
of the step before, or the first frame of the video 15 times. The server keeps
nothing: a client sends back the state that the last step returned. The state is
`hidden` and `cell` of an LSTM, `hidden` of a plain RNN or a GRU, `hidden` and
`weight` of a leaky mean, and empty without recurrence.

A network with actions also returns `actions`: at each time, the probability of
each class from the frames so far. `metadata` names the classes under `model`.
The state has further parts, see `rmdn_tf.model.joint`.

`parameters` and `moments` describe the same mixture, see
`rmdn_tf.model.moments`: `parameters` as the network computes it, `moments` in
plain numbers.

`map_size` is the (height, width) of `densities`, the same in each row. Each map
sums to 1. 0, 0 asks for no map.

Every input and output has the batch as its first axis, even `map_size` and
`rows`: a server that batches requests joins and splits them there. Only the
number of `rows` matters, not their values.
"""  # noqa: E501  The table.

import functools

import keras
import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH, CONTEXT
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.moments import moments
from rmdn_tf.model.parts import build_head, initial_state, recurrence
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.model.saliency_maps import saliency_map_in_blocks
from rmdn_tf.serving.clip_features import ClipFeatures
from rmdn_tf.serving.jpegs import check_jpegs, decode_jpegs
from rmdn_tf.serving.request_checks import (
    SizeChecks,
    after,
    check_new_rows,
    check_outputs,
    check_state,
)

ROWS = tf.TensorSpec([None], tf.int32, "rows")


class ServedModel(tf.Module):
    """The model behind its signatures."""

    def __init__(
        self, model: keras.Model, config: ModelConfig, limits: RequestLimits
    ):
        super().__init__()
        # Tracks TensorFlow's variables, and hides the model from the saver:
        # Keras' variables would be saved as copies that the signatures do not
        # read. Seeds of dropout are left out: each process draws its own.
        self.weights = [variable.value for variable in model.weights]
        self._features = ClipFeatures(model)
        self._run = functools.partial(build_head(model), training=False)
        self._initial_state = functools.partial(initial_state, model)
        self._state_shapes = state_shapes(model)
        self._state_limits = recurrence(model).state_limits
        num_components = model.output["parameters"].shape[2]
        self._sizes = SizeChecks(limits, config.clip_stride, num_components)
        self._stride = config.clip_stride
        # One function, so that three signatures share one network. The partial
        # hides it from the saver, which would trace it again.
        self._outputs = functools.partial(
            tf.function(self._run_clips, jit_compile=False, autograph=False)
        )

    def signatures(self) -> dict[str, tf.types.experimental.ConcreteFunction]:
        """Traces all functions but `metadata`, for `tf.saved_model.save`."""
        frames = tf.TensorSpec([None, None, None, None, 3], tf.uint8, "frames")
        jpegs = tf.TensorSpec([None, None], tf.string, "jpegs")
        map_size = tf.TensorSpec([None, 2], tf.int32, "map_size")
        state = {
            name: tf.TensorSpec([None, *shape], tf.float32, name)
            for name, shape in self._state_shapes.items()
        }
        specs = {
            "serving_default": {"frames": frames, "map_size": map_size},
            "step": {"frames": frames, "map_size": map_size, **state},
            "step_jpeg": {"jpegs": jpegs, "map_size": map_size, **state},
            "initial_state": {"rows": ROWS},
        }
        return {
            name: getattr(self, name).get_concrete_function(**inputs)
            for name, inputs in specs.items()
        }

    @tf.function(jit_compile=False, autograph=False)
    def serving_default(self, frames, map_size):
        """Runs whole windows."""
        frames = self._sizes.check_frames(frames, 1)
        state = self._initial_state(tf.shape(frames)[0])
        outputs = self._outputs(frames, tf.constant(0), state, map_size)
        return {key: outputs[key] for key in outputs if key not in state}

    @tf.function(jit_compile=False, autograph=False)
    def step(self, frames, map_size, **state):
        """Runs new frames after 15 of context, from the state before them."""
        frames = self._sizes.check_frames(frames, CLIP_LENGTH)
        return self._step(self._used(frames), map_size, state)

    @tf.function(jit_compile=False, autograph=False)
    def step_jpeg(self, jpegs, map_size, **state):
        """Runs `step` on JPEGs."""
        jpegs = check_jpegs(jpegs, self._sizes)
        frames = decode_jpegs(self._used(jpegs))
        return self._step(frames, map_size, state)

    def _used(self, frames):
        """Leaves out frames of context that the network does not use."""
        return frames[:, CONTEXT - self._features.context :]

    def _step(self, frames, map_size, state):
        """Runs clips, beginning with the first that has all of its context."""
        state = check_state(
            state, self._state_shapes, self._state_limits, tf.shape(frames)[0]
        )
        first_end = tf.constant(self._features.context)
        return self._outputs(frames, first_end, state, map_size)

    @tf.function(jit_compile=False, autograph=False)
    def initial_state(self, rows):
        """Returns the state before a video, once for each of `rows`."""
        number = check_new_rows(rows)
        return {**self._initial_state(number), "rows": tf.identity(rows)}

    def _run_clips(self, frames, first_end, state, map_size):
        """Runs clips that end at `first_end` and every s frames after it."""
        shape = tf.shape(frames)
        ends = tf.range(first_end, shape[1], self._stride)
        map_size = self._sizes.check_map_size(map_size, shape[0], tf.size(ends))
        frames = after([map_size], frames)
        features = self._features(frames, ends)
        outputs = self._run(
            {
                "features": features,
                # At the start of a video, `state` is already the initial one.
                "is_first": tf.fill(shape[:1], False),
                "clip_mask": tf.fill(tf.shape(features)[:2], True),
                **state,
            }
        )
        outputs = check_outputs(outputs)
        densities = _densities(outputs["parameters"], map_size)
        return {
            **outputs,
            "moments": tf.stack(moments(outputs["parameters"]), -1),
            "densities": densities,
        }


def metadata_signature(
    metadata: str,
) -> tf.types.experimental.ConcreteFunction:
    """Returns the signature `metadata`, which answers with a text."""

    def answer(rows):
        return {"metadata": tf.fill([check_new_rows(rows)], metadata)}

    function = tf.function(answer, jit_compile=False, autograph=False)
    return function.get_concrete_function(rows=ROWS)


def state_shapes(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each part of the state, without the batch."""
    return {
        name: tuple(part.shape[1:])
        for name, part in initial_state(model, 1).items()
    }


def _densities(parameters, size):
    """Draws maps `[B, T, h, w]` one by one, with the memory of one."""
    shape = tf.shape(parameters)
    shape = tf.concat([shape[:2], size], 0)

    def maps():
        flat = tf.reshape(parameters, [-1, *parameters.shape[2:]])
        drawn = tf.map_fn(
            lambda one: saliency_map_in_blocks(one, size[0], size[1]),
            flat,
            parallel_iterations=1,
        )
        return tf.reshape(drawn, shape)

    return tf.cond(size[0] > 0, maps, lambda: tf.zeros(shape))
