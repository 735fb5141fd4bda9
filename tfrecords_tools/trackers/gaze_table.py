"""The table of gaze that every reader of a format returns."""

import collections
import dataclasses
from collections.abc import Mapping

import numpy as np

from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.gaze.playback import to_video_time


@dataclasses.dataclass(frozen=True)
class GazeTable:
    """Gaze of any number of observers on any number of stimuli, in memory.

    Attributes:
        is_events: whether the rows are fixations; otherwise they are samples.
        rows: stimulus, as the export names it -> float64; of fixations
            `[n, 5]`, columns `EVENT_COLUMNS`, of samples `[n, 4]`, columns
            `TIMED_SAMPLE_COLUMNS`. Times are milliseconds from the start of
            the stimulus. The observer is an index into `observers`. A sample
            without an eye has NaN as x and y.
        lines: stimulus -> number of the first line that names it, for errors.
        observers: names.
        left_out: stimulus -> cause -> number of rows that were dropped, or of
            samples without an eye.
        understood: what the summary prints, such as "unit of time" ->
            "milliseconds".
        space: what x and y count.
        spaces: stimulus -> its own space, where that is not `space`.
        playbacks: stimulus -> when its frames were really shown, if the export
            tells, float64 `[m, 3]`, columns `PLAYBACK_COLUMNS`.
        is_strict: whether a stimulus that is no video is an error.
        has_times: False for fixations on pictures, all at 0 ms.
    """

    is_events: bool
    rows: Mapping[str, np.ndarray]
    lines: Mapping[str, int]
    observers: tuple[str, ...]
    left_out: Mapping[str, collections.Counter] = dataclasses.field(
        default_factory=dict
    )
    understood: Mapping[str, str] = dataclasses.field(default_factory=dict)
    space: CoordinateSpace = CoordinateSpace()
    spaces: Mapping[str, CoordinateSpace] = dataclasses.field(
        default_factory=dict
    )
    playbacks: Mapping[str, np.ndarray] = dataclasses.field(
        default_factory=dict
    )
    is_strict: bool = False
    has_times: bool = True

    def to_video(
        self, stimulus: str, rows: np.ndarray, facts: VideoFacts
    ) -> np.ndarray:
        """Converts rows to the video's own time and place.

        Args:
            stimulus: name of a stimulus in the table.
            rows: its rows.
            facts: of the video that was shown.

        Returns:
            Rows of the same shape, in ms and in pixels of the video.
        """
        columns = slice(-3, -1)  # x and y stand before the observer.
        space = self.spaces.get(stimulus, self.space)
        rows = np.array(rows, np.float64)
        rows[:, columns] = space.to_video(rows[:, columns], facts)
        if stimulus not in self.playbacks:
            return rows
        return to_video_time(
            rows, self.playbacks[stimulus], facts, is_events=self.is_events
        )


def number_observers(names: tuple[str, ...]) -> np.ndarray:
    """Returns the number of each observer in records, int64 `[n]`.

    Names that are all whole numbers stay. Otherwise observers are numbered from
    0 in the order of their names.
    """
    # "07" is no number here, since it would become the observer "7".
    if all(
        n.isascii() and n.isdecimal() and len(n) <= 15 and n == str(int(n))
        for n in names
    ):
        return np.array([int(name) for name in names], np.int64)
    indices = {name: index for index, name in enumerate(sorted(set(names)))}
    return np.array([indices[name] for name in names], np.int64)
