"""Cost of running a network, counted from its layers rather than measured."""

import math
from collections.abc import Iterator

import keras

from rmdn_tf.model.parts import clip_network

PART_BYTES = 2**28
"""Memory for the features of the clips that are encoded together."""


def clips_together(model: keras.Model) -> int:
    """Chooses how many clips to encode at once, by the memory they take.

    A network needs about the input and the output of its largest layer at a
    time.
    """
    shapes = (shape for _, shape in _layers(clip_network(model)))
    largest = max(math.prod(shape[1:]) for shape in shapes)
    return max(1, PART_BYTES // (2 * 4 * largest))


def operations_of_clip(model: keras.Model) -> int:
    """Counts the floating-point operations for the features of a clip.

    Every weight of a layer is used once at every place of its output, in one
    multiplication and one addition. The layers after the features are left out:
    they take a thousandth of the paper's network.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
    """
    return sum(
        2 * layer.count_params() * math.prod(shape[1:-1])
        for layer, shape in _layers(clip_network(model))
    )


def _layers(network: keras.Model) -> Iterator[tuple[keras.Layer, tuple]]:
    """Yields all layers, also those of nested networks, with their outputs."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer, tuple(layer.output.shape)
