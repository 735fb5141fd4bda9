"""Dropout that draws the same mask on any number of devices."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("rmdn_tf")
class Dropout(keras.layers.Layer):
    """Sets a share of its input to zero in training and scales up the rest.

    Keras' layer draws a mask on each replica, so two devices train differently
    from one. Here each replica draws the mask of the global batch and takes
    its own rows. All replicas must have the same number of rows, in the order
    of their numbers. A checkpoint restores the seed of the next draw.

    Reference: Srivastava et al., "Dropout: A Simple Way to Prevent Neural
    Networks from Overfitting", 2014.

    Args:
        rate: share to drop, in [0, 1).
        whole: axes along which everything or nothing is dropped.
    """

    def __init__(
        self, rate: float = 0.5, whole: tuple[int, ...] = (), **kwargs
    ):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(
                "Invalid `rate`. Expected a share in [0, 1). "
                f"Received: rate={rate}."
            )
        self.rate = rate
        self.whole = tuple(whole)
        self.seed_generator = keras.random.SeedGenerator()
        # TensorFlow's checkpoints see variables, but no generators.
        self._seed = self.seed_generator.state.value

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        replica = tf.distribute.get_replica_context()
        shape = tf.shape(inputs)
        num_rows = shape[0] * replica.num_replicas_in_sync
        sizes = tf.unstack(tf.concat([[num_rows], shape[1:]], 0))
        draws = tf.random.stateless_uniform(
            [1 if axis in self.whole else n for axis, n in enumerate(sizes)],
            self.seed_generator.next(),
        )
        first = shape[0] * replica.replica_id_in_sync_group
        keep = draws[first : first + shape[0]] >= self.rate
        return tf.where(keep, inputs / (1 - self.rate), tf.zeros_like(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "rate": self.rate,
            "whole": self.whole,
        }
