"""A network that computes in bfloat16: half of the bits, the same range.

Processors with instructions for it, and graphics cards, need about half of the
time of float32. The 8 bits of a number's fraction round each result to one part
in 256.
"""

import keras

# Beginnings of the names of layers that stay in float32: the first ones of
# EfficientNet-Lite0, whose rounding makes most of the error of its features.
FLOAT32 = ("stem", "stage1")


def in_bfloat16(network: keras.Model) -> keras.Model:
    """Lets the networks inside a model compute in bfloat16.

    Args:
        network: a model that holds other models, such as the one that encodes
            clips. Its other layers stay as they are, and turn what they get
            into float32.

    Returns:
        A model with a copy of the inner networks and of their weights.
    """
    return keras.models.clone_model(network, clone_function=_inner)


def _inner(layer: keras.Layer) -> keras.Layer:
    if not isinstance(layer, keras.Model):
        return layer
    copy = keras.models.clone_model(layer, clone_function=_rounded)
    copy.set_weights(layer.get_weights())
    return copy


def _rounded(layer: keras.Layer) -> keras.Layer:
    if isinstance(layer, keras.Model):
        return keras.models.clone_model(layer, clone_function=_rounded)
    settings = layer.get_config()
    if not layer.name.startswith(FLOAT32):
        settings |= {"dtype": "bfloat16"}
    return type(layer).from_config(settings)
