"""Exports of SMI: BeGaze's tables, and the text of the IDF Converter.

1. Raw data of BeGaze: `RecordingTime [ms]`, `Point of Regard Right X [px]`.
   The first row that names a stimulus is its start.
2. Event statistics of BeGaze: `Event Start Trial Time [ms]`, which counts from
   the start of the stimulus, and `Fixation Position X [px]`.
3. Samples of the IDF Converter or BeGaze: facts after `##`, then `Time` in
   microseconds, `Type`, `L POR X [px]`. A line of type MSG names the stimulus
   that appears, `# Message: video.avi`, unless a column `Stimulus` does.

All count pixels of the screen, the "calibration area". A dash is a missing
value.

References:
    1. SensoMotoric Instruments, "BeGaze Manual", version 3.7, "Export".
    2. SensoMotoric Instruments, "iView X Manual", "IDF Converter".
    3. Test files of https://github.com/pymovements/pymovements,
       `_parsing_begaze`; and the raw gaze of DHF1K.
"""

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.trackers.dialect import find_encoding, read_text
from tfrecords_tools.trackers.eyelink_messages import compile_pattern
from tfrecords_tools.trackers.headers import Column, Header
from tfrecords_tools.trackers.layout import Eye, Flag, Layout
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import space_on_screen

TRACKER = "SMI"

Lines = Iterator[tuple[int, list[str]]]

_SAMPLE, _OTHER = "SMP", "MSG"
_NO_GAZE = frozenset(("separator", "information", "user event"))
_SIDES = ("Binocular", "Right", "Left")
_FACT = re.compile(r"##\s*([^:]+?)\s*:\s*(.*)")
_MESSAGE = re.compile(r"#?\s*(?:Message:)?\s*(.*)")
_FILE = re.compile(r".*\.[A-Za-z][A-Za-z0-9]{1,4}", re.ASCII)


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if no program of SMI wrote."""
    return (
        _raw_data(header, options)
        or _events(header, options)
        or _samples(header, path, options)
    )


def _raw_data(header: Header, options: GazeOptions) -> Layout | None:
    time = header.find("RecordingTime [*]", "Recording Time [*]")
    eyes = {
        side: _eye(
            header, f"Point of Regard {side}", header.find(f"Category {side}")
        )
        for side in _SIDES
    }
    both = eyes.pop("Binocular")
    seen = (both,) if both else tuple(filter(None, eyes.values()))
    if not (time and seen):
        return None
    category = header.find(*(f"Category {side}" for side in _SIDES))
    return Layout(
        tracker=f"{TRACKER} BeGaze, raw data",
        eyes=seen,
        time=time,
        unit=time.unit or "ms",
        space=space_on_screen("screen", TRACKER, options),
        video=header.find("Stimulus"),
        observer=_if_found(header.find("Participant")),
        is_sample=category and Flag(category, _is_measured),
    )


def _events(header: Header, options: GazeOptions) -> Layout | None:
    onset = header.find("Event Start Trial Time [*]")
    duration = header.find("Event Duration [*]")
    end = header.find("Event End Trial Time [*]")
    eye = _eye(header, "Fixation Position", None) or _eye(
        header, "Visual Intake Position", None
    )
    if not (onset and (duration or end) and eye):
        return None
    category, eyes = header.find("Category"), header.find("Eye L/R", "Eye")
    participant = header.find("Participant")
    rewrite = eyes and functools.partial(_only_one_eye, eyes, participant)
    return Layout(
        tracker=f"{TRACKER} BeGaze, event statistics"
        + (", the eye of each observer's first row" if eyes else ""),
        eyes=(eye,),
        time=onset,
        unit=onset.unit or "ms",
        space=space_on_screen("screen", TRACKER, options),
        video=header.find("Stimulus"),
        observer=_if_found(participant),
        duration=duration,
        end=None if duration else end,
        is_clock=False,
        is_sample=category and Flag(category, _is_fixation),
        rewrite=rewrite,
    )


def _samples(header: Header, path: str, options: GazeOptions) -> Layout | None:
    time, kind = header.find("Time"), header.find("Type")
    eyes = [
        _eye(
            header,
            f"{side} POR",
            header.find(f"{side} Event Info", "Event Info", "Info"),
        )
        for side in "LR"
    ]
    if not (time and kind and any(eyes)):
        return None
    facts = _facts(path, options)
    namer = functools.partial(
        _name_in, compile_pattern("stimulus_message", options.stimulus_message)
    )
    stimulus, trial = header.find("Stimulus"), header.find("Trial", "Set")
    is_named = not stimulus and trial and _names_stimuli(path, options, namer)
    if is_named:
        stimulus = dataclasses.replace(trial, name="# Message")
    return Layout(
        tracker=f"{TRACKER}, samples",
        eyes=tuple(filter(None, eyes)),
        time=time,
        unit="us",
        space=_space(facts.get("Calibration Area", ""), options),
        video=stimulus,
        observer_name=facts.get("Subject", ""),
        is_sample=Flag(kind, _SAMPLE.__eq__),
        rewrite=functools.partial(
            _with_stimuli,
            len(header.columns),
            kind.index,
            trial.index if is_named else None,
            namer,
        ),
    )


def _eye(header: Header, name: str, event: Column | None) -> Eye | None:
    x, y = (header.find(f"{name} {axis} [px]") for axis in "XY")
    flags = (Flag(event, _is_open),) if event else ()
    return Eye(x, y, flags) if x and y else None


def _if_found(column: Column | None) -> tuple[Column, ...]:
    return (column,) if column else ()


def _is_open(event: str) -> bool:
    return event.casefold() != "blink"


def _is_measured(category: str) -> bool:
    category = category.casefold()
    return category not in _NO_GAZE and not category.startswith("ue-")


def _is_fixation(category: str) -> bool:
    return category.casefold() in ("fixation", "visual intake")


def _only_one_eye(
    eye: Column, participant: Column | None, lines: Lines
) -> Lines:
    """Yields the rows of the eye that each participant's first row has."""
    chosen = {}
    for number, cells in lines:
        who = participant and cells[participant.index]
        if chosen.setdefault(who, cells[eye.index]) == cells[eye.index]:
            yield number, cells


