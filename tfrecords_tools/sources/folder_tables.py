"""The table of splits of the user's own videos, or of any dataset."""

from collections.abc import Callable, Collection

from rmdn_tf.data.records import SPLITS
from rmdn_tf.files.safe_names import composed
from tfrecords_tools.raw_files import MAX_QUOTED, invalid_line
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.dialect import find_encoding, read_cells

SPLIT_HEADER = ["video", "split"]


def unknown_video(
    video_id: str, path: str, line: int, advice: str = ""
) -> SourceError:
    """Returns the error to raise for a table that names an unknown video."""
    return SourceError(
        f"No video '{video_id}' in the folder, though line {line} of '{path}' "
        "names it. Expected the video's path in the folder, with '/' and "
        f"without suffix.{advice}"
    )


def read_splits(
    path: str,
    videos: Collection[str],
    unknown: Callable[[str, str, int], SourceError] = unknown_video,
) -> dict[str, str]:
    """Returns video id -> split, for exactly the ids in `videos`.

    `unknown` makes the error of an id that is not among them, from the id, the
    path and the number of the line.
    """
    splits: dict[str, str] = {}
    line_of: dict[str, int] = {}
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
                f"{line_of[video_id]} and {number} of '{path}'."
            )
        if video_id not in videos:
            raise unknown(video_id, path, number)
        splits[video_id], line_of[video_id] = split, number
    for video_id in videos:
        if video_id not in splits:
            raise SourceError(
                f"No split of the video '{video_id}': '{path}' has no line for "
                "it."
            )
    return splits
