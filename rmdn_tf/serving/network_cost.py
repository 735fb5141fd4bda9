"""Cost of running a network, counted from its layers rather than measured."""

import math
from collections.abc import Iterator

import keras

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.request_limits import RequestLimits

MAX_FRAMES = 256
"""Frames of a request, of any network."""

MAX_INPUT_PIXELS = 2**24
"""Pixels of all frames at the size of the network's input: 200 MB, as float32,
which is 334 frames of 224x224."""

MAX_OPERATIONS = 5 * 10**12
"""Floating-point operations of a request: 64 clips of the paper's network, or
60 seconds of four cores that make 21 thousand million a second each."""

PART_BYTES = 2**28
"""Memory for the features of the clips that are described together."""


def limits_of(model: keras.Model, config: ModelConfig) -> RequestLimits:
    """Chooses what a request to a server of this model may hold.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its configuration.

    Returns:
        The `RequestLimits`, which always allow one clip.
    """
    frames = MAX_INPUT_PIXELS // math.prod(config.input_size)
    clips = MAX_OPERATIONS // operations_of_clip(model)
    return RequestLimits(
        max_frames=min(MAX_FRAMES, max(CLIP_LENGTH, frames)),
        max_clips=min(MAX_FRAMES, max(1, clips)),
    )


def clips_together(model: keras.Model) -> int:
    """Chooses how many clips to describe at once, by the memory they take.

    A network needs about the input and the output of its largest layer at a
    time.
    """
    largest = max(math.prod(shape[1:]) for _, shape in _layers(_encoder(model)))
    return max(1, PART_BYTES // (2 * 4 * largest))


def operations_of_clip(model: keras.Model) -> int:
    """Counts floating-point operations that a clip's features take.

    Every weight of a layer is used once at every place of its output, in one
    multiplication and one addition. The layers after the features are left out:
    they take a thousandth of the paper's network.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
    """
    return sum(
        2 * layer.count_params() * math.prod(shape[1:-1])
        for layer, shape in _layers(_encoder(model))
    )


def _encoder(model: keras.Model) -> keras.Model:
    return model.get_layer("features").network


def _layers(network: keras.Model) -> Iterator[tuple[keras.Layer, tuple]]:
    """Yields the layers, those of networks inside too, with their output."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer, tuple(layer.output.shape)
