"""Prints statistics of a split and draws some of its frames."""

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.record_dataset import iterate_records
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.records import Fixations, RecordError
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import short_title
from rmdn_tf.files.shown_paths import shown

NUM_COLUMNS = 6
MAX_VIDEOS_ON_SHEET = 6
NUM_FRAMES_OF_ONE_VIDEO = 24


@dataclasses.dataclass(frozen=True)
class Picture:
    """One frame to be drawn."""

    video_id: str
    frame_index: int  # From the video's first frame, 0.
    pixels: np.ndarray  # uint8 RGB [H, W, 3]
    fixations: Fixations


def read_shard(
    data_dir: str | os.PathLike, shard: ShardInfo
) -> Iterator[dict[str, Any]]:
    """Yields the records of one shard as `parse_example` does, in NumPy."""
    path = os.path.join(data_dir, shard.file)
    num_records = 0
    try:
        for serialized in iterate_records(path):
            parsed = parse_example(serialized)
            num_records += 1
            yield {key: value.numpy() for key, value in parsed.items()}
    except tf.errors.OpError as error:
        raise RecordError(
            f"Damaged shard '{shown(path)}' after {num_records} of "
            f"{shard.num_records} records: {error.message}"
        ) from error


def pictures_of(
    record: Mapping[str, Any], wanted: Mapping[str, Sequence[int]]
) -> list[Picture]:
    """Decodes the wanted frames that lie in a record.

    Args:
        record: a record of `read_shard`.
        wanted: video id -> indices of frames, counted from the video's first.
    """
    video_id = record["video_id"].decode()
    fixations = Fixations(
        record["fixation_frame"],
        record["fixation_x"],
        record["fixation_y"],
        record["fixation_observer"],
    )
    first = int(record["first_frame"])
    return [
        Picture(
            video_id,
            index,
            tf.io.decode_jpeg(record["frames"][index - first]).numpy(),
            fixations.between(index - first, index - first + 1),
        )
        for index in wanted.get(video_id, ())
        if 0 <= index - first < record["num_frames"]
    ]


def draw_sheet(pictures: Sequence[Picture], path: str | os.PathLike) -> None:
    """Draws one or more frames with their fixations, six in a row."""
    num_rows = -(-len(pictures) // NUM_COLUMNS)
    figure = Figure(figsize=(3 * NUM_COLUMNS, 2.6 * num_rows), dpi=80)
    FigureCanvasAgg(figure)
    axes = figure.subplots(num_rows, NUM_COLUMNS, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, picture in zip(axes, pictures, strict=False):
        _draw(axis, picture)
    figure.tight_layout()
    with published(path) as temporary:
        figure.savefig(temporary)


def show(
    data_dir: str | os.PathLike,
    split: str,
    video_id: str | None = None,
    output: str | os.PathLike | None = None,
) -> str:
    """Returns statistics of a split as lines of text; draws a sheet of frames.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test".
        video_id: draw 24 frames of this video; by default six frames of each
            of the first six videos.
        output: image file to write; its suffix sets the format. None draws
            nothing.

    Raises:
        FileNotFoundError: the dataset or a shard is missing.
        RecordError: a shard is damaged, or the video is not in the split.
    """
    info = read_dataset_info(data_dir)
    shards = info.splits[split].shards
    wanted = _choose_frames(shards, split, video_id)
    pictures = []
    num_fixations = []
    observers, varying = set(), set()
    for shard in shards:
        for record in read_shard(data_dir, shard):
            num_fixations.append(
                np.bincount(
                    record["fixation_frame"], minlength=record["num_frames"]
                )
            )
            observers.update(record["fixation_observer"].tolist())
            if len(record["frame_microseconds"]):
                varying.add(record["video_id"].decode())
            if output is not None:
                pictures += pictures_of(record, wanted)
    if pictures and output is not None:
        pictures.sort(key=lambda p: (p.video_id, p.frame_index))
        draw_sheet(pictures, output)
    return _statistics(info, split, num_fixations, observers, varying)


def _choose_frames(
    shards: Sequence[ShardInfo], split: str, video_id: str | None
) -> dict[str, list[int]]:
    lengths = {
        video.id: video.num_frames for shard in shards for video in shard.videos
    }
    if video_id is None:
        chosen = sorted(lengths)[:MAX_VIDEOS_ON_SHEET]
        num_frames = NUM_COLUMNS
    elif video_id in lengths:
        chosen = [video_id]
        num_frames = NUM_FRAMES_OF_ONE_VIDEO
    else:
        raise RecordError(
            f"No video '{video_id}' in the split '{split}'. It holds: "
            f"{', '.join(sorted(lengths))}."
        )
    return {
        name: np.unique(
            np.linspace(0, lengths[name] - 1, num_frames).astype(int)
        ).tolist()
        for name in chosen
    }


def _draw(axis: Any, picture: Picture) -> None:
    # The extent puts a fixation at 0 on the frame's edge, not on the centre of
    # the first pixel.
    axis.imshow(picture.pixels, extent=(0, 1, 1, 0), aspect="auto")
    axis.scatter(
        picture.fixations.x,
        picture.fixations.y,
        s=30,
        facecolors="none",
        edgecolors="red",
        linewidths=1.2,
    )
    axis.set(xlim=(0, 1), ylim=(1, 0))
    axis.set_title(
        f"{short_title(picture.video_id)} #{picture.frame_index}, "
        f"{len(picture.fixations)} fixations",
        fontsize=8,
        parse_math=False,  # A "$" in an id does not begin a formula.
    )


def _statistics(
    info: DatasetInfo,
    split: str,
    num_fixations: Sequence[np.ndarray],
    observers: set[int],
    varying: set[str],
) -> str:
    numbers = info.splits[split]
    lines = [
        f"{info.name}, {split}: {numbers.num_videos} videos, "
        f"{numbers.num_frames} frames {_describe_size(info)}, "
        f"{len(numbers.shards)} shards, {len(num_fixations)} records"
    ]
    if num_fixations:
        per_frame = np.concatenate(num_fixations)
        # Fixation maps of all observers together do not tell their number.
        is_known = info.num_observers is not None
        who = f"{len(observers)} observers" if is_known else "all observers"
        lines.append(
            f"{per_frame.sum()} fixations of {who}; "
            f"a frame has {per_frame.min()} to {per_frame.max()}, "
            f"median {np.median(per_frame):g}"
        )
    for shard in numbers.shards:
        lines.append(shard.file)
        lines += [
            f"  {video.id}: {video.num_frames} frames at "
            f"{video.frames_per_second:g} per second"
            f"{' on average, at varying times' * (video.id in varying)}, "
            f"{video.num_fixations} fixations"
            for video in shard.videos
        ]
    return "\n".join(lines)


def _describe_size(info: DatasetInfo) -> str:
    if info.max_size is None:
        return f"of {info.size[0]}x{info.size[1]} (height x width)"
    return f"of sizes up to {info.max_size}"
