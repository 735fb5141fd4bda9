"""Tiny networks in other runtimes, and a video for them."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.model.config import DenseConfig, JointConfig
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runs.network_facts import describe_network
from rmdn_tf.runtimes.export import export_portable
from rmdn_tf.runtimes.loading import open_session
from rmdn_tf.runtimes.session import RuntimeNetwork

C3D = DenseConfig(
    input_size=(18, 22),
    filters=((2,), (3,), (2, 3), (2,)),
    units=4,
    num_components=3,
    clip_stride=2,
)
CONFIGS = {
    "spatial": dataclasses.replace(
        PRESETS["spatial"],
        input_size=(64, 64),
        features="stage1",
        projection=3,
        context_units=4,
        units=4,
    ),
    "c3d": C3D,
    "without_memory": dataclasses.replace(C3D, recurrent="none"),
    "actions": JointConfig(
        input_size=(32, 48),
        filters=((2,), (2,), (2,)),
        units=4,
        num_components=3,
        actions=("run", "sit"),
    ),
}


def exported(name, form, path, **options):
    """Exports a network of random weights; returns its model and settings."""
    config = CONFIGS[name]
    return export_tiny(config, form, path, **options), config


def export_tiny(config, form, path, **options):
    """Exports a network of random weights; returns its model."""
    keras.utils.set_random_seed(0)
    model = build_rmdn(config)
    facts = describe_network(model, config, "tiny")
    export_portable(model, config, path, form, facts=facts, **options)
    return model


def moving_frames(number, size):
    """Draws a picture that moves to the right, uint8 `[n, h, w, 3]`."""
    coarse = np.random.default_rng(1).uniform(0, 255, (5, 9, 3))
    picture = tf.image.resize(coarse, (size[0], 2 * size[1]), "bicubic")
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return np.stack([picture[:, x : x + size[1]] for x in range(number)])


def streamed(network, config, frames, pieces):
    """Runs a network through frames in pieces; returns float32 `[T, C, 6]`."""
    stream = ClipStream(network, config.clip_stride)
    parts = np.split(frames, np.cumsum(pieces))
    mixtures = [stream(part) for part in parts if len(part)]
    return np.concatenate([some for some in mixtures if len(some)])


def samples_of(path, config):
    """Returns inputs of a network on a moving picture."""
    session, samples = open_session(path, 1), []
    run = session.run
    session.run = lambda inputs: samples.append(inputs) or run(inputs)
    frames = moving_frames(9, config.input_size)
    streamed(RuntimeNetwork(session), config, frames, [9])
    return samples


def with_a_flipped_bit(path, number, first=0):
    """Yields a file's content again and again, one random bit of it flipped.

    Args:
        path: the file.
        number: of the copies.
        first: no bit of the bytes before this one is flipped.
    """
    random = np.random.default_rng(0)
    content = path.read_bytes()
    for place in random.integers(first, len(content), number):
        damaged = bytearray(content)
        damaged[place] ^= 1 << random.integers(8)
        yield bytes(damaged)
