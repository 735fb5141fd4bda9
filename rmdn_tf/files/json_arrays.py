"""Arrays in JSON, to the last bit."""

import base64
import dataclasses
from typing import Any

import numpy as np

_BYTES = ""  # The key of an array's bytes.


def to_json(value: Any) -> Any:
    """Makes JSON of nested values.

    Args:
        value: a number, text or array; or a dict, list, tuple or dataclass of
            such values. The keys are texts, which are not empty.

    Returns:
        The same as JSON; a dataclass as a dict, a tuple as a list.
    """
    if isinstance(value, np.ndarray):
        content = base64.b64encode(np.ascontiguousarray(value).tobytes())
        return {
            _BYTES: content.decode(),
            "dtype": value.dtype.str,
            "shape": value.shape,
        }
    if dataclasses.is_dataclass(value):
        value = vars(value)
    if isinstance(value, dict):
        return {key: to_json(of) for key, of in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    return value


def from_json(value: Any) -> Any:
    """Makes nested values of the JSON of `to_json`."""
    if isinstance(value, list):
        return [from_json(one) for one in value]
    if not isinstance(value, dict):
        return value
    if _BYTES not in value:
        return {key: from_json(of) for key, of in value.items()}
    array = np.frombuffer(base64.b64decode(value[_BYTES]), value["dtype"])
    return array.reshape(value["shape"]).copy()
