"""The frames that a player really showed -> times of the video.

A player that falls behind shows frames late; one that keeps up with the sound
leaves frames out. Where a recording tells when each frame appeared, gaze is
assigned to the frame that the observer saw.
"""

import numpy as np

from tfrecords_tools.frames.facts import VideoFacts

# Columns of an array of shown frames; the number counts from 0.
PLAYBACK_COLUMNS = ("frame", "shown_ms", "observer")


def to_video_time(
    rows: np.ndarray,
    playback: np.ndarray,
    facts: VideoFacts,
    *,
    is_events: bool,
) -> np.ndarray:
    """Moves gaze to the time at which its frame appears in the video.

    Args:
        rows: float64 `[n, 5]` events, or `[n, 4]` samples in time; the first
            column counts ms on the clock of the playback, the last one is the
            observer.
        playback: float64 `[m, 3]`, columns `PLAYBACK_COLUMNS`, of any number of
            observers; frames and times increase for each one. Observers who
            are missing saw each frame at its time.
        is_events: whether the second column is a duration.

    Returns:
        A copy of the rows, in ms of the video.
    """
    rows = np.array(rows, np.float64)
    for observer in np.unique(playback[:, 2]):
        frame, shown_ms, _ = playback[playback[:, 2] == observer].T
        mine = rows[:, -1] == observer
        video_ms = _frame_ms(frame, facts)
        onset = rows[mine, 0]
        rows[mine, 0] = _interpolate(onset, shown_ms, video_ms)
        if is_events:
            end = _interpolate(onset + rows[mine, 1], shown_ms, video_ms)
            rows[mine, 1] = end - rows[mine, 0]
    return rows


def _frame_ms(frame: np.ndarray, facts: VideoFacts) -> np.ndarray:
    """Returns when frames appear in the video; the rate goes on at its end."""
    if facts.frame_times is None:
        return frame * 1000 / facts.frames_per_second
    numbers = np.arange(facts.num_frames)
    ms = 1000 * facts.frame_times
    past = np.maximum(frame - numbers[-1], 0) * 1000 / facts.frames_per_second
    return np.interp(frame, numbers, ms) + past


def _interpolate(
    time: np.ndarray, known: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Interpolates; before and after what is known, time just passes."""
    before = np.minimum(time - known[0], 0)
    after = np.maximum(time - known[-1], 0)
    return np.interp(time, known, values) + before + after
