"""Times on the clock of a player -> times of the video.

A player may show frames late or leave frames out. If a recording tells when
each frame appeared, gaze belongs to the frame that the observer really saw: the
time for which a frame was on display is mapped to its own time in the video.
"""

import numpy as np

from tfrecords_tools.frames.facts import VideoFacts

# Columns of an array of shown frames; frames count from 0.
PLAYBACK_COLUMNS = ("frame", "shown_ms", "observer")


def to_video_time(
    rows: np.ndarray,
    playback: np.ndarray,
    facts: VideoFacts,
    *,
    is_events: bool,
) -> np.ndarray:
    """Changes the times of gaze from the player's clock to the video's.

    Args:
        rows: float64, events `[n, 5]`, columns `EVENT_COLUMNS`, or samples
            `[n, 4]`, columns `TIMED_SAMPLE_COLUMNS`; ms of the player.
        playback: float64 `[m, 3]`, columns `PLAYBACK_COLUMNS`, of any number of
            observers; the frames and times of each one increase. The rows of
            other observers stay as they are.

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
    """Returns when frames appear; after the end, at the average rate."""
    if facts.frame_times is None:
        return frame * 1000 / facts.frames_per_second
    numbers = np.arange(facts.num_frames)
    ms = 1000 * facts.frame_times
    past = np.maximum(frame - numbers[-1], 0) * 1000 / facts.frames_per_second
    return np.interp(frame, numbers, ms) + past


def _moved(
    time: np.ndarray, shown: np.ndarray, begin: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """Maps times; before the first frame and after the last, a ms is a ms.

    Args:
        shown: when each frame appeared, increasing.
        begin, end: when the frame appears and disappears in the video.
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
