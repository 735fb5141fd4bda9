"""Reads EyeLink recordings: the `.asc` text that SR Research's edf2asc writes.

The lines `EFIX` are the tracker's own fixations. A file without them gives its
samples; with two eyes, the middle between both.

Messages of the experiment tell what was shown when. A trial begins with
`TRIALID`; in a file without it, a trial lies between `START` and `END`. One
message names the video of the trial; another one tells when it appeared. The
messages `!V VFRAME` tell both for every frame, and where it was drawn; gaze
then belongs to the frames that were really shown.

References:
    1. SR Research. "EyeLink 1000 Plus User Manual", section 4.9, "The ASC File
       Format". Samples, events and messages.
    2. SR Research. "EyeLink Data Viewer User's Manual", "Protocol for EyeLink
       Data to Viewer Integration". Trials, variables, frames of videos, and
       the offset at the start of a message, see also
       https://www.sr-research.com/support/thread-170.html.
    3. https://github.com/Psychtoolbox-3/Psychtoolbox-3, EyelinkToolbox,
       EyeLink_SimpleVideo.m. The messages of an experiment with videos.
"""

import collections
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tfrecords_tools.gaze.checks import without_eye
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.dialect import find_encoding
from tfrecords_tools.trackers.eyelink_lines import (
    Message,
    Recording,
    read_recording,
)
from tfrecords_tools.trackers.eyelink_screen import find_screen
from tfrecords_tools.trackers.eyelink_trials import Showing, Trials
from tfrecords_tools.trackers.gaze_table import GazeTable
from tfrecords_tools.trackers.merging import LATER_SHOWINGS
from tfrecords_tools.trackers.options import GazeOptions

OTHER_EYE = "fixations of the other eye"

_LINE = re.compile(r"(?:MSG|START|[SE](?:FIX|SACC|BLINK) [LR])\s+\d", re.ASCII)
_ACCURACY = re.compile(
    r"!CAL VALIDATION .*\b(LEFT|RIGHT)\b.*ERROR\s+([0-9.]+)\s+avg",
    re.IGNORECASE | re.ASCII,
)


def recognizes(first_lines: Iterable[str]) -> bool:
    """Tells an `.asc` file by its first lines."""
    return any(
        line.startswith("** CONVERTED FROM") or _LINE.match(line)
        for line in first_lines
    )


def read(path: str, options: GazeOptions) -> GazeTable:
    """Reads the recording of one observer, who is named after the file.

    Raises:
        SourceError: the file is unreadable or malformed, or does not tell
            which video was shown when.
    """
    encoding = options.encoding or find_encoding(path)
    recording = read_recording(path, encoding)
    if not (recording.messages or recording.fixations or recording.samples):
        raise SourceError(
            f"Invalid gaze file '{path}'. Expected an EyeLink .asc file, with "
            "lines such as 'MSG 1234 TRIALID 1'. Received: no such line."
        )
    trials = Trials(path, recording.messages, options)
    screen = find_screen(path, recording.messages, options)
    by_eye, is_events = _gaze(path, recording)
    preferred = _better_eye(recording.messages)
    rows, shown, left_out = _first_showings(
        trials.showings, by_eye, preferred, is_events
    )
    for of_video in rows.values():
        of_video[:, -3:-1] -= screen.origin
    spaces = screen.spaces(trials.rectangles)
    return GazeTable(
        is_events=is_events,
        rows=rows,
        lines={name: showing.line for name, showing in shown.items()},
        observers=(os.path.splitext(os.path.basename(path))[0],),
        left_out={name: +counts for name, counts in left_out.items()},
        understood=_understood(recording, trials, is_events, spaces),
        space=CoordinateSpace("screen", screen.size),
        spaces=spaces,
        playbacks={
            name: showing.playback
            for name, showing in shown.items()
            if showing.playback is not None
        },
    )


