"""Flat features of all cells -> features of each cell and its neighbours."""

import keras
import tensorflow as tf
from keras import layers, ops

from rmdn_tf.model.dropout import Dropout


@keras.saving.register_keras_serializable("rmdn_tf")
class SpatialContext(layers.Layer):
    """Two convolutions, over 1x1 and 3x3 cells.

    Takes float `[B, T, h * w * (P + M)]` of `rmdn_tf.encoders.projection`,
    returns float32 `[B, T, h, w, units]`, at least 0.

    They are small and dropout is strong, since they learn from the gaze on a
    few videos. A feature is dropped in all cells of a clip, since neighbours
    would reveal it. Half the rate applies between the convolutions.

    Args:
        shape: (h, w, P + M), the cells and the features of each.
        num_plain: M, the last features of a cell: its motion.
        units: outputs of each convolution; the first adds a third as many for
            motion.
        rate: share of the features to drop.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        num_plain: int = 0,
        units: int = 24,
        rate: float = 0.5,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.shape = tuple(shape)
        self.num_plain = num_plain
        self.units = units
        self.rate = rate
        self.drop_features = Dropout(rate, whole=(2, 3), dtype=self.dtype)
        self.drop_reduced = Dropout(rate / 2, dtype=self.dtype)
        self.reduce = self._convolution(units, 1, "reduce")
        self.reduce_motion = self._convolution(
            max(1, units // 3), 1, "reduce_motion"
        )
        self.mix = self._convolution(units, 3, "mix")

    def _convolution(self, units: int, size: int, name: str) -> layers.Layer:
        return layers.Conv2D(
            units,
            size,
            padding="same",
            activation="relu",
            dtype=self.dtype_policy,
            name=name,
        )

    def build(self, input_shape):
        *grid, num_features = self.shape
        num_mixed = self.units
        self.reduce.build((None, *grid, num_features - self.num_plain))
        if self.num_plain:
            self.reduce_motion.build((None, *grid, self.num_plain))
            num_mixed += self.reduce_motion.filters
        self.mix.build((None, *grid, num_mixed))

    def call(self, features, training=False):
        sizes = tf.shape(features)[:2]
        cells = tf.reshape(features, tf.concat([sizes, self.shape], 0))
        cells = tf.cast(cells, self.compute_dtype)
        num_features = self.shape[2] - self.num_plain
        dropped = self.drop_features(
            cells[..., :num_features], training=training
        )
        parts = [self.reduce(self._clips(dropped))]
        if self.num_plain:
            parts.append(
                self.reduce_motion(self._clips(cells[..., num_features:]))
            )
        reduced = ops.concatenate(parts, -1)  # [B T, h, w, ...]
        back = tf.concat([sizes, self.shape[:2], [reduced.shape[-1]]], 0)
        reduced = self.drop_reduced(
            tf.reshape(reduced, back), training=training
        )
        mixed = self.mix(self._clips(reduced))
        back = tf.concat([sizes, self.shape[:2], [self.units]], 0)
        return tf.reshape(mixed, back)

    @staticmethod
    def _clips(cells):
        """Reshapes `[B, T, h, w, D]` to `[B T, h, w, D]`."""
        return tf.reshape(cells, [-1, *cells.shape[2:]])

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], *self.shape[:2], self.units)

    def get_config(self):
        names = ("shape", "num_plain", "units", "rate")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}
