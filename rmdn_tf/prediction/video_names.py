"""Finds the videos among files and folders, and names their outputs."""

import collections
import os
from collections.abc import Iterator, Sequence

from rmdn_tf.files.safe_names import composed, file_name
from rmdn_tf.video.folders import VIDEO_SUFFIXES, videos_in
from rmdn_tf.video.picture_names import SUFFIXES
from rmdn_tf.video.sources import find_source


def named_videos(values: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Gives each video a name that no other one has.

    The name of a given file is its name without suffix. The name of a file in a
    given folder is its path in the folder without suffix, which is also its id
    in `rmdn prepare --dataset folder`; it begins with the name of the folder if
    several values are given. Videos that would have the same name keep their
    suffixes. If these names are the same, too, each video gets the name that
    `rmdn_tf.files.safe_names.file_name` makes of its whole path.

    Args:
        values: video files, pictures, and folders of them.

    Returns:
        Name -> path, in the order of the values, each file once; and the other
        files of the folders.

    Raises:
        ValueError: a value is a camera or a stream, or a folder without videos.
    """
    choices: dict[str, list[str]] = {}
    others: list[str] = []
    known = set()
    for value in values:
        found, more = _found(value, with_folder=len(values) > 1)
        others += more
        for path, name in found:
            if os.path.realpath(path) not in known:
                known.add(os.path.realpath(path))
                choices[path] = _choices(path, name)
    levels = _distinct(choices)
    return {choices[path][levels[path]]: path for path in choices}, others


def _found(
    value: str, with_folder: bool
) -> tuple[list[tuple[str, str]], list[str]]:
    """Returns paths with their names, and other files."""
    if find_source(value).is_live:
        raise ValueError(
            "Invalid --video. Expected files or folders. A camera or a stream "
            "must be the only --video, with outputs that do not contain "
            f"{{name}}. Received: '{value}'."
        )
    if not os.path.isdir(value):
        return [(value, os.path.basename(value))], []
    paths, others = videos_in(value)
    if not paths:
        suffixes = " ".join([*sorted(VIDEO_SUFFIXES), *SUFFIXES])
        raise ValueError(
            f"No video or picture in the folder '{value}'. Expected names that "
            f"end with {suffixes}. Received: {len(others)} other files."
        )
    folder = os.path.basename(os.path.abspath(value)) if with_folder else ""
    named = [
        (path, os.path.join(folder, os.path.relpath(path, value)))
        for path in paths
    ]
    return named, others


def _choices(path: str, name: str) -> list[str]:
    """Returns names for a video, the plainest first; the last is unique."""
    name = composed(name).replace(os.sep, "/")
    choices = [
        os.path.splitext(name)[0],
        name,
        file_name(os.path.abspath(path)),
    ]
    try:
        name.encode()
    except UnicodeEncodeError:  # TensorFlow takes no such path.
        return choices[-1:] * 3
    return choices


def _distinct(choices: dict[str, list[str]]) -> dict[str, int]:
    """Returns which name of each path to take, so that all names differ.

    Names that differ only in case count as equal, as they do in some file
    systems. No name is also a folder in another name.
    """
    levels = dict.fromkeys(choices, 0)
    while True:
        paths = collections.defaultdict(list)
        for path, names in choices.items():
            paths[names[levels[path]].casefold()].append(path)
        folders = {folder for name in paths for folder in _parents(name)}
        clashing = []
        for name, alike in paths.items():
            if len(alike) > 1 or name in folders:
                least = min(levels[path] for path in alike)
                clashing += [p for p in alike if levels[p] == least < 2]
        if not clashing:
            return levels
        for path in clashing:
            levels[path] += 1


def _parents(name: str) -> Iterator[str]:
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name
