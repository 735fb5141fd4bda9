"""Where a table holds what: the answer of a tracker's module to a header."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.trackers.headers import Column, Header


class Flag(NamedTuple):
    """A column in which the tracker says whether it saw the eye.

    Attributes:
        is_valid: cell without spaces -> whether it saw the eye.
    """

    column: Column
    is_valid: Callable[[str], bool]


class Eye(NamedTuple):
    """Gaze of one eye, or of both together.

    Attributes:
        flags: the eye was seen if any of them says so; always without flags.
    """

    x: Column
    y: Column
    flags: tuple[Flag, ...] = ()


def one_of(*cells: str) -> Callable[[str], bool]:
    """Returns a function that finds a cell among others, in lower case."""
    return lambda cell: cell.casefold() in cells


def find_flag(
    header: Header, name: str, is_valid: Callable[[str], bool]
) -> Flag | None:
    """Finds a column by `Header.find`."""
    column = header.find(name)
    return Flag(column, is_valid) if column else None


def find_eye(header: Header, name: str, *flags: Flag | None) -> Eye | None:
    """Finds the columns of x and y; None if one is missing.

    Args:
        name: for `Header.find`; `{}` stands for x and for y.
        flags: None for a column that the table lacks.
    """
    x, y = (header.find(name.format(axis)) for axis in "xy")
    return Eye(x, y, tuple(filter(None, flags))) if x and y else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
    """The columns of a table and their meaning.

    Attributes:
        tracker: what wrote the table, for the summary.
        eyes: one or two; the gaze is the mean of the eyes that were seen.
        time: time of the samples, or onset of the fixations.
        unit: unit of the times; None if only the distances of the samples tell.
        space: what x and y count, after `rectangle`; None if `screen` tells.
        video: None if the file does not name it.
        observer: columns of which the first that is not empty names the
            observer; without them it is the file.
        recording: column that separates recordings of one observer.
        duration: of fixations; a table without `duration` or `end` has samples.
        duration_unit: its unit, if other than that of the times.
        end: end of fixations.
        is_clock: times count from anywhere; 0 is the start of a presentation.
        zero: the time of the video's start on that clock, if known, in `unit`.
        zero_note: where time is zero, for the summary.
        rectangle: columns with left, top, width and height of the video in the
            pixels of x and y; the gaze becomes 0 to 1 of the video.
        screen: columns with width and height of the screen in pixels; or one
            with both, such as "1920 x 1080".
        is_upward: y counts upward from the bottom, from 0 to 1.
        is_sample: which rows are samples of gaze; others, such as key presses,
            only mark time.
        is_scene: gaze is on the video that the tracker's own camera took.
        is_folder_observer: without columns of the observer, the folder names
            the observer, not the file.
        needs_names: a row without video or observer is an error.
        is_strict: a name that is no video is an error.
        observer_name: of the observer of the whole file; by default the file's.
        rewrite: changes the lines, (number, cells), before they are read.
    """

    tracker: str
    eyes: tuple[Eye, ...]
    time: Column
    unit: str | None
    space: CoordinateSpace | None
    video: Column | None = None
    observer: tuple[Column, ...] = ()
    recording: Column | None = None
    duration: Column | None = None
    duration_unit: str | None = None
    end: Column | None = None
    is_clock: bool = True
    zero: float | None = None
    zero_note: str = ""
    rectangle: tuple[Column, Column, Column, Column] | None = None
    screen: tuple[Column, ...] = ()
    is_upward: bool = False
    is_sample: Flag | None = None
    is_scene: bool = False
    is_folder_observer: bool = False
    needs_names: bool = False
    is_strict: bool = False
    observer_name: str = ""
    rewrite: Callable[[Iterator], Iterator] | None = None

    @property
    def is_events(self) -> bool:
        """Whether the rows are fixations."""
        return self.duration is not None or self.end is not None

    @property
    def columns(self) -> list[Column]:
        """All columns that are read."""
        places = [(eye.x, eye.y) for eye in self.eyes]
        flags = [flag.column for eye in self.eyes for flag in eye.flags]
        others = (self.video, self.recording, self.duration, self.end)
        return [
            *(self.time, *itertools.chain(*places), *flags, *self.observer),
            *(column for column in others if column),
            *(self.rectangle or ()),
            *self.screen,
            *([self.is_sample.column] if self.is_sample else []),
        ]
