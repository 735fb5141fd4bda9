"""Exports a model to a portable file."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.files.published import published, published_directory
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.parts import initial_state
from rmdn_tf.runtimes.description import Description
from rmdn_tf.runtimes.formats import (
    FORMATS,
    INT8,
    PRECISIONS,
    missing_library,
)
from rmdn_tf.runtimes.portable import PortableNetwork
from rmdn_tf.runtimes.source import Source


def export_portable(
    model: keras.Model,
    config: ModelConfig,
    path: str | os.PathLike,
    name: str,
    *,
    precision: str = "float32",
    num_clips: int | None = 1,
    samples: Sequence[Mapping[str, np.ndarray]] = (),
    facts: dict | None = None,
) -> None:
    """Writes a portable file, whole or not at all.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its configuration.
        path: file, or new or empty directory, to write.
        name: key of `FORMATS`.
        precision: of `PRECISIONS`.
        num_clips: clips that run at once; None for any number.
        samples: inputs on real videos, for int8; see `Source`.
        facts: of `rmdn_tf.runs.network_facts.describe_network`.

    Raises:
        ImportError: the converter is not installed; names the extra.
        ValueError: the format lacks the precision or any number of clips,
            samples are missing, or the network cannot be converted.
        OSError: the output cannot be written.
    """
    _check(name, precision, num_clips, samples)
    description = describe(model, config, num_clips, precision, facts)
    write = _writer(name)
    is_file = bool(FORMATS[name].suffix)
    place = published(path) if is_file else published_directory(path)
    portable = PortableNetwork(model, config, num_clips, FORMATS[name].flat)
    with _saved(portable) as directory, place as temporary:
        write(Source(directory, description, samples), temporary)


def _check(
    name: str,
    precision: str,
    num_clips: int | None,
    samples: Sequence[Mapping[str, np.ndarray]],
) -> None:
    """Refuses what a format lacks."""
    form = FORMATS[name]
    if precision not in PRECISIONS:
        raise ValueError(
            f"Invalid `precision`. Expected one of {PRECISIONS}. "
            f"Received: precision={precision}."
        )
    if num_clips is None and not form.any_length:
        raise ValueError(
            f"Invalid `num_clips`. {form.title} takes a fixed number of clips "
            "at once, and not any number. Received: num_clips=None."
        )
    if precision == INT8 and form.calibrates and not samples:
        raise ValueError(
            "Invalid `samples`. Expected inputs on real videos, for the "
            "ranges of int8. Received: no samples."
        )


def describe(
    model: keras.Model,
    config: ModelConfig,
    num_clips: int | None = 1,
    precision: str = PRECISIONS[0],
    facts: dict | None = None,
) -> Description:
    """Describes a network; the arguments are those of `export_portable`."""
    return Description(
        config,
        model.get_layer("clips").context,
        num_clips,
        precision,
        {n: tuple(s.shape[1:]) for n, s in initial_state(model, 1).items()},
        facts or {},
    )


@contextlib.contextmanager
def _saved(portable: PortableNetwork) -> Iterator[str]:
    """Saves the portable function; yields the temporary directory."""
    with tempfile.TemporaryDirectory() as directory:
        function = portable.concrete_function()
        tf.saved_model.save(portable, directory, function)
        yield directory


def _writer(name: str) -> Callable[[Source, str], None]:
    """Imports the converter only here: each is an extra."""
    try:
        if name == "litert":
            from rmdn_tf.runtimes import to_litert

            return to_litert.write
        if name == "onnx":
            from rmdn_tf.runtimes import to_onnx

            return to_onnx.write
        if name == "openvino":
            from rmdn_tf.runtimes import to_openvino

            return to_openvino.write
        if name == "triton":
            from rmdn_tf.runtimes import triton

            return triton.write
    except ImportError as error:
        raise missing_library(name, error) from error
    from rmdn_tf.runtimes import to_tfjs

    return to_tfjs.write
