"""Prepares the clips and the pictures, and makes folds of the same shards."""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Collection

from rmdn_tf.data.dataset_info import ShardInfo, SplitInfo
from rmdn_tf.data.prepared_dataset import (
    DATASET_INFO_FILE,
    is_prepared,
    read_dataset_info,
)
from rmdn_tf.data.records import SPLITS
from rmdn_tf.files.published import write_json
from tfrecords_tools.raw_video import Source
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.registry import ON_DISK
from tfrecords_tools.sources.video_database import VideoDatabase

FRAMES_PER_SECOND = 10

# Sets of pictures; also the names of their folders of raw files.
PICTURES = ("osie", "saliency_in_crowd", "scene")

# All clips are in one split of a dataset, or in several.
ALL = "+".join(SPLITS)


def clips_dir(work_dir: pathlib.Path, side: int = 448) -> pathlib.Path:
    """Returns the directory of all clips, in frames of side x side pixels."""
    return work_dir / f"clips{side}"


def prepare_clips(
    raw_dir: str | os.PathLike, work_dir: pathlib.Path, side: int
) -> pathlib.Path:
    """Prepares all clips, one in each shard, unless that is done."""
    return _prepare(
        lambda: VideoDatabase(raw_dir),
        clips_dir(work_dir, side),
        FrameFormat((side, side), frames_per_second=FRAMES_PER_SECOND),
        num_shards=100,
    )


def pictures_dir(work_dir: pathlib.Path, side: int, name: str) -> pathlib.Path:
    """Returns the directory of a set of pictures."""
    return work_dir / f"pictures{side}" / name


def prepare_pictures(
    raw_dir: str | os.PathLike, work_dir: pathlib.Path, side: int
) -> list[pathlib.Path]:
    """Prepares the sets of pictures, unless that is done.

    Returns:
        Datasets to train on: all pictures but the test split, a tenth.
    """
    return [
        _for_training(
            _prepare(
                lambda name=name: ON_DISK[name](os.path.join(raw_dir, name)),
                pictures_dir(work_dir, side, name),
                FrameFormat((side, side)),
            )
        )
        for name in PICTURES
    ]


def _for_training(whole: pathlib.Path) -> pathlib.Path:
    """Writes a dataset whose training split has the validation split, too."""
    directory = whole.with_name(f"{whole.name}-train")
    test = read_dataset_info(whole).splits["test"].shards
    files = {shard.file for shard in test}
    split_again(whole, directory, lambda shard: shard.file in files)
    return directory


def _prepare(
    source: Callable[[], Source],
    directory: pathlib.Path,
    frame_format: FrameFormat,
    **settings: int,
) -> pathlib.Path:
    if not is_prepared(directory):
        prepare(source(), directory, frame_format, **settings)
    return directory


def video_ids(data_dir: str | os.PathLike) -> list[str]:
    """Returns the names of all videos of a dataset, sorted."""
    return sorted(
        video.id
        for shard in read_dataset_info(data_dir).shards
        for video in shard.videos
    )


def write_fold(
    data_dir: pathlib.Path, fold_dir: pathlib.Path, held_out: Collection[str]
) -> None:
    """Writes a dataset of the same shards, whose test split is `held_out`.

    All other clips are in the training split; the validation split is empty.
    """

    def is_test(shard: ShardInfo) -> bool:
        (video,) = shard.videos
        return video.id in held_out

    split_again(data_dir, fold_dir, is_test)


def split_again(
    data_dir: pathlib.Path,
    directory: pathlib.Path,
    is_test: Callable[[ShardInfo], bool],
) -> None:
    """Writes a dataset of links to the same shards: training and test."""
    info = read_dataset_info(data_dir)
    directory.mkdir(parents=True, exist_ok=True)
    splits = {name: [] for name in SPLITS}
    for shard in info.shards:
        target = directory / shard.file
        if not target.exists():
            target.symlink_to((data_dir / shard.file).resolve())
        splits["test" if is_test(shard) else "train"].append(shard)
    again = dataclasses.replace(
        info,
        splits={name: SplitInfo.of_shards(own) for name, own in splits.items()},
    )
    write_json(directory / DATASET_INFO_FILE, again.to_json())
