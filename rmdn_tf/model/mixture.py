"""Hidden state -> parameters of a mixture -> `tfd.MixtureSameFamily`.

A component has six unconstrained numbers, `rmdn_tf.model.moments.COMPONENT`:

    logit, loc_x, loc_y, log_scale_x, log_scale_y, atanh_correlation

The density is computed from them in log space. float32 is then enough for
scales of a thousandth of the frame and for any correlation.
"""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability import distributions as tfd

from rmdn_tf.model.moments import NUM_PARAMETERS


class BivariateNormal(tfd.Distribution):
    """A two-dimensional normal with location, scale and correlation.

    TFP's multivariate normals solve a triangular system. The closed form for
    two dimensions is faster and, with r = atanh(correlation), exact for strong
    correlations (Graves, "Generating Sequences With Recurrent Neural Networks",
    2013). With u = (x - loc_x)/scale_x and v = (y - loc_y)/scale_y:

        log p = -log(2 pi scale_x scale_y) - log(1 - rho^2) / 2
                - [(u - v)^2 / (1 - rho) + (u + v)^2 / (1 + rho)] / 4
        1 / (1 -+ rho) = (1 + exp(+-2 r)) / 2

    Args:
        loc: float `[..., 2]`, the mean (x, y).
        log_scale: float `[..., 2]`, log of the standard deviations.
        atanh_correlation: float `[...]`, r.
        validate_args: as in `tfd.Distribution`.
        allow_nan_stats: as in `tfd.Distribution`.
        name: prefix of the names of operations.
    """

    def __init__(
        self,
        loc: tf.Tensor,
        log_scale: tf.Tensor,
        atanh_correlation: tf.Tensor,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "BivariateNormal",
    ):
        parameters = dict(locals())
        with tf.name_scope(name) as name:
            self._loc = tf.convert_to_tensor(loc)
            self._log_scale = tf.convert_to_tensor(log_scale)
            self._atanh_correlation = tf.convert_to_tensor(atanh_correlation)
            super().__init__(
                dtype=self._loc.dtype,
                reparameterization_type=tfd.FULLY_REPARAMETERIZED,
                validate_args=validate_args,
                allow_nan_stats=allow_nan_stats,
                parameters=parameters,
                name=name,
            )

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        properties = tfp.util.ParameterProperties
        return dict(
            loc=properties(event_ndims=1),
            log_scale=properties(event_ndims=1),
            atanh_correlation=properties(event_ndims=0),
        )

    def _event_shape_tensor(self, **parameters):
        return tf.constant([2], tf.int32)

    def _event_shape(self):
        return tf.TensorShape([2])

    def _log_prob(self, value):
        r = self._atanh_correlation
        standard = (value - self._loc) * tf.exp(-self._log_scale)
        u, v = standard[..., 0], standard[..., 1]
        # log(1 - rho^2) = log 4 - softplus(2r) - softplus(-2r)
        log_det = tf.reduce_sum(self._log_scale, -1) - 0.5 * (
            tf.nn.softplus(2 * r) + tf.nn.softplus(-2 * r)
        )
        distance = (u - v) ** 2 * (1 + tf.exp(2 * r)) / 8 + (u + v) ** 2 * (
            1 + tf.exp(-2 * r)
        ) / 8
        return -math.log(4 * math.pi) - log_det - distance

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], self.batch_shape_tensor(), [2]], 0)
        noise = tf.random.stateless_normal(
            shape, tfp.random.sanitize_seed(seed), dtype=self.dtype
        )
        r = self._atanh_correlation
        second = tf.tanh(r) * noise[..., 0] + noise[..., 1] / tf.cosh(r)
        noise = tf.stack([noise[..., 0], second], -1)
        return self._loc + tf.exp(self._log_scale) * noise

    def _mean(self):
        return self._per_axis(self._loc)

    _mode = _mean

    def _stddev(self):
        return self._per_axis(tf.exp(self._log_scale))

    def _variance(self):
        return self._stddev() ** 2

    def _covariance(self):
        scale = self._stddev()
        off_diagonal = tf.reduce_prod(scale, -1)
        off_diagonal *= tf.tanh(self._atanh_correlation)
        variance_x, variance_y = tf.unstack(scale**2, axis=-1)
        rows = [variance_x, off_diagonal, off_diagonal, variance_y]
        shape = tf.concat([self.batch_shape_tensor(), [2, 2]], 0)
        return tf.reshape(tf.stack(rows, -1), shape)

    def _per_axis(self, values):
        shape = tf.concat([self.batch_shape_tensor(), [2]], 0)
        return tf.broadcast_to(values, shape)


@keras.saving.register_keras_serializable("rmdn_tf")
class MixtureDensity(keras.layers.Layer):
    """A linear layer, float `[..., D]` -> parameters, float32 `[..., C, 6]`.

    Initially the components lie on a grid over the frame, each as wide as its
    cell: components that start in one place separate slowly.

    >>> layer = MixtureDensity(20)
    >>> parameters = layer(hidden)                     # [B, T, 20, 6]
    >>> distribution(parameters).log_prob(gaze)        # [B, T, 2] -> [B, T]

    Reference: Bazzani et al., "Recurrent Mixture Density Network for
    Spatiotemporal Visual Attention", ICLR 2017.

    Args:
        num_components: C; the paper has 20.
        kwargs: arguments of a Keras layer, such as `name`.
    """

    def __init__(self, num_components: int = 20, **kwargs: Any):
        super().__init__(**kwargs)
        if num_components < 1:
            raise ValueError(
                "Invalid `num_components`. Expected a positive integer. "
                f"Received: num_components={num_components}."
            )
        self.num_components = num_components
        self.linear = keras.layers.Dense(
            num_components * NUM_PARAMETERS,
            kernel_initializer=keras.initializers.VarianceScaling(0.1),
            bias_initializer=self._initial_bias,
            # Half precision is too coarse for the density.
            dtype="float32",
            name="linear",
        )

    def _initial_bias(self, shape, dtype=None):
        num_columns = math.ceil(math.sqrt(self.num_components))
        num_rows = math.ceil(self.num_components / num_columns)
        row, column = np.divmod(np.arange(self.num_components), num_columns)
        bias = np.zeros([self.num_components, NUM_PARAMETERS])
        bias[:, 1] = (column + 0.5) / num_columns
        bias[:, 2] = (row + 0.5) / num_rows
        bias[:, 3] = -math.log(num_columns)
        bias[:, 4] = -math.log(num_rows)
        return keras.ops.convert_to_tensor(bias.reshape(shape), dtype=dtype)

    def build(self, input_shape):
        self.linear.build(input_shape)

    def call(self, hidden):
        flat = self.linear(hidden)
        shape = keras.ops.shape(flat)[:-1]
        return keras.ops.reshape(
            flat, (*shape, self.num_components, NUM_PARAMETERS)
        )  # [..., C, 6]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.num_components, NUM_PARAMETERS)

    def get_config(self):
        return {**super().get_config(), "num_components": self.num_components}


def distribution(parameters: tf.Tensor) -> tfd.MixtureSameFamily:
    """Makes a distribution over (x, y) from parameters.

    Args:
        parameters: float32 `[..., C, 6]`.

    Returns:
        A `tfd.MixtureSameFamily` of batch shape `[...]`; its `log_prob` takes
        float32 `[..., 2]`, (x, y) in [0, 1], and returns nats.
    """
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=parameters[..., 0]),
        BivariateNormal(
            parameters[..., 1:3], parameters[..., 3:5], parameters[..., 5]
        ),
    )
