"""Checks a server's answer: types, shapes, finite numbers.

The server may be broken, or the wrong one. The checks come before memory is
taken for the answer.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

# Limit for the magnitude of parameters and states. Trained models stay below
# 1000. Exponentials of larger numbers are infinite, and densities NaN.
LARGEST_NUMBER = 1e6

# Limit for the values of an output, which may claim more than it holds.
MAX_NUMBERS = 2**22


class InvalidOutputError(ValueError):
    """An output is missing, or has the wrong type or shape."""


@dataclasses.dataclass(frozen=True)
class Expected:
    """Type and shape of an output; sizes of None may be any from 1.

    It holds UTF-8 texts if `is_text`, else float32.
    """

    shape: tuple[int | None, ...]
    is_text: bool = False

    def check_shape(self, shape: tuple[int, ...], name: str) -> None:
        """Raises `InvalidOutputError` if the shape does not fit."""
        fits = len(shape) == len(self.shape) and all(
            size >= 1 if wanted is None else size == wanted
            for size, wanted in zip(shape, self.shape, strict=True)
        )
        if not fits:
            raise InvalidOutputError(
                f"Invalid output `{name}`. Expected shape {self.shape}. "
                f"Received: shape {shape}."
            )


def read_outputs(
    outputs: Mapping | list,
    expected: Mapping[str, Expected],
    read: Callable[[object, Expected, str], np.ndarray],
) -> dict[str, np.ndarray]:
    """Reads the expected outputs with `from_json` or `from_proto`."""
    # Over REST, a signature's only output comes without its name.
    if isinstance(outputs, list):
        outputs = {next(iter(expected)): outputs}
    missing = sorted(expected.keys() - outputs.keys())
    if missing:
        raise InvalidOutputError(
            f"Missing output `{missing[0]}`. Received: "
            f"{', '.join(sorted(outputs)[:9]) or 'no outputs'}."
        )
    return {
        name: read(outputs[name], one, name) for name, one in expected.items()
    }


def from_json(value: object, expected: Expected, name: str) -> np.ndarray:
    """Reads an output, float32 or `bytes`, from nested lists."""
    # As objects, or NumPy would turn truth values and texts into numbers.
    array = np.array(value, object)
    expected.check_shape(array.shape, name)
    kinds = {type(one) for one in array.ravel()}
    if not kinds <= ({str} if expected.is_text else {int, float}):
        words = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise _another_kind(name, expected, words)
    if expected.is_text:
        texts = [text.encode() for text in array.ravel()]
        return np.array(texts, object).reshape(array.shape)
    return _checked_numbers(array.astype(np.float64), name)


def from_proto(proto, expected: Expected, name: str) -> np.ndarray:
    """Reads an output from a `TensorProto`; see `from_json`.

    The shape is checked first, since a proto may claim any shape.
    """
    kind = tf.string if expected.is_text else tf.float32
    if proto.dtype != kind.as_datatype_enum:
        raise _another_kind(name, expected, f"DataType {proto.dtype}")
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    expected.check_shape(shape, name)
    _check_content(proto, math.prod(shape), expected, name)
    try:
        array = tf.make_ndarray(proto)
    except (ValueError, TypeError) as error:
        raise _another_kind(name, expected, error) from error
    return array if expected.is_text else _checked_numbers(array, name)


def _check_content(proto, number: int, expected: Expected, name: str) -> None:
    """Requires no more values than the shape has; a proto may hold fewer."""
    values = proto.string_val if expected.is_text else proto.float_val
    held = len(values) or len(proto.tensor_content) / 4
    if not 1 <= held <= number <= MAX_NUMBERS:
        raise InvalidOutputError(
            f"Invalid output `{name}`. Expected {number} values, at most "
            f"{MAX_NUMBERS}. Received: {held:g}."
        )


def _checked_numbers(array: np.ndarray, name: str) -> np.ndarray:
    """Returns finite numbers as float32."""
    is_valid = abs(array) <= LARGEST_NUMBER  # False for NaN.
    if not is_valid.all():
        raise InvalidOutputError(
            f"Invalid output `{name}`. Expected finite numbers of at most "
            f"{LARGEST_NUMBER:g}. Received: {array[~is_valid][0]}."
        )
    return array.astype(np.float32)


def _another_kind(
    name: str, expected: Expected, received: object
) -> InvalidOutputError:
    kind = "text" if expected.is_text else "numbers"
    return InvalidOutputError(
        f"Invalid output `{name}`. Expected {kind} of shape {expected.shape}. "
        f"Received: {received}."
    )
