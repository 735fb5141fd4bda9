"""The raw datasets of `raw_writers`, each with its source."""

import functools
from collections.abc import Callable
from typing import NamedTuple

from tests.helpers.raw_pictures import (
    write_osie,
    write_scene,
    write_still_pictures,
)
from tests.helpers.raw_writers import (
    write_dhf1k,
    write_folder_of_events,
    write_folder_of_samples,
    write_hollywood2,
    write_hollywood2_shots,
    write_ucf101,
    write_ucf_sports,
    write_ucf_sports_frames,
    write_video_database,
)
from tfrecords_tools.sources.dhf1k import Dhf1k
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.osie import Osie
from tfrecords_tools.sources.scene import Scene
from tfrecords_tools.sources.still_pictures import StillPictures
from tfrecords_tools.sources.ucf101 import Ucf101
from tfrecords_tools.sources.ucf_sports import UcfSports
from tfrecords_tools.sources.video_database import VideoDatabase


class RawDataset(NamedTuple):
    """One form of a dataset.

    Attributes:
        write: writes it in a folder.
        source: the source of that folder.
        video_id: a video.
        files: files that decide what is written, of every kind; the first is
            that video or its first frame.
    """

    write: Callable
    source: Callable
    video_id: str
    files: tuple[str, ...]


_SHOT = "training/actioncliptrain00004_2/{}/actioncliptrain00004_0000{}.png"
_DIVING = "training/Diving-Side-001/{}/Diving-Side_001_00{}.png"
_GOLF = "ucf action/Golf-Swing-Back/002/2538-5_707{}.jpg"

DATASETS = {
    "video_database": RawDataset(
        write_video_database,
        VideoDatabase,
        "Kimono",
        ("videos/Kimono.avi", "video_database.mat"),
    ),
    "hollywood2": RawDataset(
        write_hollywood2,
        Hollywood2,
        "actioncliptrain00004",
        (
            "AVIClips/actioncliptrain00004.avi",
            "gaze/samples/001_actioncliptrain00004.avi.txt",
            "gaze/geometry.txt",
            "gaze/resolution.txt",
            "ClipSets/Kiss_train.txt",
        ),
    ),
    "hollywood2_shots": RawDataset(
        write_hollywood2_shots,
        Hollywood2,
        "actioncliptrain00004_2",
        (_SHOT.format("images", 8), _SHOT.format("fixation", 9)),
    ),
    "ucf_sports": RawDataset(
        write_ucf_sports,
        UcfSports,
        "Diving-Side_001",
        (
            "Diving-Side_001.avi",
            _GOLF.format(0),
            _GOLF.format(1),
            "samples/003_Diving-Side_001.avi.txt",
            "geometry.txt",
        ),
    ),
    "ucf_sports_frames": RawDataset(
        write_ucf_sports_frames,
        UcfSports,
        "Diving-Side_001",
        (_DIVING.format("images", 1), _DIVING.format("fixation", 2)),
    ),
    "ucf101": RawDataset(
        write_ucf101,
        Ucf101,
        "v_Archery_g08_c01",
        (
            "UCF-101/Archery/v_Archery_g08_c01.avi",
            "ucfTrainTestlist/classInd.txt",
            "ucfTrainTestlist/trainlist01.txt",
            "ucfTrainTestlist/testlist01.txt",
        ),
    ),
    "dhf1k_video": RawDataset(
        write_dhf1k,
        functools.partial(Dhf1k, form="video"),
        "0002",
        ("video/002.AVI", "annotation/0002/fixation/0001.png"),
    ),
    "dhf1k_frames": RawDataset(
        write_dhf1k,
        functools.partial(Dhf1k, form="frames"),
        "0002",
        (
            "annotation/0002/images/0001.png",
            "annotation/0002/fixation/0004.png",
        ),
    ),
    "dhf1k_raw_gaze": RawDataset(
        write_dhf1k,
        functools.partial(Dhf1k, form="raw_gaze"),
        "0002",
        ("video/002.AVI", "exportdata_train/P01/P01_Trail002.txt"),
    ),
    "osie": RawDataset(
        write_osie,
        Osie,
        "1001",
        ("data/stimuli/1001.jpg", "data/eye/fixations.mat"),
    ),
    "scene": RawDataset(
        write_scene,
        Scene,
        "001",
        (
            "data/stimuli/001.jpg",
            "data/tidy/fixations.mat",
            "data/tidy/imgInfo.mat",
        ),
    ),
    "still_pictures": RawDataset(
        write_still_pictures,
        StillPictures,
        "osie/1001",
        ("osie/data/stimuli/1001.jpg", "osie/data/eye/fixations.mat"),
    ),
    "folder": RawDataset(
        write_folder_of_events,
        Folder,
        "a",
        ("a.avi", "b.mp4", "c.webm", "d.mkv", "gaze.csv", "splits.csv"),
    ),
    "folder_of_samples": RawDataset(
        write_folder_of_samples, Folder, "a", ("a.avi", "gaze.csv")
    ),
}
