"""Reads the table of splits of `folder`."""

from rmdn_tf.data.records import SPLITS
from tfrecords_tools.raw_files import invalid_line
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.delimited import read_lines

SPLIT_HEADER = ("video", "split")


def read_splits(path: str) -> dict[str, tuple[str, int]]:
    """Returns video id -> (split, number of the line)."""
    splits = {}
    _, lines = read_lines(path, SPLIT_HEADER)
    for number, (video_id, split) in lines:
        if split not in SPLITS:
            expected = f"a split, one of {SPLITS}"
            raise invalid_line(path, number, expected, split)
        if video_id in splits:
            raise SourceError(
                f"Two splits of the video '{video_id}': lines "
                f"{splits[video_id][1]} and {number} of '{path}'."
            )
        splits[video_id] = split, number
    return splits
