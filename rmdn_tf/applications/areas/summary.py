"""Sums up the attention that areas get in a whole video, with intervals."""

import math
from typing import Any

import numpy as np

from rmdn_tf.applications.areas.measuring import AreaMeter
from rmdn_tf.applications.areas.share_errors import ShareErrors

# Columns of a summary, in order.
COLUMNS = (
    "area",
    "appears_seconds",
    "visible_seconds",
    "size",
    "share",
    "share_low",
    "share_high",
    "dwell_seconds",
    "dwell_low",
    "dwell_high",
    "peak_share",
    "peak_seconds",
    "looked",
    "looked_low",
    "looked_high",
    "half_looked_seconds",
)

# Further columns where several observers are asked for.
OBSERVER_COLUMNS = ("looked_by_any", "looked_by_all")

# What the printed table shows, and how.
_PRINTED = {
    "area": ("area", "{}"),
    "visible_seconds": ("visible s", "{:.2f}"),
    "size": ("size", "{:.1%}"),
    "share": ("share", "{:.1%}"),
    "share_low": ("from", "{:.1%}"),
    "share_high": ("to", "{:.1%}"),
    "dwell_seconds": ("dwell s", "{:.2f}"),
    "looked": ("looked", "{:.0%}"),
    "half_looked_seconds": ("half by s", "{:.2f}"),
    "looked_by_any": ("any", "{:.0%}"),
    "looked_by_all": ("all", "{:.0%}"),
}


def summarize(
    meter: AreaMeter,
    errors: ShareErrors | None,
    *,
    is_picture: bool = False,
    num_observers: int = 1,
) -> dict[str, Any]:
    """Summarizes what an area has got.

    Args:
        meter: has seen the whole video.
        errors: of the model; None for no intervals.
        is_picture: a picture has no times, dwell or first looks.
        num_observers: N; with more than one, the probability that any and that
            all of them have looked.

    Returns:
        Column -> a text or a number; unknown values are missing.
    """
    row: dict[str, Any] = {"area": meter.area.name}
    if meter.appears_seconds is None:
        return row if is_picture else row | {"visible_seconds": 0.0}
    row |= {"size": meter.size, "share": meter.share}
    seconds = None if is_picture else meter.visible_seconds
    factors = None
    if errors is not None:
        low, high = map(float, errors.interval(np.array(meter.share), seconds))
        row |= {"share_low": low, "share_high": high}
        if meter.share:
            factors = low / meter.share, high / meter.share
    if is_picture:
        return row
    return row | _in_time(meter, factors) | _observers(meter, num_observers)


def _in_time(
    meter: AreaMeter, factors: tuple[float, float] | None
) -> dict[str, Any]:
    """Returns the numbers that a picture lacks."""
    row = {
        "appears_seconds": meter.appears_seconds,
        "visible_seconds": meter.visible_seconds,
        "dwell_seconds": meter.dwell_seconds,
        "peak_share": meter.peak_share,
        "peak_seconds": meter.peak_seconds,
        "looked": meter.looks.looked,
        "half_looked_seconds": meter.half_seconds,
    }
    for end, factor in zip(("low", "high"), factors or (), strict=False):
        row[f"dwell_{end}"] = factor * meter.dwell_seconds
        # As many more or fewer looks as the share is larger or smaller.
        row[f"looked_{end}"] = -math.expm1(-factor * meter.looks.number)
    return row


def _observers(meter: AreaMeter, number: int) -> dict[str, float]:
    if number == 1:
        return {}
    return dict(
        zip(
            OBSERVER_COLUMNS, looked_by(meter.looks.looked, number), strict=True
        )
    )


def looked_by(looked: float, num_observers: int) -> tuple[float, float]:
    """Returns the probability that any, and that all observers have looked.

    Args:
        looked: probability that one has; they look independently.
        num_observers: N, 1 or more.
    """
    return 1 - (1 - looked) ** num_observers, looked**num_observers


def columns(num_observers: int) -> list[str]:
    """Returns the columns of a summary for a number of observers."""
    return [*COLUMNS, *(OBSERVER_COLUMNS if num_observers > 1 else ())]


def format_table(rows: list[dict[str, Any]]) -> str:
    """Formats summaries as an aligned table of text."""
    shown = [c for c in _PRINTED if any(c in row for row in rows)]
    table = [[_PRINTED[column][0] for column in shown]]
    for row in rows:
        table.append(
            [
                "" if row.get(c) is None else _PRINTED[c][1].format(row[c])
                for c in shown
            ]
        )
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = []
    for name, *numbers in table:
        cells = [n.rjust(w) for n, w in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)
