"""Flat features of all cells -> features of each cell and its neighbours."""

import keras
import tensorflow as tf
from keras import layers, ops

from rmdn_tf.model.dropout import Dropout


class CellContext(layers.Layer):
    """Small convolutions over cells; the base of both forms of context.

    Takes float `[B, T, h * w * (P + M)]` of `rmdn_tf.encoders.projection`,
    returns float32 `[B, T, h, w, units]`.

    The convolutions are small and dropout is strong, since they learn from the
    gaze on a few videos. A feature is dropped in all cells of a clip, since
    neighbouring cells would reveal it. The M plain features are not dropped.

    Args:
        shape: (h, w, P + M), the cells and the features of each.
        num_plain: M, the last features of a cell: its cues.
        units: outputs of each convolution. Beside the first one, another of
            fewer outputs takes the cues.
        rate: share of the features to drop.
        keep_last: whether the last plain feature is the cut of
            `rmdn_tf.encoders.motion`, which the convolutions do not see. It
            follows the outputs unchanged: `[B, T, h, w, units + 1]`.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        num_plain: int = 0,
        units: int = 24,
        rate: float = 0.5,
        keep_last: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.shape = tuple(shape)
        self.num_plain = num_plain
        self.units = units
        self.rate = rate
        self.keep_last = keep_last
        self.drop_features = Dropout(rate, whole=(1, 2), dtype=self.dtype)
        self.reduce = self._convolution(units, 1, "reduce")
        self.reduce_motion = self._convolution(
            self.units_of_cues, 1, "reduce_motion"
        )
        self.mix = self._convolution(units, 3, "mix")

    @property
    def units_of_cues(self) -> int:
        """Outputs of the convolution that takes the cues."""
        raise NotImplementedError

    @property
    def num_cues(self) -> int:
        """Plain features that the convolutions see."""
        return self.num_plain - self.keep_last

    def _convolution(
        self, units: int, size: int, name: str, dilation: int = 1
    ) -> layers.Layer:
        return layers.Conv2D(
            units,
            size,
            padding="same",
            dilation_rate=dilation,
            activation="relu",
            dtype=self.dtype_policy,
            name=name,
        )

    def build(self, input_shape):
        *grid, num_features = self.shape
        num_mixed = self.units
        self.reduce.build((None, *grid, num_features - self.num_plain))
        if self.num_cues:
            self.reduce_motion.build((None, *grid, self.num_cues))
            num_mixed += self.reduce_motion.filters
        self.mix.build((None, *grid, num_mixed))

    def call(self, features, training=False):
        sizes = tf.shape(features)[:2]
        cells = tf.reshape(features, [-1, *self.shape])  # [B T, h, w, P + M]
        cells = tf.cast(cells, self.compute_dtype)
        num_features = self.shape[2] - self.num_plain
        reduced = self.reduce(
            self.drop_features(cells[..., :num_features], training=training)
        )
        cues = cells[..., num_features : num_features + self.num_cues]
        parts = [reduced]
        if self.num_cues:
            parts.append(self.reduce_motion(cues))
        outputs = self._mix(reduced, ops.concatenate(parts, -1), training)
        if self.keep_last:
            outputs = ops.concatenate([outputs, cells[..., -1:]], -1)
        return tf.reshape(outputs, tf.concat([sizes, outputs.shape[1:]], 0))

    def _mix(self, reduced, with_cues, training):
        """Combines neighbours, `[B T, h, w, units]`."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape):
        num_outputs = self.units + self.keep_last
        return (*input_shape[:2], *self.shape[:2], num_outputs)

    def get_config(self):
        names = ("shape", "num_plain", "units", "rate", "keep_last")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("rmdn_tf")
class SpatialContext(CellContext):
    """Two convolutions, over 1x1 and 3x3 cells; outputs are at least 0.

    Half the rate of dropout applies between the convolutions.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.drop_reduced = Dropout(self.rate / 2, dtype=self.dtype)

    @property
    def units_of_cues(self) -> int:
        return max(1, self.units // 3)

    def _mix(self, reduced, with_cues, training):
        return self.mix(self.drop_reduced(with_cues, training=training))


@keras.saving.register_keras_serializable("rmdn_tf")
class ResidualContext(CellContext):
    """Three convolutions, over 1x1, 3x3 and every other of 5x5 cells.

    The second and the third add their outputs to their inputs. So the result is
    the sum of all three: at least 0, and larger than one convolution's.

    Two thirds of the rate of dropout apply before the third convolution.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.drop_mixed = Dropout(self.rate * 2 / 3, dtype=self.dtype)
        self.widen = self._convolution(self.units, 3, "widen", dilation=2)

    @property
    def units_of_cues(self) -> int:
        return max(4, self.units // 4)

    def build(self, input_shape):
        super().build(input_shape)
        self.widen.build((None, *self.shape[:2], self.units))

    def _mix(self, reduced, with_cues, training):
        mixed = reduced + self.mix(with_cues)
        mixed = self.drop_mixed(mixed, training=training)
        return mixed + self.widen(mixed)
