"""A model and fitted numbers -> a model that holds them."""

import dataclasses

import keras

from rmdn_tf.calibration.fitting import Numbers
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.parts import CALIBRATION
from rmdn_tf.model.rmdn import build_rmdn


def calibrated(
    model: keras.Model, config: ModelConfig, numbers: Numbers
) -> tuple[keras.Model, ModelConfig]:
    """Adds numbers to a model.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        numbers: the numbers.

    Returns:
        A model with copies of the weights, which ends with a layer of the
        numbers; and its settings.
    """
    wider = dataclasses.replace(
        config, calibrated_components=len(numbers.centre)
    )
    result = build_rmdn(wider)
    for layer in model.layers:
        result.get_layer(layer.name).set_weights(layer.get_weights())
    result.get_layer(CALIBRATION).set_numbers(**vars(numbers))
    return result, wider
