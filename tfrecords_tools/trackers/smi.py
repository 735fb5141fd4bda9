"""Exports of SMI BeGaze; `smi_samples` reads the text of samples.

1. Raw data: `RecordingTime [ms]`, `Point of Regard Right X [px]`. A stimulus
   starts at the first row that names it.
2. Event statistics: `Event Start Trial Time [ms]` counts from the start of the
   stimulus; `Fixation Position X [px]`.

In both, x and y are pixels of the screen, whose size the file does not tell. A
dash is a missing value.

References:
    1. SensoMotoric Instruments, "BeGaze Manual", version 3.7, "Export".
    2. The readers of exports in https://github.com/peekbank/peekbank-data-import
       and https://github.com/Human-AI-Interaction-UBC/EMDAT.
"""

import functools
from collections.abc import Iterator

from tfrecords_tools.trackers import smi_samples
from tfrecords_tools.trackers.headers import Column, Header
from tfrecords_tools.trackers.layout import (
    Flag,
    Layout,
    find_eye,
    find_flag,
    one_of,
)
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.smi_samples import TRACKER, is_open
from tfrecords_tools.trackers.spaces import space_on_screen

_SIDES = ("Binocular", "Right", "Left")
_NO_GAZE = frozenset(("separator", "information", "user event"))


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if no SMI wrote them."""
    return (
        _raw_data(header, options)
        or _events(header, options)
        or smi_samples.layout(header, path, options)
    )


def _raw_data(header: Header, options: GazeOptions) -> Layout | None:
    time = header.find("RecordingTime [*]", "Recording Time [*]")
    both, *sides = [
        find_eye(
            header,
            f"Point of Regard {side} {{}} [px]",
            find_flag(header, f"Category {side}", is_open),
        )
        for side in _SIDES
    ]
    eyes = (both,) if both else tuple(filter(None, sides))
    if not (time and eyes):
        return None
    category = header.find(*(f"Category {side}" for side in _SIDES))
    return Layout(
        tracker=f"{TRACKER} BeGaze, raw data",
        eyes=eyes,
        time=time,
        unit=time.unit or "ms",
        space=space_on_screen("screen", TRACKER, options),
        video=header.find("Stimulus"),
        observer=header.find_all("Participant"),
        is_sample=Flag(category, _is_measured) if category else None,
    )


def _events(header: Header, options: GazeOptions) -> Layout | None:
    onset = header.find("Event Start Trial Time [*]")
    duration = header.find("Event Duration [*]")
    end = header.find("Event End Trial Time [*]")
    eye = find_eye(header, "Fixation Position {} [px]") or find_eye(
        header, "Visual Intake Position {} [px]"
    )
    if not (onset and (duration or end) and eye):
        return None
    eyes = header.find("Eye L/R", "Eye")
    participant = header.find("Participant")
    return Layout(
        tracker=f"{TRACKER} BeGaze, event statistics"
        + (", the eye of each observer's first row" if eyes else ""),
        eyes=(eye,),
        time=onset,
        unit=onset.unit or "ms",
        space=space_on_screen("screen", TRACKER, options),
        video=header.find("Stimulus"),
        observer=header.find_all("Participant"),
        duration=duration,
        end=None if duration else end,
        is_clock=False,
        is_sample=find_flag(
            header, "Category", one_of("fixation", "visual intake")
        ),
        rewrite=functools.partial(_only_one_eye, eyes, participant)
        if eyes
        else None,
    )


def _is_measured(category: str) -> bool:
    category = category.casefold()
    return category not in _NO_GAZE and not category.startswith("ue-")


def _only_one_eye(
    eye: Column,
    participant: Column | None,
    lines: Iterator[tuple[int, list[str]]],
) -> Iterator[tuple[int, list[str]]]:
    """Yields the rows of one eye: that of the participant's first row."""
    chosen: dict[str | None, str] = {}
    for number, cells in lines:
        who = cells[participant.index] if participant else None
        if chosen.setdefault(who, cells[eye.index]) == cells[eye.index]:
            yield number, cells
