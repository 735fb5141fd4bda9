"""A `.caffemodel` -> arrays: the part of Protocol Buffers that it needs.

The file is one message of numbered fields. The protobuf library would take 35
times as long and 15 times the memory: it copies the file and gives packed
numbers one by one. An array has one of two layouts:

| field | C3D 1.0 (2014) | Caffe since 2014, C3D 1.1 |
|---|---|---|
| 1, 2 | num, channels | num, channels |
| 3 | length | height |
| 4 | height | width |
| 5 | width | data |
| 6 | data | diff |
| 7 | diff | shape |
| 8 | | data, double precision |

Field 5 tells them apart: an integer in the first, floats in the second.

References:
    - https://github.com/facebookarchive/C3D, src/caffe/proto/caffe.proto
    - https://github.com/BVLC/caffe, src/caffe/proto/caffe.proto
"""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

# How the value of a field is stored ("wire types").
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

# Field of a layer -> fields of its name and its arrays. Field 2 is `layers` of
# 2014, field 100 is `layer` of today.
LAYER_MESSAGES = {2: (4, 6), 100: (1, 7)}

MAX_DIMENSIONS = 8
# Limit for a layer; a convolution has two.
MAX_ARRAYS = 8


def read_caffe_arrays(data: bytes) -> dict[str, list[np.ndarray]]:
    """Reads the arrays of all layers that have some, float32, as stored.

    A convolution has its kernel, then its bias.

    Raises:
        ValueError: the bytes are not such a message, or a layer occurs twice.
    """
    layers: dict[str, list[np.ndarray]] = {}
    for number, wire, message in _fields(memoryview(data)):
        if number not in LAYER_MESSAGES or wire != BYTES:
            continue
        name_field, arrays_field = LAYER_MESSAGES[number]
        name = ""
        for value in _messages(message, name_field):
            name = bytes(value).decode("utf-8", "replace")
        arrays: list[np.ndarray] = []
        for value in _messages(message, arrays_field):
            if len(arrays) == MAX_ARRAYS:
                raise ValueError(f"layer '{name}' of over {MAX_ARRAYS} arrays")
            arrays.append(_read_array(value))
        if arrays and name in layers:
            raise ValueError(f"layer '{name}' is there twice")
        if arrays:
            layers[name] = arrays
    return layers


def _messages(message: memoryview, number: int) -> Iterator[memoryview]:
    """Yields the values of one field that holds messages or texts."""
    for field, wire, value in _fields(message):
        if field == number and wire == BYTES:
            yield value


def _fields(data: memoryview) -> Iterator[tuple[int, int, Any]]:
    """Yields number, wire type and value of each field of a message.

    A value is an integer if its wire type is `VARINT`, a memoryview otherwise.
    """
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        wire = key & 7
        if wire == VARINT:
            number, at = _read_varint(data, at)
            yield key >> 3, wire, number
            continue
        size, at = _read_size(data, at, wire)
        if at + size > len(data):
            raise ValueError("a field that goes on past its end")
        yield key >> 3, wire, data[at : at + size]
        at += size


def _read_varint(data: memoryview, at: int) -> tuple[int, int]:
    """Returns an integer of up to ten bytes, and its end."""
    value = 0
    for shift, byte in enumerate(data[at : at + 10]):
        value |= (byte & 127) << (7 * shift)
        if byte < 128:
            return value, at + shift + 1
    raise ValueError("an integer without an end")


def _read_size(data: memoryview, at: int, wire: int) -> tuple[int, int]:
    if wire == BYTES:
        return _read_varint(data, at)
    if wire not in (FIXED64, FIXED32):
        raise ValueError(f"a field of the unknown type {wire}")
    return (8 if wire == FIXED64 else 4), at


def _read_array(message: memoryview) -> np.ndarray:
    """Reads an array in either layout."""
    integers = {
        number: value
        for number, wire, value in _fields(message)
        if wire == VARINT and number <= MAX_DIMENSIONS
    }
    if 5 in integers:
        shape = [integers.get(number, 0) for number in range(1, 6)]
        values = _read_floats(message, 6, "<f4")
    else:
        shape = _read_shape(message) or [
            integers.get(number, 0) for number in range(1, 5)
        ]
        values = _read_floats(message, 5, "<f4")
        if not values.size:
            values = _read_floats(message, 8, "<f8")
    if math.prod(shape) != values.size:
        raise ValueError(
            f"an array of shape {tuple(shape)} with {values.size} numbers"
        )
    return values.astype(np.float32).reshape(shape)


def _read_floats(message: memoryview, number: int, kind: str) -> np.ndarray:
    """Joins the numbers of a field, packed or one by one."""
    kinds = (BYTES, FIXED32 if kind == "<f4" else FIXED64)
    numbers = bytearray()
    for field, wire, value in _fields(message):
        if field == number and wire in kinds:
            numbers += value
    return np.frombuffer(numbers, kind)


def _read_shape(message: memoryview) -> list[int] | None:
    """Returns the sizes in the field `shape`; None if it is missing."""
    sizes = None
    for shape in _messages(message, 7):
        sizes = list(itertools.islice(_sizes(shape), MAX_DIMENSIONS + 1))
        if len(sizes) > MAX_DIMENSIONS:
            raise ValueError(f"an array of over {MAX_DIMENSIONS} axes")
    return sizes


def _sizes(shape: memoryview) -> Iterator[int]:
    """Yields the sizes of a shape, packed or one by one."""
    for _, wire, value in _fields(shape):
        if wire == VARINT:
            yield value
        at = 0
        while wire == BYTES and at < len(value):
            size, at = _read_varint(value, at)
            yield size
