"""Finds the videos, or the pictures, of a folder."""

import os
from collections.abc import Callable, Iterator

from rmdn_tf.video.picture_names import is_picture_name

VIDEO_SUFFIXES = frozenset(
    ".3gp .asf .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv "
    ".ts .vob .webm .wmv .y4m".split()
)


# Goes through folders as `os.walk` does.
Walk = Callable[..., Iterator[tuple[str, list[str], list[str]]]]


def is_video_name(path: str | os.PathLike) -> bool:
    """Tells whether a path is that of a video file, by its suffix."""
    return os.path.splitext(path)[1].lower() in VIDEO_SUFFIXES


def videos_in(
    folder: str | os.PathLike[str],
    error: type[Exception] = ValueError,
    find: Walk | None = None,
) -> tuple[list[str], list[str]]:
    """Finds the files of a folder and its sub-folders, by their suffixes.

    Hidden files and folders are passed over. In a folder with videos a picture
    counts as another file, since it may be a preview.

    Args:
        folder: the folder.
        error: class of the error; see `walk`.
        find: what goes through the folders; None for `walk`.

    Returns:
        The paths of the videos, or of the pictures in a folder without any
        video; and those of all other files.
    """
    paths = []
    for directory, folders, files in (find or walk)(folder, error):
        folders[:] = [name for name in folders if not name.startswith(".")]
        shown = [name for name in files if not name.startswith(".")]
        paths += [os.path.join(directory, name) for name in shown]
    has_videos = any(map(is_video_name, paths))
    is_wanted = is_video_name if has_videos else is_picture_name
    wanted = [path for path in paths if is_wanted(path)]
    return wanted, [path for path in paths if not is_wanted(path)]


def walk(
    folder: str | os.PathLike[str], error: type[Exception] = ValueError
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Works like `os.walk`, but sorts names and follows links.

    Args:
        folder: the folder.
        error: class of the error for an unreadable folder, or for links that
            form a circle.
    """

    def refuse(cause: OSError) -> None:
        raise error(
            f"Unreadable folder '{cause.filename}': {cause.strerror}."
        ) from cause

    for path, folders, files in os.walk(
        folder, onerror=refuse, followlinks=True
    ):
        parent = os.path.join(os.path.realpath(os.path.dirname(path)), "")
        target = os.path.join(os.path.realpath(path), "")
        if os.path.islink(path) and parent.startswith(target):
            raise error(f"The link '{path}' leads in a circle. Remove it.")
        folders.sort()
        yield path, folders, sorted(files)
