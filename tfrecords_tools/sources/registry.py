"""The raw datasets that can be prepared, by name."""

from collections.abc import Callable, Mapping
from typing import Any

from tfrecords_tools.raw_video import Source, SourceError
from tfrecords_tools.sources.demo import NUM_VIDEOS, Demo
from tfrecords_tools.sources.demo_actions import DemoActions
from tfrecords_tools.sources.dhf1k import Dhf1k
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.osie import Osie
from tfrecords_tools.sources.saliency_in_crowd import SaliencyInCrowd
from tfrecords_tools.sources.scene import Scene
from tfrecords_tools.sources.settings import SourceSettings
from tfrecords_tools.sources.still_pictures import StillPictures
from tfrecords_tools.sources.ucf101 import Ucf101
from tfrecords_tools.sources.ucf_sports import UcfSports
from tfrecords_tools.sources.user_splits import with_user_splits
from tfrecords_tools.sources.video_database import VideoDatabase
from tfrecords_tools.trackers.options import GazeOptions

# The datasets that need no raw files.
MADE_UP = {kind.name: kind for kind in (Demo, DemoActions)}

# The datasets on disk, made from the folder of their raw files.
ON_DISK: Mapping[str, Callable[[str], Source]] = {
    kind.name: kind
    for kind in (
        Dhf1k,
        Folder,
        Hollywood2,
        Osie,
        SaliencyInCrowd,
        Scene,
        StillPictures,
        Ucf101,
        UcfSports,
        VideoDatabase,
    )
}

SOURCES = {**MADE_UP, **ON_DISK}


def made_up_source(
    name: str, num_videos: int | None = None, **given: Any
) -> Source:
    """Returns one of `MADE_UP`, by default with the usual number of videos."""
    num_videos = NUM_VIDEOS if num_videos is None else num_videos
    return MADE_UP[name](num_videos, **given)


def make_source(
    settings: SourceSettings,
    size: tuple[int, int],
    gaze_options: GazeOptions | None = None,
) -> Source:
    """Returns the source that the settings ask for, with the user's split.

    Args:
        size: (height, width) of made-up frames in pixels.
        gaze_options: how to read the gaze of `folder`.

    Raises:
        SourceError: `raw_dir` is missing, or there is no gaze to read.
        ValueError: a setting is invalid.
    """
    name, raw_dir = settings.dataset, settings.raw_dir
    gaze_options = gaze_options or GazeOptions()
    if name != Folder.name and gaze_options != GazeOptions():
        raise SourceError(
            f"The dataset '{name}' has its own format of gaze. Only `folder` "
            f"takes {gaze_options}."
        )
    source = _own_splits(settings, size, gaze_options)
    if name == Folder.name and settings.splits_csv is None:
        return source  # It reads the table in its folder.
    return with_user_splits(source, settings.splits_csv, raw_dir)


def _own_splits(
    settings: SourceSettings, size: tuple[int, int], gaze_options: GazeOptions
) -> Source:
    """Returns the source with the split of its dataset."""
    name, raw_dir = settings.dataset, settings.raw_dir
    if name in MADE_UP:
        return made_up_source(
            name, settings.demo_videos, seed=settings.seed, size=size
        )
    if raw_dir is None:
        raise SourceError(
            f"The dataset '{name}' needs `--raw_dir`, the folder with the raw "
            "files."
        )
    if name == Dhf1k.name:
        return Dhf1k(raw_dir, settings.dhf1k_form)
    if name == Ucf101.name:
        return Ucf101(raw_dir, settings.ucf101_split)
    if name == Folder.name:
        return Folder(
            raw_dir,
            settings.gaze_csv,
            pixels_per_degree=settings.pixels_per_degree,
            labels_from_folders=settings.labels_from_folders,
            gaze_options=gaze_options,
        )
    return ON_DISK[name](raw_dir)
