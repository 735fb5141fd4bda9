"""Reads the table of splits of `folder`."""

from rmdn_tf.data.records import SPLITS
from rmdn_tf.files.safe_names import composed
from tfrecords_tools.raw_files import MAX_QUOTED, invalid_line
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.dialect import find_encoding, read_cells

SPLIT_HEADER = ["video", "split"]


def read_splits(path: str) -> dict[str, tuple[str, int]]:
    """Returns video id -> (split, number of the line)."""
    splits = {}
    lines = read_cells(path, find_encoding(path), ",")
    number, header = next(lines, (1, []))
    if [cell.strip() for cell in header] != SPLIT_HEADER:
        raise SourceError(
            f"Invalid header, line {number}, of '{path}'. Expected "
            f"'{','.join(SPLIT_HEADER)}'. "
            f"Received: {','.join(header)[:MAX_QUOTED]!r}."
        )
    for number, cells in lines:
        video_id, split = (*map(str.strip, cells), "", "")[:2]
        video_id = composed(video_id)
        if len(cells) != len(SPLIT_HEADER) or not video_id:
            expected = f"{len(SPLIT_HEADER)} cells, the first with the video"
            raise invalid_line(path, number, expected, ",".join(cells))
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
