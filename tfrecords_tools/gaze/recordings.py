"""Gaze files, one for each observer and video."""

from collections.abc import Callable, Hashable, Iterable, Mapping

from tfrecords_tools.raw_video import SourceError

Recordings = Mapping[Hashable, Mapping[int, str]]
"""Video -> observer -> path."""


def group_recordings(
    paths: Iterable[str],
    parse: Callable[[str], tuple[Hashable, int] | None],
) -> tuple[Recordings, int]:
    """Groups gaze files by video and observer.

    Args:
        paths: of all files.
        parse: returns the video and the observer of a path, or None for
            another file.

    Returns:
        The recordings, and the number of other files.

    Raises:
        SourceError: an observer has two recordings of one video.
    """
    recordings = {}
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
                f"{video!r}: '{first}' and '{path}'."
            )
    return recordings, num_others
