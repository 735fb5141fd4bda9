"""Refuses a dataset with gaze if hardly any gaze lies on the frames."""

import collections
from collections.abc import Sequence

from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.gaze.detection import SAMPLES_BETWEEN_GAPS
from tfrecords_tools.raw_video import Source, SourceError, VideoEntry
from tfrecords_tools.shards.statistics import Statistics

# A dataset must have a fixation for every 500 lost rows of gaze. A fixation
# stands for all samples of its frame, up to 200 (2000 Hz, 10 frames a second).
# So a dataset passes even if saccades and blinks take two thirds of its rows.
MAX_LOST_PER_FIXATION = 500

# So many videos are tried before the first one is encoded.
_NUM_TRIALS = 5

# Causes that begin with one of these words count lost rows or fixations.
_LOST = ("samples", "events", "fixations")

_TIMES = "Check the unit and the start of the times."
_ADVICE = {
    gaze.BEFORE_START: _TIMES,
    gaze.PAST_END: _TIMES,
    gaze.OUTSIDE: "Check the unit of x and y, and whether they count on a "
    "screen.",
    gaze.SAMPLES_OF_SACCADES: "Check the unit of time and the pixels in a "
    "degree.",
    SAMPLES_BETWEEN_GAPS: "Check the unit of time and the rate of the samples.",
}


class MissingGazeError(SourceError):
    """The raw data hold gaze, but hardly any of it lies on the frames."""


def check_gaze(source: Source, total: Statistics) -> None:
    """Refuses a dataset with gaze if hardly any of it lies on the frames.

    Args:
        total: counts of all videos.

    Raises:
        MissingGazeError: names the main cause and all counts.
    """
    if total.num_frames:  # Otherwise all videos are unreadable.
        _check(source, total.num_fixations, total.left_out)


def try_gaze(source: Source, entries: Sequence[VideoEntry]) -> None:
    """Checks the gaze of a few videos, before hours of encoding.

    Decodes no frame. An unreadable video is no error here, nor are videos
    without any row of gaze.

    Raises:
        MissingGazeError: hardly any gaze of these videos lies on the frames.
    """
    if not source.has_gaze():
        return
    num_fixations = 0
    left_out: collections.Counter[str] = collections.Counter()
    for entry in entries[:: len(entries) // _NUM_TRIALS + 1]:
        try:
            raw = source.open(entry)
        except (SourceError, OSError):
            continue
        num_fixations += len(raw.fixations)
        left_out += raw.left_out
    if _lost_gaze(left_out):  # If not, the gaze may be of other videos.
        _check(source, num_fixations, left_out)


def _lost_gaze(left_out: collections.Counter) -> collections.Counter:
    """Returns the counts of lost rows of gaze and lost fixations."""
    return collections.Counter(
        {
            cause: number
            for cause, number in left_out.items()
            if cause.startswith(_LOST) and cause != gaze.SAMPLES_BESIDE
        }
    )


def _check(
    source: Source, num_fixations: int, left_out: collections.Counter
) -> None:
    lost = _lost_gaze(left_out)
    total = lost.total()
    is_enough = num_fixations * MAX_LOST_PER_FIXATION >= max(total, 1)
    if is_enough or not (total or source.has_gaze()):
        return
    counts = lost.most_common()
    listed = "; ".join(f"{n} {cause}" for cause, n in counts) or "nothing"
    main = counts[0][0] if counts else "no gaze of these videos"
    raise MissingGazeError(
        f"{'Hardly any' if num_fixations else 'No'} gaze of '{source.name}' "
        "lies on the frames. Expected a fixation for every "
        f"{MAX_LOST_PER_FIXATION} rows left out. "
        f"Received: {num_fixations} fixations; left out: {listed}. "
        f"Main cause: {main}. {_ADVICE.get(main, '')}".rstrip()
        + " Give `--allow_missing_gaze` to prepare the dataset anyway."
    )
