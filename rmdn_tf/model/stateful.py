"""A model and windows in time order -> mixtures for every clip."""

from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.encoders.frame_features import LastFrames
from rmdn_tf.model.parts import initial_state, model_inputs

# Pixels of the frames that a network of single frames takes at once: bounds its
# memory. C3D is faster on whole windows, since clips share frames.
PIXELS_AT_ONCE = 2**22


class StatefulNetwork:
    """Runs a model over batches in time order and carries the state over.

    Takes batches of `rmdn_tf.data.input_pipeline.ordered_windows`, returns
    float32 `[B, T, C, 6]`. Row r of a batch continues row r of the previous
    batch; a row flagged `is_first` starts from zero. A batch may have fewer
    rows than the one before, whose last rows have then ended; or more, if all
    are flagged.

    Args:
        model: of `build_rmdn`, or of `build_head` for batches of features.
        clip_stride: s, of the model.
    """

    def __init__(self, model: keras.Model, clip_stride: int):
        self._model = model
        self._clip_stride = clip_stride
        self._cut = TimeCuts(model, clip_stride)
        self.reset()
        # XLA makes convolutions on a CPU several times slower.
        self._run = tf.function(
            lambda inputs: model(inputs, training=False),
            jit_compile=False,
            autograph=False,
        )

    def reset(self) -> None:
        """Forgets the state, before another pass."""
        self._state: dict[str, tf.Tensor] = {}
        self._num_rows = 0

    def __call__(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        return self.outputs(batch)["parameters"]

    def outputs(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Computes all outputs for a batch, including the next state.

        Args:
            batch: the next batch of `ordered_windows`.

        Returns:
            The outputs of the model; see `build_rmdn`.
        """
        state = self._state_of(len(batch["is_first"]))
        parts = []
        for part in self._cut(batch):
            inputs = model_inputs(part, state, self._clip_stride)
            outputs = self._graph_for(inputs)(inputs)
            state = {key: outputs.pop(key) for key in state}
            parts.append(outputs)
        self._state = state
        return _join(parts) | state

    def _state_of(self, num_rows: int) -> dict[str, tf.Tensor]:
        """Returns the state of the first rows; zeros if there are more."""
        before, self._num_rows = self._num_rows, num_rows
        if num_rows > before:
            return initial_state(self._model, num_rows)
        return {key: value[:num_rows] for key, value in self._state.items()}

    def _graph_for(self, inputs: dict[str, tf.Tensor]) -> Callable:
        """Returns the graph of the network, one for any number of rows.

        Graphs of several numbers may round in several ways; the numbers would
        then depend on which graph came first.
        """
        timed = {"frames", "features", "clip_mask"} if self._cut.cuts else {}
        specs = {}
        for key, value in inputs.items():
            free = 2 if key in timed else 1
            shape = [None] * free + [*value.shape[free:]]
            specs[key] = tf.TensorSpec(shape, value.dtype)
        return self._run.get_concrete_function(specs)


class TimeCuts:
    """Cuts batches in time, so that a network of single frames takes few.

    A network of clips, and a head that takes features, get whole batches.

    Args:
        model: of `build_rmdn` or `build_head`.
        clip_stride: s, of the model.
    """

    def __init__(self, model: keras.Model, clip_stride: int):
        self._clip_stride = clip_stride
        self._frame_pixels = _frame_pixels(model)

    @property
    def cuts(self) -> bool:
        """Whether it may cut batches of frames."""
        return bool(self._frame_pixels)

    def __call__(
        self, batch: dict[str, tf.Tensor]
    ) -> Iterator[dict[str, tf.Tensor]]:
        """Yields the parts of a batch of `ordered_windows`, in time order."""
        num_rows, num_served = batch["frame_mask"].shape
        if not self._frame_pixels or "features" in batch:
            yield batch
            return
        stride = self._clip_stride
        most = PIXELS_AT_ONCE // (num_rows * self._frame_pixels)
        length = max(1, most) * stride
        for begin in range(0, num_served, length):
            end = min(begin + length, num_served)
            last = begin + (end - begin - 1) // stride * stride
            is_first = batch["is_first"]
            yield {
                "frames": batch["frames"][:, begin : last + CLIP_LENGTH],
                "frame_mask": batch["frame_mask"][:, begin:end],
                "is_first": is_first if not begin else tf.zeros_like(is_first),
            }


def _join(parts: list[dict[str, tf.Tensor]]) -> dict[str, tf.Tensor]:
    """Joins the outputs of the parts of a batch, in time."""
    return {
        key: tf.concat([part[key] for part in parts], 1) for key in parts[0]
    }


def _frame_pixels(model: keras.Model) -> int:
    """Counts the pixels of a network's frames; 0 for a network of clips."""
    if not any(isinstance(layer, LastFrames) for layer in model.layers):
        return 0
    size = model.get_layer("preprocessing")
    return size.height * size.width
