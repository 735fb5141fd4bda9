"""A model and windows in time order -> mixtures for every clip."""

import keras
import tensorflow as tf

from rmdn_tf.model.parts import initial_state, model_inputs


class StatefulNetwork:
    """Runs a model over batches in time order and carries the state over.

    Takes batches of `rmdn_tf.data.input_pipeline.ordered_windows`, returns
    float32 `[B, T, C, 6]`. Row r of a batch continues row r of the previous
    batch; a row flagged `is_first` starts from zero.

    Args:
        model: of `build_rmdn`, or of `build_head` for batches of features.
        clip_stride: s, of the model.
    """

    def __init__(self, model: keras.Model, clip_stride: int):
        self._model = model
        self._clip_stride = clip_stride
        self.reset()
        # XLA makes convolutions on a CPU several times slower.
        self._run = tf.function(
            lambda inputs: model(inputs, training=False),
            reduce_retracing=True,
            jit_compile=False,
            autograph=False,
        )

    def reset(self) -> None:
        """Forgets the state, before another pass."""
        self._state: dict[str, tf.Tensor] | None = None

    def __call__(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        return self.outputs(batch)["parameters"]

    def outputs(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Computes all outputs for a batch, including the next state.

        Args:
            batch: the next batch of `ordered_windows`.

        Returns:
            The outputs of the model; see `build_rmdn`.
        """
        if self._state is None:
            self._state = initial_state(self._model, len(batch["is_first"]))
        outputs = self._run(model_inputs(batch, self._state, self._clip_stride))
        self._state = {key: outputs[key] for key in self._state}
        return outputs
