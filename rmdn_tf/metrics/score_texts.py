"""Scores as JSON and as text.

In JSON, NaN (the mean of no frame) is null and infinities are "inf", "-inf".
"""

import math
from collections.abc import Mapping

from rmdn_tf.metrics.intervals import Interval

JsonNumber = float | str | None


def json_number(value: float) -> JsonNumber:
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(float(value))


def read_number(value: JsonNumber) -> float:
    """Reads a number of JSON: null is NaN, "-inf" is infinite."""
    return math.nan if value is None else float(value)


def json_interval(interval: Interval) -> dict[str, JsonNumber]:
    return {name: json_number(value) for name, value in vars(interval).items()}


def format_number(value: JsonNumber, sign: str = "") -> str:
    """Formats a number with three decimals; `sign` "+" shows its sign."""
    value = read_number(value)
    return "n/a" if math.isnan(value) else f"{value:{sign}.3f}"


def format_interval(entry: Mapping[str, JsonNumber], sign: str = "") -> str:
    """Formats the bounds of a `json_interval`, or why they are missing."""
    if entry["low"] is not None:
        low, high = (format_number(entry[k], sign) for k in ("low", "high"))
        return f"[{low}, {high}]"
    is_known = math.isfinite(read_number(entry["mean"]))
    return "n too small" if is_known else "no interval"


def format_p_value(value: float | None) -> str:
    """Formats a p-value with three decimals, or as "<0.001"."""
    value = read_number(value)
    return "<0.001" if value < 0.001 else format_number(value)
