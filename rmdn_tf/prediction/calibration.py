"""Samples of what a network sees in real videos, for a converter to int8.

A converter needs the ranges of the features, which depend on the videos.
"""

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.model.config import ModelConfig
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.part import part_to_see, run_times
from rmdn_tf.runtimes.export import describe
from rmdn_tf.runtimes.portable import PortableNetwork
from rmdn_tf.runtimes.session import RuntimeNetwork, Session
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.span import Span

# Samples of all videos together, and their memory. More of them hardly change
# the ranges.
MAX_SAMPLES, MAX_BYTES = 100, 2**29

Sample = dict[str, np.ndarray]


def calibration_samples(
    model: keras.Model, config: ModelConfig, videos: Sequence[str | os.PathLike]
) -> list[Sample]:
    """Collects inputs of a network at places spread evenly over videos.

    The network runs at the rate and the stride that it was trained with, from
    a few seconds before each place on: the state is as in the whole video.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        videos: files of videos or pictures, at least one.

    Returns:
        Inputs of the function of `rmdn_tf.runtimes.portable` for one clip, by
        name: at most `MAX_SAMPLES`, which take at most `MAX_BYTES`, but at
        least one. Fewer if the videos are so few and short.

    Raises:
        ValueError: a video is damaged.
    """
    session = _KerasSession(model, config)
    attention = AttentionModel(RuntimeNetwork(session), config)
    frames = (session.description.context + 1) * np.prod(config.input_size) * 3
    most = max(1, min(MAX_SAMPLES, MAX_BYTES // int(4 * frames)))
    samples = []
    for video in _spread(videos, most):
        for time in _spread(_times(video, config), most // len(videos) or 1):
            _run_until(attention, video, time)
            samples.append(session.inputs)
    return samples


def _spread(values: Sequence, most: int) -> Iterator:
    """Yields the middle one of each of at most `most` equal parts."""
    number = min(most, len(values))
    for part in range(number):
        yield values[(2 * part + 1) * len(values) // (2 * number)]


def _times(video: str | os.PathLike, config: ModelConfig) -> list[float]:
    """Returns when the network runs, in seconds."""
    with warnings.catch_warnings(), VideoReader(video) as reader:
        warnings.simplefilter("ignore")  # The next reader warns of jumps.
        rate, stride = config.frames_per_second, config.clip_stride
        return [*run_times(reader, rate, stride)]


def _run_until(
    model: AttentionModel, video: str | os.PathLike, time: float
) -> None:
    """Runs the network through the part of a video up to a run."""
    config = model.config
    part = part_to_see(
        video, time, time, config.frames_per_second, config.clip_stride
    )
    span = Span(part.begin, part.end)
    with VideoReader(video, span=span) as reader:
        densities = model.densities()(model.moments(reader), part.origin)
        for _ in densities:
            pass


class _KerasSession(Session):
    """A Keras model that keeps the inputs of its last run.

    Attributes:
        inputs: of the last run, by name.
    """

    def __init__(self, model: keras.Model, config: ModelConfig):
        self.description = describe(model, config)
        self.inputs: Sample = {}
        self._function = PortableNetwork(model, config).concrete_function()

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.inputs = dict(inputs)
        outputs = self._function(
            **{name: tf.constant(one) for name, one in inputs.items()}
        )
        return {name: one.numpy() for name, one in outputs.items()}
