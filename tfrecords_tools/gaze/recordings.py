"""Gaze files, one for each observer and video."""

import collections
from collections.abc import Callable, Hashable, Iterable, Mapping

import numpy as np

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.gaze.fixations import samples_to_fixations
from tfrecords_tools.raw_video import SourceError

# Video -> observer -> path.
Recordings = Mapping[Hashable, Mapping[int, str]]


def group_recordings(
    paths: Iterable[str],
    parse: Callable[[str], tuple[Hashable, int] | None],
) -> tuple[Recordings, int]:
    """Groups gaze files by video and observer.

    Args:
        paths: all files.
        parse: path -> (video, observer), or None if it is no gaze file.

    Returns:
        The recordings, and the number of other files.

    Raises:
        SourceError: an observer has two recordings of one video.
    """
    recordings: dict[Hashable, dict[int, str]] = {}
    num_others = 0
    for path in paths:
        parsed = parse(path)
        if parsed is None:
            num_others += 1
            continue
        video, observer = parsed
        first = recordings.setdefault(video, {}).setdefault(observer, path)
        if first != path:
            raise SourceError(
                f"Two recordings of the observer {observer} and the video "
                f"{video!r}: '{first}' and '{path}'. Keep one of them."
            )
    return recordings, num_others


def read_recordings(
    paths: Mapping[int, str],
    read: Callable[[str], tuple[np.ndarray, collections.Counter]],
    facts: VideoFacts,
    space: CoordinateSpace,
) -> tuple[Fixations, collections.Counter]:
    """Reads the recordings of one video.

    Args:
        paths: observer -> path.
        read: path -> (samples of fixations, cause -> number of other samples).
            The samples are float64 `[n, 3]`: frame time (see `SAMPLE_COLUMNS`),
            x and y.
        facts: of the video.
        space: the unit and the origin of x and y.

    Returns:
        What `samples_to_fixations` returns.
    """
    samples = [np.zeros([0, 4])]
    left_out: collections.Counter[str] = collections.Counter()
    for observer, path in paths.items():
        rows, others = read(path)
        left_out += others
        points = space.to_video(rows[:, 1:], facts)
        observers = np.full(len(rows), observer)
        samples.append(np.column_stack([rows[:, 0], points, observers]))
    fixations, more = samples_to_fixations(
        np.concatenate(samples), facts.size, facts.num_frames
    )
    return fixations, left_out + more
