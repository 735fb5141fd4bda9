"""Scores as JSON and as text.

JSON holds finite numbers only. A score that is not a number, such as the mean
of no frame, becomes null; an infinite score becomes the text "inf" or "-inf".
"""

import math
from collections.abc import Mapping

from rmdn_tf.metrics.intervals import Interval

JsonNumber = float | str | None


def json_number(value: float) -> JsonNumber:
    """Converts a number for JSON."""
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(float(value))


def read_number(value: JsonNumber) -> float:
    """Converts a number of JSON back: null is NaN, "-inf" is infinite."""
    return math.nan if value is None else float(value)


def json_interval(interval: Interval) -> dict[str, JsonNumber]:
    """Converts an interval, or a difference, for JSON."""
    return {name: json_number(value) for name, value in vars(interval).items()}


def format_number(value: JsonNumber, sign: str = "") -> str:
    """Formats a number with three decimals; `sign` "+" shows its sign."""
    value = read_number(value)
    return "n/a" if math.isnan(value) else f"{value:{sign}.3f}"


def format_interval(entry: Mapping[str, JsonNumber], sign: str = "") -> str:
    """Formats the bounds of a mean.

    Args:
        entry: of `json_interval`.
        sign: as for `format_number`.

    Returns:
        "[low, high]", or "n too small" if only one video has a score.
    """
    if entry["low"] is not None:
        low, high = (format_number(entry[k], sign) for k in ("low", "high"))
        return f"[{low}, {high}]"
    is_known = math.isfinite(read_number(entry["mean"]))
    return "n too small" if is_known else "no interval"


def format_p_value(value: float | None) -> str:
    """Formats a p-value with three decimals, or as "<0.001"."""
    value = read_number(value)
    return "<0.001" if value < 0.001 else format_number(value)
