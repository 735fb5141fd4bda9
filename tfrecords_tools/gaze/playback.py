"""The frames that a player really showed -> times of the video.

A player that falls behind shows frames late; one that keeps up with the sound
leaves frames out. Where a recording tells when each frame appeared, gaze is
assigned to the frame that the observer saw: as long as a frame was on display,
as much of its own time in the video passes.
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
        begin, end = (_frame_ms(frame + n, facts) for n in (0, 1))
        onset = rows[mine, 0]
        rows[mine, 0] = _moved(onset, shown_ms, begin, end)
        if is_events:
            ends = _moved(onset + rows[mine, 1], shown_ms, begin, end)
            rows[mine, 1] = ends - rows[mine, 0]
    return rows


def _frame_ms(frame: np.ndarray, facts: VideoFacts) -> np.ndarray:
    """Returns when frames appear in the video; the rate goes on at its end."""
    if facts.frame_times is None:
        return frame * 1000 / facts.frames_per_second
    numbers = np.arange(facts.num_frames)
    ms = 1000 * facts.frame_times
    past = np.maximum(frame - numbers[-1], 0) * 1000 / facts.frames_per_second
    return np.interp(frame, numbers, ms) + past


def _moved(
    time: np.ndarray, shown: np.ndarray, begin: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """Returns times of the video; before and after it, time just passes.

    Args:
        shown: when each frame appeared, increasing.
        begin, end: when it appears and disappears in the video.
    """
    before = np.minimum(time - shown[0], 0)
    after = np.maximum(time - shown[-1], 0)
    inside = np.clip(time, shown[0], shown[-1])
    # A frame is on display until the next one, this moment included.
    frame = np.maximum(np.searchsorted(shown, inside, "left") - 1, 0)
    left, right = shown[frame], shown[np.minimum(frame + 1, len(shown) - 1)]
    with np.errstate(invalid="ignore"):
        slope = (end[frame] - begin[frame]) / (right - left)
        moved = slope * (inside - left) + begin[frame]
    moved = np.where(inside == right, end[frame], moved)
    return np.where(inside == left, begin[frame], moved) + before + after
