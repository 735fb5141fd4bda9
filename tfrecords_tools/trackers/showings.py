"""The times at which a recording shows its stimuli -> rows of each stimulus."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Showing:
    """A time in which one stimulus was shown.

    Attributes:
        stimulus: as the export names it.
        start_ms, end_ms: on the clock of the recording.
        line: number of the line that names the stimulus.
        frames: number of each shown frame, from 0; empty if unknown.
        frame_ms: when it appeared, on the clock of the recording.
    """

    stimulus: str
    start_ms: float
    end_ms: float
    line: int
    frames: np.ndarray = dataclasses.field(
        default_factory=lambda: np.zeros([0]), compare=False
    )
    frame_ms: np.ndarray = dataclasses.field(
        default_factory=lambda: np.zeros([0]), compare=False
    )


def cut_events(events: np.ndarray, showing: Showing) -> np.ndarray:
    """Returns the events, columns onset, duration, ..., that overlap it.

    Their onsets are counted from the showing's start.
    """
    onset = events[:, 0]
    is_inside = (onset < showing.end_ms) & (
        onset + events[:, 1] > showing.start_ms
    )
    return events[is_inside] - _shift(showing, events)


def cut_samples(samples: np.ndarray, showing: Showing) -> np.ndarray:
    """Returns the samples, in order of time, column 0, that lie in it."""
    begin, end = np.searchsorted(
        samples[:, 0], [showing.start_ms, showing.end_ms]
    )
    return samples[begin:end] - _shift(showing, samples)


def _shift(showing: Showing, rows: np.ndarray) -> np.ndarray:
    shift = np.zeros(rows.shape[1])
    shift[0] = showing.start_ms
    return shift
