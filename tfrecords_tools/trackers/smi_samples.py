"""Samples of SMI as text, by the IDF Converter or BeGaze.

Lines with `##` tell facts of the recording. The columns are `Time` in
microseconds, `Type`, `L POR X [px]` and others. A column `Stimulus` names the
stimulus, or a line of the type MSG does when it appears: `# Message: clip.avi`.
A file without either is of one video.

x and y are pixels of the screen, whose size is the fact "Calibration Area".

References:
    1. SensoMotoric Instruments, "iView X Manual", "IDF Converter".
    2. Test files of https://github.com/pymovements/pymovements, module
       `_parsing_begaze`; and the raw gaze of DHF1K.
"""

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.trackers.dialect import find_encoding, read_text
from tfrecords_tools.trackers.eyelink_messages import match_name
from tfrecords_tools.trackers.headers import Header
from tfrecords_tools.trackers.layout import Flag, Layout, find_eye, find_flag
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import space_on_screen

TRACKER = "SMI"

Lines = Iterator[tuple[int, list[str]]]

_SAMPLE, _OTHER = "SMP", "MSG"
_FACT = re.compile(r"##\s*([^:]+?)\s*:\s*(.*)")
_MARK = re.compile(r"#?\s*(?:Message:)?\s*")
_FILE = re.compile(r".*\.[A-Za-z][A-Za-z0-9]{1,4}", re.ASCII)


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None for another table."""
    time, kind = header.find("Time"), header.find("Type")
    event = find_flag(header, "Event Info", is_open) or find_flag(
        header, "Info", is_open
    )
    eyes = [
        find_eye(
            header,
            f"{side} POR {{}} [px]",
            find_flag(header, f"{side} Event Info", is_open) or event,
        )
        for side in "LR"
    ]
    if not (time and kind and any(eyes)):
        return None
    facts = _facts(path, options)
    namer = functools.partial(_name_in, options.stimulus_message)
    stimulus, trial = header.find("Stimulus"), header.find("Trial", "Set")
    named = None
    if not stimulus and trial and _names_stimuli(path, options, namer):
        stimulus = named = dataclasses.replace(trial, name="# Message")
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
            named.index if named else None,
            namer,
        ),
    )


def is_open(event: str) -> bool:
    """Tells whether an event is no blink."""
    return event.casefold() != "blink"


def _facts(path: str, options: GazeOptions) -> dict[str, str]:
    """Returns the facts in the lines that begin with `##`."""
    facts = {}
    for line in read_text(path, options.encoding or find_encoding(path)):
        match = _FACT.fullmatch(line.strip())
        if match:
            facts[match[1]] = match[2]
        elif line.strip() and not line.startswith("##"):
            break
    return facts


def _space(area: str, options: GazeOptions) -> CoordinateSpace:
    size = re.fullmatch(r"([1-9]\d{0,4})\s+([1-9]\d{0,4})", area, re.ASCII)
    if size and not options.screen:
        return CoordinateSpace("screen", (int(size[2]), int(size[1])))
    return space_on_screen("screen", TRACKER, options)


def _name_in(pattern: str | None, message: str) -> str | None:
    """Returns the stimulus that a message names, if any."""
    text = _MARK.sub("", message.strip(), count=1)
    if pattern is None:
        return text if _FILE.fullmatch(text) else None
    match = re.search(pattern, text)
    return match and match_name(match)


def _names_stimuli(
    path: str, options: GazeOptions, namer: Callable[[str], str | None]
) -> bool:
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

    Such a message stays as a row, since it tells when the stimulus appeared.
    """
    current = ""
    for number, cells in lines:
        if cells[kind : kind + 1] == [_OTHER]:
            name = namer(next(filter(None, reversed(cells))))
            if stimulus is None or not name:
                continue
            current = name
            cells = [*cells[: kind + 1], *[""] * (num_columns - kind - 1)]
        if stimulus is not None and stimulus < len(cells):
            cells[stimulus] = current
        yield number, cells