def _first_showings(
    showings: Iterable[Showing],
    by_eye: Mapping[str, np.ndarray],
    preferred: str,
    is_events: bool,
) -> tuple[dict, dict, dict]:
    """Returns the rows, showing and counts of `left_out` of each video."""
    rows: dict[str, np.ndarray] = {}
    shown: dict[str, Showing] = {}
    left_out: dict[str, collections.Counter[str]] = collections.defaultdict(
        collections.Counter
    )
    for showing in showings:
        name = showing.stimulus
        mine, num_others = _cut_eye(by_eye, showing, preferred, is_events)
        if len(rows.get(name, ())):
            # Who sees a video again looks elsewhere.
            left_out[name][LATER_SHOWINGS] += len(mine) + num_others
            continue
        rows[name], lost = without_eye(mine, is_events)
        shown[name] = showing
        left_out[name] += lost + collections.Counter({OTHER_EYE: num_others})
    return rows, shown, left_out


def _cut_eye(
    by_eye: Mapping[str, np.ndarray],
    showing: Showing,
    preferred: str,
    is_events: bool,
) -> tuple[np.ndarray, int]:
    """Returns the rows of one eye in a showing, and the others' number."""
    parts = {
        eye: _cut(rows, showing, is_events) for eye, rows in by_eye.items()
    }
    most = max(parts, key=lambda eye: len(parts[eye]))
    rows = parts.pop(preferred if len(parts.get(preferred, ())) else most)
    return rows, sum(map(len, parts.values()))


def _cut(rows: np.ndarray, showing: Showing, is_events: bool) -> np.ndarray:
    """Returns the rows that overlap a showing; times count from its start."""
    rows = rows[: np.searchsorted(rows[:, 0], showing.end_ms)]
    is_shown = rows[:, 0] >= showing.start_ms
    if is_events:
        is_shown |= rows[:, 0] + rows[:, 1] > showing.start_ms
    rows = rows[is_shown]
    rows[:, 0] -= showing.start_ms
    return rows


def _gaze(
    path: str, recording: Recording
) -> tuple[dict[str, np.ndarray], bool]:
    """Returns eye -> rows sorted by time, and whether they are fixations.

    The last column is the observer, number 0.
    """
    is_events = bool(recording.fixations)
    gaze: Mapping[str, Any] = recording.fixations
    if not is_events:
        samples = np.concatenate([np.zeros([0, 3]), *recording.samples])
        gaze = {"": samples}
    rows = {
        eye: np.column_stack([numbers, np.zeros(len(numbers))])
        for eye, numbers in gaze.items()
    }
    for numbers in rows.values():
        if np.any(np.diff(numbers[:, 0]) < 0):
            raise SourceError(
                f"Invalid times in '{path}': the clock goes back. Expected "
                "one recording in a file."
            )
    return rows, is_events


def _better_eye(messages: Sequence[Message]) -> str:
    """Returns "L" or "R": the smaller error in validation; else "R"."""
    errors = {}
    for match in (_ACCURACY.match(m.text) for m in messages):
        if match:
            errors[match[1][0].upper()] = float(match[2])
    return min(["R", "L"], key=lambda eye: errors.get(eye, np.inf))


def _understood(
    recording: Recording,
    trials: Trials,
    is_events: bool,
    spaces: Mapping[str, CoordinateSpace],
) -> dict[str, str]:
    starts = [repr(text) for text in trials.starts]
    more = ", ..." if len(starts) > 3 else ""
    others, rate = trials.num_others, recording.rate
    return {
        "format": f"EyeLink .asc, {'fixations' if is_events else 'samples'}",
        "eyes": recording.eyes,
        "unit of time": "milliseconds",
        "time zero": f"the message {', '.join(starts[:3])}{more}",
        **({"samples": f"{rate:g} a second"} if np.isfinite(rate) else {}),
        **{f"place of '{name}'": str(s) for name, s in [*spaces.items()][:1]},
        "trials": f"{len(trials.showings)} with a video, {others} without it "
        "or its start",
    }
