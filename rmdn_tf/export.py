"""A trained model -> `saved_models/<name>/<version>/`, a SavedModel.

Two signatures, as TensorFlow Serving loads them:

- `serving_default`: whole windows in, each from its video's first frame or
  from anywhere with nothing before it; stateless.
- `step`: the next frames and the state in; the state out. Frames begin with 15
  frames of context: the last 15 of the step before, or the first frame 15
  times where a video begins, with a state of zeros. The state is `hidden` and
  `cell` of an LSTM, `hidden` of a plain RNN, and nothing without recurrence.
"""

import functools
import os
import pathlib
import shutil
import tempfile

import keras
import tensorflow as tf

from rmdn_tf.model import ModelConfig, initial_state, pad_context
from rmdn_tf.saliency_maps import saliency_map
from rmdn_tf.windows import CLIP_LENGTH


class ServedModel(tf.Module):
    """The model behind its signatures.

    Densities come on a grid of fixed size and sum to 1 over the pixels;
    `parameters` give the density at any other resolution.

    Args:
        model: of `rmdn_tf.model.build_rmdn`.
        config: its configuration.
        map_size: (height, width) of the densities.
    """

    def __init__(
        self,
        model: keras.Model,
        config: ModelConfig,
        map_size: tuple[int, int],
    ):
        super().__init__()
        # Keras' variables are saved as copies that the signatures do not read:
        # a server would restore the copies and find no weights. So TensorFlow's
        # own are tracked, and the model is hidden from the saver.
        self.weights = [variable.value for variable in model.variables]
        self._run = functools.partial(model, training=False)
        self._initial_state = functools.partial(initial_state, model)
        self._config = config
        self._map_size = map_size

    def _outputs(self, frames, state, is_first):
        """Runs clips that end at frame 16, 16 + s, ... of `frames`."""
        stride = self._config.clip_stride
        shape = tf.shape(frames)
        num_clips = (shape[1] - CLIP_LENGTH) // stride + 1
        outputs = self._run(
            {
                "frames": frames,
                "is_first": tf.fill(shape[:1], is_first),
                "clip_mask": tf.fill([shape[0], num_clips], True),
                **state,
            }
        )
        outputs["densities"] = saliency_map(
            outputs["parameters"], *self._map_size
        )
        return outputs

    @tf.function(jit_compile=False)
    def serving_default(self, frames):
        """`[B, L, H, W, 3]` -> densities `[B, T, h, w]` and parameters."""
        state = self._initial_state(tf.shape(frames)[0])
        outputs = self._outputs(pad_context(frames), state, True)
        return {key: outputs[key] for key in ("densities", "parameters")}

    @tf.function(jit_compile=False)
    def step(self, frames, **state):
        """15 frames of context and the next ones, with the state before."""
        return self._outputs(frames, state, False)


def export(
    model: keras.Model,
    config: ModelConfig,
    directory: str | os.PathLike,
    map_size: tuple[int, int] = (128, 171),
) -> pathlib.Path:
    """Writes the next version of a SavedModel, whole or not at all.

    Args:
        model: of `rmdn_tf.model.build_rmdn`.
        config: its configuration.
        directory: `saved_models/<name>`; made if absent.
        map_size: (height, width) of the densities served.

    Returns:
        `<directory>/<version>`, one above the highest version there.

    Raises:
        OSError: the directory cannot be written.
    """
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    versions = [int(p.name) for p in directory.iterdir() if p.name.isdigit()]
    target = directory / str(max(versions, default=0) + 1)
    served = ServedModel(model, config, map_size)
    frames = tf.TensorSpec([None, None, None, None, 3], tf.uint8, "frames")
    state = {
        key: tf.TensorSpec([None, *rows.shape[1:]], tf.float32, key)
        for key, rows in initial_state(model, 1).items()
    }
    signatures = {
        "serving_default": served.serving_default.get_concrete_function(
            frames=frames
        ),
        "step": served.step.get_concrete_function(frames=frames, **state),
    }
    # A server watches for numbers: write under another name, then rename.
    partial = tempfile.mkdtemp(prefix="partial-", dir=directory)
    try:
        tf.saved_model.save(served, partial, signatures)
        os.chmod(partial, 0o755)
        os.rename(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return target
