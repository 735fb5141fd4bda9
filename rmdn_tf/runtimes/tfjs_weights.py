"""Weights in files of TensorFlow.js."""

import pathlib
from collections.abc import Sequence

import numpy as np

# Browsers keep files of this size in their cache.
_SHARD_BYTES = 4 * 2**20


def encode(name: str, value: np.ndarray, precision: str) -> tuple[dict, bytes]:
    """Encodes a weight.

    Args:
        name: of its node.
        value: float32, int32 or bool.
        precision: of `PRECISIONS`; int8 is for float32 only, and stores 256
            equidistant values from the smallest to the largest.

    Returns:
        The weight's entry in the manifest, and its bytes.
    """
    entry = {
        "name": name,
        "shape": list(value.shape),
        "dtype": value.dtype.name,
    }
    if precision == "float16":
        value = value.astype(np.float16)
        entry["quantization"] = {
            "dtype": "float16",
            "original_dtype": "float32",
        }
    elif precision == "int8":
        least = float(value.min())
        scale = (float(value.max()) - least) / 255 or 1.0
        value = np.round((value - least) / scale).astype(np.uint8)
        entry["quantization"] = {
            "dtype": "uint8",
            "original_dtype": "float32",
            "min": least,
            "scale": scale,
        }
    return entry, np.ascontiguousarray(value).tobytes()


def write_shards(weights: Sequence[bytes], directory: pathlib.Path) -> list:
    """Writes weights to files of at most 4 MB; returns the files' names."""
    content = b"".join(weights)
    number = max(1, -(-len(content) // _SHARD_BYTES))
    names = [f"group1-shard{k + 1}of{number}.bin" for k in range(number)]
    for index, name in enumerate(names):
        start = index * _SHARD_BYTES
        shard = content[start : start + _SHARD_BYTES]
        (directory / name).write_bytes(shard)
    return names
