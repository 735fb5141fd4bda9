"""Reads a PyTorch state dict as arrays; runs no code of the file.

PyTorch's files are pickles, which can hold code. `weights_only=True` refuses
it, but reliably only since PyTorch 2.6 [1].

References:
    1. https://nvd.nist.gov/vuln/detail/CVE-2025-32434
"""

import io
import os
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np

from rmdn_tf.files.archives import open_archive
from rmdn_tf.files.reading import clear_errors

MIN_VERSION = (2, 6)
# Limit for dictionaries in dictionaries; a checkpoint has two or three.
MAX_DEPTH = 8
EXPECTED = "a PyTorch state dict, of tensors only"


def read_state_dict(
    path: str | os.PathLike, content: bytes, max_numbers: int
) -> dict[str, np.ndarray]:
    """Reads a state dict, bare or in a checkpoint, as float32 arrays.

    Removes what all names begin with, such as `model_state_dict.module.`.
    Leaves out the states of optimizers, and single numbers. All tensors
    together may have `max_numbers`. The path is for errors.

    Raises:
        ImportError: PyTorch 2.6 or later is not installed.
        ValueError: the file is damaged, has too many numbers, or holds more
            than tensors and plain containers.
    """
    torch = _import_torch(path)
    with clear_errors(path, EXPECTED):
        if content[:2] == b"PK":
            _check_archive(content, 8 * max_numbers)
        state = _load(torch, content)
        tensors = _tensors_of(torch, state)
        # A small file may hold a huge tensor that repeats one number.
        num_numbers = sum(tensor.numel() for tensor in tensors.values())
        if num_numbers > max_numbers:
            raise ValueError(f"{num_numbers} numbers, more than {max_numbers}")
        return {
            name: tensor.float().numpy() for name, tensor in tensors.items()
        }


def _import_torch(path: str | os.PathLike) -> Any:
    """Imports PyTorch of a version with a safe `weights_only`."""
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            f"Cannot read '{path}'. Expected PyTorch, which wrote this file "
            "(pip install torch). Received: no module 'torch'."
        ) from error
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    if version < MIN_VERSION:
        raise ImportError(
            f"Cannot read '{path}'. Expected PyTorch 2.6 or later: an earlier "
            "one can run code that is hidden in the file (pip install -U "
            f"torch). Received: PyTorch {torch.__version__}."
        )
    return torch


def _check_archive(content: bytes, max_bytes: int) -> None:
    with open_archive(content, max_bytes) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"'{damaged}', whose checksum is wrong")


def _load(torch: Any, content: bytes) -> Any:
    try:
        return torch.load(
            io.BytesIO(content), map_location="cpu", weights_only=True
        )
    except pickle.UnpicklingError as error:
        # PyTorch's message advises to run the pickle's code.
        raise ValueError(
            "a pickle that is damaged or holds more than tensors; its code was "
            "not run"
        ) from error


def _tensors_of(torch: Any, state: Any) -> dict:
    """Finds the tensors of a state dict, bare or in nested dictionaries."""
    if not isinstance(state, dict):
        raise ValueError(f"a {type(state).__name__}, not a state dict")
    tensors = {
        name: value
        for name, value in _leaves(state)
        if isinstance(value, torch.Tensor) and value.dim()
    }
    parts = [name.split(".")[:-1] for name in tensors]
    common = os.path.commonprefix(parts)
    front = "".join(f"{part}." for part in common)
    return {name.removeprefix(front): tensors[name] for name in tensors}


def _leaves(state: dict, depth: int = 0) -> Iterator[tuple[str, object]]:
    """Yields the values of nested dictionaries with their dotted names."""
    for key, value in state.items():
        if str(key).startswith(("optim", "_metadata")):
            continue
        if isinstance(value, dict) and depth < MAX_DEPTH:
            for name, leaf in _leaves(value, depth + 1):
                yield f"{key}.{name}", leaf
        else:
            yield str(key), value
