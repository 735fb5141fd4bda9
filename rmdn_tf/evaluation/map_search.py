"""Finds where the maps of a video lie, in the layouts of many tools."""

import functools
import os
from collections.abc import Iterable
from typing import Any

from rmdn_tf.evaluation.map_arrays import ARRAY_SUFFIXES
from rmdn_tf.evaluation.map_errors import MapError
from rmdn_tf.evaluation.map_videos import VIDEO_SUFFIXES
from rmdn_tf.files.safe_names import composed, file_name

# Files that hold all maps of a video.
WHOLE_SUFFIXES = (*ARRAY_SUFFIXES, *VIDEO_SUFFIXES)

# Tools add one of these to the name of a video.
_ENDINGS = ("_sal", "_saliency", "_pred")

# Folders between the directory and the videos: the dataset, its split.
_MOST_LEVELS = 3


class MapSearch:
    """Finds the folder or file with the maps of a video.

    It lies under the video's id in the directory, or in a folder up to three
    levels below, such as that of a dataset. All videos lie in one such folder.

    Names may differ in Unicode form, case, zeros before a number, and an ending
    such as `_sal`. The exact name goes first.
    """

    def __init__(self, directory: str):
        self._root = directory
        self._has_searched = False
        self._begin()

    def _begin(self) -> None:
        self._entries = functools.lru_cache(maxsize=1024)(_entries)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_entries": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def prepare(self, video_ids: Iterable[str]) -> None:
        """Finds the folder that holds these videos, unless it is known."""
        if self._has_searched:
            return
        ids = list(video_ids)
        folders = [self._root]
        for _ in range(_MOST_LEVELS + 1):
            found = [f for f in folders if any(self._paths(f, v) for v in ids)]
            if len(found) > 1:
                raise MapError(
                    f"Ambiguous folder of maps '{self._root}'. Expected one "
                    "folder with the maps of all videos. Received: videos in "
                    f"'{found[0]}' and in '{found[1]}'. Choose one of them."
                )
            if found:
                self._root = found[0]
                break
            folders = [inner for f in folders for inner in self._folders(f)]
        self._has_searched = True

    def find(self, video_id: str) -> str:
        """Returns the path of a folder, or of a file with all maps.

        Raises:
            MapError: the maps are missing or ambiguous.
        """
        found = self._paths(self._root, video_id)
        if not found:
            others = sorted(sum(self._entries(self._root).values(), []))
            names = ", ".join(map(repr, others[:3])) or "neither"
            more = f" and {len(others) - 3} more" * (len(others) > 3)
            raise MapError(
                f"No maps of the video '{video_id}' in '{self._root}'. "
                f"Expected a folder '{video_id}', or a file '{video_id}' of "
                f"the kind {', '.join(WHOLE_SUFFIXES)}. Received: "
                f"{names}{more}."
            )
        if len(found) > 1:
            raise MapError(
                f"Ambiguous maps of the video '{video_id}'. Expected one "
                f"folder or file. Received: '{found[0]}' and '{found[1]}'."
            )
        return found[0]

    def _paths(self, directory: str, video_id: str) -> list[str]:
        """Lists the paths of a video's maps; an id may name sub-folders."""
        names = [file_name(video_id)]
        stays_inside = {"", ".", ".."}.isdisjoint(video_id.split("/"))
        if stays_inside and video_id not in names:
            names.insert(0, video_id)
        paths = []
        for name in names:
            folders = [directory]
            for part in name.split("/"):
                folders = [p for f in folders for p in self._alike(f, part)]
            paths += folders
        return paths

    def _alike(self, folder: str, name: str) -> list[str]:
        """Lists the paths of a name in a folder, or else of similar names."""
        names = self._entries(folder).get(_key(name), [])
        same = composed(name)
        exact = [n for n in names if same in (composed(n), composed(_stem(n)))]
        return [os.path.join(folder, one) for one in exact or names]

    def _folders(self, folder: str) -> list[str]:
        names = sum(self._entries(folder).values(), [])
        paths = [os.path.join(folder, name) for name in names]
        return [path for path in paths if os.path.isdir(path)]


def _entries(folder: str) -> dict[str, list[str]]:
    """Returns key -> names of folders and of files with whole videos."""
    found: dict[str, list[str]] = {}
    try:
        with os.scandir(folder) as items:
            for item in items:
                # A folder may be named like the file of its video.
                is_whole = item.name.lower().endswith(WHOLE_SUFFIXES)
                stem = _stem(item.name) if is_whole else item.name
                if item.name[0] != "." and (is_whole or item.is_dir()):
                    found.setdefault(_key(stem), []).append(item.name)
    except NotADirectoryError:  # A file with a name such as a folder's.
        return {}
    except OSError as error:
        raise MapError(
            f"Unreadable folder of maps '{folder}': {error.strerror}."
        ) from error
    return found


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]


def _key(name: str) -> str:
    """Returns what similar names have in common."""
    key = composed(name).casefold()
    for ending in _ENDINGS:
        key = key.removesuffix(ending)
    return key.lstrip("0") if key.isdecimal() else key
