"""A trained mixture -> the same mixture, fitted to another dataset.

Datasets differ in how far fixations scatter, in how much they follow the
picture, and in their centre bias. A few numbers, fitted to a few frames,
describe this: Kuemmerer et al., "Modeling Saliency Dataset Bias", 2025.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.model.mixture import NUM_PARAMETERS

# Logarithm of a negligible weight, as in
# `rmdn_tf.model.moments.parameters_from_moments`.
_LOG_OF_NOTHING = np.log(1e-50)


@keras.saving.register_keras_serializable("rmdn_tf")
class Calibration(keras.layers.Layer):
    """Changes mixtures `[B, T, C, 6]` to `[B, T, C + n, 6]`.

        density = (1 - share) * own + share * centre

    `own` is the mixture whose weights are raised to the power `sharpness` and
    normalized again, and whose components are `spread` times as wide. `centre`
    is one mixture of n components for all frames. The numbers start at 1, 1
    and 0: the density stays what it was. They are fitted by
    `rmdn_tf.calibration`; training leaves them as they are.

    Args:
        num_components: n, at least 1.
        kwargs: arguments of a Keras layer, such as `name`.
    """

    def __init__(self, num_components: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.num_components = num_components

    def build(self, input_shape):
        def add(name, shape, initializer):
            return self.add_weight(
                shape=shape,
                initializer=initializer,
                trainable=False,
                name=name,
            )

        self.sharpness = add("sharpness", (), "ones")
        self.log_spread = add("log_spread", (), "zeros")
        # Logarithm of the share of the mixture itself.
        self.own_logit = add("own_logit", (), "zeros")
        shape = (self.num_components, NUM_PARAMETERS)
        self.centre = add("centre", shape, self._no_centre)

    def _no_centre(self, shape, dtype=None):
        centre = np.zeros(shape)
        centre[:, 0] = _LOG_OF_NOTHING
        centre[:, 1:3] = 0.5
        return keras.ops.convert_to_tensor(centre, dtype=dtype)

    def set_numbers(
        self, sharpness: float, spread: float, share: float, centre: np.ndarray
    ) -> None:
        """Sets the numbers.

        Args:
            sharpness: power of the weights of the components, above 0.
            spread: factor on the scales of the components, above 0.
            share: weight of the centre, in [0, 1).
            centre: float `[n, 6]`, parameters of `rmdn_tf.model.mixture`.
        """
        self.sharpness.assign(sharpness)
        self.log_spread.assign(np.log(spread))
        self.own_logit.assign(np.log1p(-share))
        added = np.array(centre, np.float64)
        logits = added[:, 0] - np.logaddexp.reduce(added[:, 0])
        share_logit = np.log(share) if share > 0 else _LOG_OF_NOTHING
        added[:, 0] = logits + share_logit
        self.centre.assign(added)

    def call(self, parameters):
        logits = tf.nn.log_softmax(self.sharpness * parameters[..., 0])
        own = tf.concat(
            [
                (logits + self.own_logit)[..., None],
                parameters[..., 1:3],
                parameters[..., 3:5] + self.log_spread,
                parameters[..., 5:],
            ],
            -1,
        )
        every = tf.zeros_like(parameters[..., :1, :])  # Of every clip.
        return tf.concat([own, every + self.centre], -2)

    def compute_output_shape(self, input_shape):
        *sizes, num_components, num_parameters = input_shape
        total = num_components + self.num_components
        return (*sizes, total, num_parameters)

    def get_config(self):
        return {**super().get_config(), "num_components": self.num_components}
