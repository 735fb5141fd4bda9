"""What the columns of a table mean; a tracker's module tells it."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.trackers.headers import Column, Header


class Flag(NamedTuple):
    """A column that says yes or no, such as whether the eye was seen.

    Attributes:
        is_valid: takes a cell without spaces; tells whether it means yes.
    """

    column: Column
    is_valid: Callable[[str], bool]


class Eye(NamedTuple):
    """Gaze of one eye, or of both together.

    Attributes:
        flags: the eye was seen if any of them says so, or if there are no
            flags.
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
        time: time of the samples, or onset of the fixations; None for
            fixations on pictures, which may lack times.
        unit: unit of the times; None to find it from their steps.
        space: what x and y count, once `rectangle` is applied; None to find it
            from `screen`.
        video: name of the video; None if the whole file is of one video.
        observer: columns with the observer's name; the first one that is not
            empty counts. By default, the file names the observer.
        recording: column that separates recordings of one observer.
        duration: of fixations; a table without `duration` or `end` has samples.
        duration_unit: unit of `duration`, if it is not `unit`.
        end: end of fixations.
        is_clock: whether the times are those of the recording's clock. The
            video then starts at `zero`, or with the first row of each
            presentation.
        zero: time of the video's start on that clock, in `unit`, if known.
        zero_note: where time is zero, for the summary.
        rectangle: columns with left, top, width and height of the video in the
            pixels of x and y; the gaze becomes 0 to 1 of the video.
        screen: columns with width and height of the screen in pixels; or one
            with both, such as "1920 x 1080".
        is_upward: y counts upward from the bottom, from 0 to 1.
        is_sample: tells rows of gaze from others, such as key presses, which
            only mark the time.
        is_scene: whether the tracker's own camera took the video.
        is_folder_observer: whether the folder, not the file, names an observer
            whom no column names.
        needs_names: whether a row without video or observer is an error.
        is_strict: whether a name that is no video is an error.
        observer_name: name of the observer, if the file tells it once for all.
        rewrite: changes the lines, (number, cells), before they are read.
    """

    tracker: str
    eyes: tuple[Eye, ...]
    time: Column | None
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
        ends = (self.duration, self.end)
        return self.time is None or any(column is not None for column in ends)

    @property
    def columns(self) -> list[Column]:
        """All columns that are read."""
        places = [(eye.x, eye.y) for eye in self.eyes]
        flags = [flag.column for eye in self.eyes for flag in eye.flags]
        others = (
            *(self.time, self.video, self.recording),
            *(self.duration, self.end),
        )
        return [
            *(*itertools.chain(*places), *flags, *self.observer),
            *(column for column in others if column),
            *(self.rectangle or ()),
            *self.screen,
            *([self.is_sample.column] if self.is_sample else []),
        ]
