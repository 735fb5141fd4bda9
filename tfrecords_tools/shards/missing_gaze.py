"""Refuses a dataset whose gaze is lost: hardly any landed on its frames."""

import collections
from collections.abc import Iterable, Sequence

from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.gaze.detection import SAMPLES_BETWEEN_GAPS
from tfrecords_tools.raw_video import Source, SourceError, VideoEntry
from tfrecords_tools.shards.shard_reports import ShardReport
from tfrecords_tools.shards.statistics import Statistics

# Fewer fixations than one for so many lost rows is hardly any. One fixation
# stands for the samples of a frame: for 200 of a tracker of 2000 Hz at 10
# frames a second. So a dataset passes even if two thirds of its samples were
# lost, as in recordings with many saccades and blinks.
MAX_LOST_PER_FIXATION = 500

# As many videos tell before the first one is encoded.
_NUM_TRIALS = 5

# A cause that begins so counts rows or fixations that were lost.
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
    """The raw data hold gaze, but hardly any landed on the frames."""


def check_gaze(source: Source, reports: Iterable[ShardReport]) -> None:
    """Refuses a dataset with gaze of which hardly any landed on the frames.

    Raises:
        MissingGazeError: names the main cause and all counts.
    """
    total = Statistics()
    for report in reports:
        total.add(report.statistics)
    if total.num_frames:  # Otherwise all videos are unreadable.
        _check(source, total.num_fixations, total.left_out)


def try_gaze(source: Source, entries: Sequence[VideoEntry]) -> None:
    """Refuses the gaze of a few videos, before hours of encoding.

    Decodes nothing. An unreadable video is no error here.

    Raises:
        MissingGazeError: rows of gaze were read, but hardly any landed.
    """
    if not source.has_gaze():
        return
    num_fixations, left_out = 0, collections.Counter()
    for entry in entries[:: len(entries) // _NUM_TRIALS + 1]:
        try:
            raw = source.open(entry)
        except (SourceError, OSError):
            continue
        num_fixations += len(raw.fixations)
        left_out += raw.left_out
    if _lost_gaze(left_out):  # Otherwise only other videos may have gaze.
        _check(source, num_fixations, left_out)


def _lost_gaze(left_out: collections.Counter) -> collections.Counter:
    """Returns the causes that count rows of gaze or fixations."""
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
    has_any = num_fixations * MAX_LOST_PER_FIXATION >= max(total, 1)
    if has_any or not (total or source.has_gaze()):
        return
    counts = lost.most_common()
    listed = "; ".join(f"{number} {cause}" for cause, number in counts)
    main = counts[0][0] if counts else "no gaze of these videos"
    raise MissingGazeError(
        f"{'Hardly any' if num_fixations else 'No'} gaze of '{source.name}' "
        "landed on the frames. Expected "
        f"at least one fixation for {MAX_LOST_PER_FIXATION} rows left out. "
        f"Received: {num_fixations} fixations; left out: {listed or 'none'}. "
        f"Main cause: {main}. {_ADVICE.get(main, '')}".rstrip()
        + " Give `--allow_missing_gaze` to prepare the dataset all the same."
    )