def _facts(path: str, options: GazeOptions) -> dict[str, str]:
    """Returns the facts in the lines that begin with `##`."""
    facts = {}
    for line in read_text(path, options.encoding or find_encoding(path)):
        match = _FACT.fullmatch(line.strip())
        if match:
            facts[match[1]] = match[2]
        elif line.strip("#\r\n\t "):
            break
    return facts


def _space(area: str, options: GazeOptions) -> CoordinateSpace:
    size = re.fullmatch(r"([1-9]\d{0,4})\s+([1-9]\d{0,4})", area, re.ASCII)
    if size and not options.screen:
        return CoordinateSpace("screen", (int(size[2]), int(size[1])))
    return space_on_screen("screen", TRACKER, options)


def _name_in(pattern: re.Pattern | None, message: str) -> str | None:
    """Returns the stimulus that a message names, if any."""
    text = _MESSAGE.fullmatch(message.strip())[1]
    if pattern is None:
        return text if _FILE.fullmatch(text) else None
    match = pattern.search(text)
    return match and match[pattern.groups and 1]


def _names_stimuli(
    path: str, options: GazeOptions, namer: Callable[[str], str | None]
) -> bool:
    """Tells whether any message names a stimulus."""
    lines = read_text(path, options.encoding or find_encoding(path))
    return any(
        f"\t{_OTHER}\t" in line and namer(line.rpartition("\t")[2])
        for line in lines
    )


def _with_stimuli(
    num_columns: int,
    kind: int,
    stimulus: int | None,
    namer: Callable[[str], str | None],
    lines: Lines,
) -> Lines:
    """Writes the stimulus that the messages name into a column.

    A message that names one stays, as it tells when the stimulus appeared.
    """
    current = ""
    for number, cells in lines:
        if cells[kind : kind + 1] == [_OTHER]:
            name = namer(cells[-1])
            if stimulus is None or not name:
                continue
            current = name
            cells = [*cells[: kind + 1], *[""] * (num_columns - kind - 1)]
        if stimulus is not None:
            cells[stimulus] = current
        yield number, cells
