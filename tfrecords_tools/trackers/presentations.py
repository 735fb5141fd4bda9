"""Rows of a recording -> presentations of videos, each with its start.

A recording shows one video after the other. A presentation is a stretch of rows
that name the same video, without another video between them. The video starts
at the time of the earliest row.
"""

import numpy as np

# Rows without a video, such as key presses, end a presentation if they last
# longer.
MAX_BREAK_MS = 1000.0


def split_presentations(
    recording: np.ndarray,
    video: np.ndarray,
    time_ms: np.ndarray,
) -> np.ndarray:
    """Finds the presentations in rows that are in the order of the file.

    Args:
        recording: int `[n]`, one number for each observer and recording.
        video: int `[n]`; negative for rows without a video.
        time_ms: float64 `[n]`, on the clock of the recording.

    Returns:
        int64 `[n]`: the presentation of each row, from 0; -1 for rows without
        a video.
    """
    presentation = np.full(len(video), -1, np.int64)
    shown = np.flatnonzero(video >= 0)
    if not len(shown):
        return presentation
    # Rows of several recordings may alternate.
    shown = shown[np.argsort(recording[shown], kind="stable")]
    step = np.diff(time_ms[shown])
    # The number of rows of this recording without a video between two others.
    order = np.argsort(recording, kind="stable")
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    is_interrupted = np.diff(position[shown]) > 1
    starts = np.diff(recording[shown]) != 0
    starts |= np.diff(video[shown]) != 0
    starts |= is_interrupted & (step > MAX_BREAK_MS)
    starts |= step < -MAX_BREAK_MS  # A clock that starts again.
    presentation[shown] = np.concatenate([[0], np.cumsum(starts)])
    return presentation


def start_times(presentation: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Returns the earliest time of each presentation, float64 `[m]`."""
    count = int(presentation.max(initial=-1)) + 1
    starts = np.full(count, np.inf)
    shown = presentation >= 0
    np.minimum.at(starts, presentation[shown], time[shown])
    return starts


def is_repeated(
    observer: np.ndarray, video: np.ndarray, presentation: np.ndarray
) -> np.ndarray:
    """Tells which presentations an observer had seen before.

    Args:
        observer, video, presentation: int `[n]`, of each row.

    Returns:
        bool `[m]`, of each presentation.
    """
    count = int(presentation.max(initial=-1)) + 1
    shown = np.flatnonzero(presentation >= 0)
    _, first = np.unique(presentation[shown], return_index=True)
    repeated, seen = np.zeros(count, bool), set()
    for row in np.sort(shown[first]):
        pair = observer[row], video[row]
        repeated[presentation[row]] = pair in seen
        seen.add(pair)
    return repeated
