"""Counts the cost of running a network from its layers."""

import math
from collections.abc import Iterator

import keras

from rmdn_tf.model.parts import clip_network

# Memory for clips that are encoded together.
PART_BYTES = 2**28


def clips_together(model: keras.Model) -> int:
    """Returns how many clips to encode at once, by the memory they take."""
    shapes = (shape for _, shape in _layers(clip_network(model)))
    largest = max(math.prod(shape[1:]) for shape in shapes)
    return max(1, PART_BYTES // (2 * 4 * largest))


def operations_of_clip(model: keras.Model) -> int:
    """Counts the floating-point operations that encode a clip.

    Each weight makes a multiplication and an addition at each place of its
    layer's output. Layers after the encoder are left out: in the paper's
    network they are a thousandth of the cost.
    """
    return sum(
        2 * layer.count_params() * math.prod(shape[1:-1])
        for layer, shape in _layers(clip_network(model))
    )


def _layers(network: keras.Model) -> Iterator[tuple[keras.Layer, tuple]]:
    """Yields all layers, also of nested networks, with their output shapes."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer, tuple(layer.output.shape)
