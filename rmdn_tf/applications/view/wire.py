"""Densities as the browser gets them; `api.md` describes the format."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rmdn_tf.model.moments import Moments

_MAGIC, _VERSION = b"RMDN", 1
_HEAD = struct.Struct("<4sHHII")
_RECORD = struct.Struct("<dfHH")
_STEPS = 65535

# Number of a component -> smallest and largest value that its 16 bits hold.
_RANGES = {
    "x": (-1.0, 2.0),
    "y": (-1.0, 2.0),
    "log_scale_x": (-8.0, 1.0),
    "log_scale_y": (-8.0, 1.0),
    "atanh_correlation": (-8.0, 8.0),
}
_COMPONENT = np.dtype([(name, "<u2") for name in ("weight", *_RANGES)])


class Record(NamedTuple):
    """A density at one time.

    Attributes:
        time: seconds from the first frame.
        entropy: bits, of `Density.entropy`.
        is_after_cut: whether a cut lies between the record before and this one.
        moments: components, float64 `[C]` each.
    """

    time: float
    entropy: float
    is_after_cut: bool
    moments: Moments


def pack(record: Record) -> bytes:
    """Returns the bytes of a record, 12 for each component."""
    moments = record.moments
    components = np.zeros(len(moments.weight), _COMPONENT)
    weights = moments.weight / moments.weight.max()
    components["weight"] = np.rint(weights * _STEPS)
    numbers = (
        moments.x,
        moments.y,
        np.log(moments.scale_x),
        np.log(moments.scale_y),
        np.arctanh(moments.correlation),
    )
    for (name, (least, most)), values in zip(
        _RANGES.items(), numbers, strict=True
    ):
        steps = np.rint((values - least) / (most - least) * _STEPS)
        components[name] = np.clip(steps, 0, _STEPS)
    components = components[components["weight"] > 0]
    head = _RECORD.pack(
        record.time, record.entropy, len(components), record.is_after_cut
    )
    return head + components.tobytes()


def join(records: Sequence[bytes], first: int, is_complete: bool) -> bytes:
    """Returns an answer with packed records.

    Args:
        records: of `pack`, in order.
        first: number of the first one.
        is_complete: whether the last record is one of these.
    """
    head = _HEAD.pack(_MAGIC, _VERSION, is_complete, first, len(records))
    return b"".join([head, *records])


def split(content: bytes) -> tuple[int, bool, list[Record]]:
    """Reads an answer of `join`, as the page does.

    Returns:
        The number of the first record, whether the last record is one of
        these, and the records.

    Raises:
        ValueError: the content is of another format.
    """
    magic, version, is_complete, first, number = _HEAD.unpack_from(content)
    if (magic, version) != (_MAGIC, _VERSION):
        raise ValueError(
            f"Invalid densities. Expected {_MAGIC!r}, version {_VERSION}. "
            f"Received: {magic!r}, version {version}."
        )
    place, records = _HEAD.size, []
    for _ in range(number):
        time, entropy, count, cut = _RECORD.unpack_from(content, place)
        place += _RECORD.size
        components = np.frombuffer(content, _COMPONENT, count, place)
        place += components.nbytes
        records.append(Record(time, entropy, bool(cut), _moments(components)))
    return first, bool(is_complete), records


def _moments(components: np.ndarray) -> Moments:
    weights = components["weight"].astype(np.float64)
    x, y, log_scale_x, log_scale_y, r = (
        least + components[name] * ((most - least) / _STEPS)
        for name, (least, most) in _RANGES.items()
    )
    return Moments(
        weights / weights.sum(),
        x,
        y,
        np.exp(log_scale_x),
        np.exp(log_scale_y),
        np.tanh(r),
    )
