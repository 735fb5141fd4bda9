"""Loads a `.weights.h5` of Keras into a network: all of it, or an error."""

import collections
import contextlib
import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import h5py
import keras
import numpy as np

from rmdn_tf.files.hdf5 import check_datasets, datasets_of, open_hdf5
from rmdn_tf.files.reading import clear_errors, read_content
from rmdn_tf.files.write_errors import writing

# Numbers that a file may have beside the weights.
ROOM_FOR_SEEDS = 1024

# Bytes that a file may have beside its numbers.
ROOM_FOR_NAMES = 2**24


def load_weights(
    network: keras.Model,
    path: str | os.PathLike,
    renamed: Mapping[str, str] | None = None,
) -> None:
    """Loads all weights of a built network from a file of `save_weights`.

    Compares shapes before reading any number, and numbers afterwards: Keras
    does not report a layer that the file lacks.

    Args:
        renamed: old -> new names of groups in the file.
    """
    weights = [v for v in network.variables if _is_float(v.dtype)]
    num_numbers = sum(math.prod(v.shape) for v in weights) + ROOM_FOR_SEEDS
    content = read_content(path, 8 * num_numbers + ROOM_FOR_NAMES)
    with clear_errors(path, f"weights of the network '{network.name}'"):
        with open_hdf5(content) as root:
            stored = _measure(root, num_numbers, weights)
            expected = _digests(dataset[()] for dataset in stored)
            old = {n: new for n, new in (renamed or {}).items() if n in root}
        with _with_names(path, content, old) as current:
            network.load_weights(current)
        if _digests(keras.ops.convert_to_numpy(v) for v in weights) != expected:
            raise ValueError("arrays that belong to other layers")


@contextlib.contextmanager
def _with_names(
    path: str | os.PathLike, content: bytes, names: Mapping[str, str]
) -> Iterator[str | os.PathLike]:
    """Yields a copy of a file whose groups have other names."""
    if not names:
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=".weights.h5") as copy:
        with writing(copy.name):
            copy.write(content)
            copy.flush()
            with h5py.File(copy.name, "r+") as root:
                for old, new in names.items():
                    root.move(old, new)
        yield copy.name


def _is_float(dtype: Any) -> bool:
    return keras.backend.is_float_dtype(keras.backend.standardize_dtype(dtype))


def _measure(
    root: h5py.File, max_numbers: int, weights: Any
) -> list[h5py.Dataset]:
    """Returns the datasets of weights; their shapes must be the network's."""
    datasets = datasets_of(root)
    check_datasets(datasets, max_numbers)
    # States of random generators, which are integers, may lie beside them.
    stored = [one for one in datasets.values() if one.dtype.kind == "f"]
    found = collections.Counter(one.shape for one in stored)
    expected = collections.Counter(tuple(one.shape) for one in weights)
    if found != expected:
        raise ValueError(
            f"arrays of shapes {list((found - expected).elements())}, not "
            f"{list((expected - found).elements())}"
        )
    return stored


def _digests(arrays: Iterable[np.ndarray]) -> collections.Counter:
    return collections.Counter(
        hashlib.sha256(np.float32(array).tobytes()).digest() for array in arrays
    )


def check_size(build: Callable[[], keras.Model], num_bytes: int) -> None:
    """Refuses, before building it, a network too large for its saved weights.

    Raises:
        ValueError: the weights of the network take more than `num_bytes`.
    """
    # A network without initial values takes no memory.
    with keras.StatelessScope(initialize_variables=False):
        num_weights = build().count_params()
    if 4 * num_weights > num_bytes:
        raise ValueError(
            f"a network of {num_weights} weights, 4 bytes each, with only "
            f"{num_bytes} bytes of weights"
        )
