"""Prepared datasets made by hand, record for record, without `prepare`."""

import json
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE
from rmdn_tf.data.record_lengths import stored_bytes
from rmdn_tf.data.record_writing import serialize_example
from rmdn_tf.data.records import SPEC_VERSION, SPLITS, Fixations, Record

NAME = "made"


def jpeg(pixels) -> bytes:
    """Encodes a frame as preparation does."""
    pixels = np.asarray(pixels, np.uint8)
    return tf.io.encode_jpeg(
        pixels, quality=95, chroma_downsampling=False
    ).numpy()


def grey(size, level) -> bytes:
    """Encodes a frame of one grey level, which JPEG keeps."""
    return jpeg(np.full([*size, 3], level))


def make_record(video_id, split="train", **changes) -> Record:
    """Returns a record of three grey frames with a fixation on each."""
    size = changes.get("size", (8, 24))
    values = {
        "dataset": NAME,
        "first_frame": 0,
        "frames_per_second": 25.0,
        "original_size": size,
        "size": size,
        "frames": [grey(size, level) for level in (10, 20, 30)],
        "fixations": Fixations.from_rows(
            [(0, 0.25, 0.5, 1), (1, 0.5, 0.25, 1), (2, 0.75, 1, 2)]
        ),
    }
    return Record(video_id=video_id, split=split, **values | changes)


def write_records(path, serialized: Sequence[bytes]) -> None:
    """Writes a shard."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in serialized:
            writer.write(record)


def make_dataset(
    directory: pathlib.Path,
    shards: Mapping[str, Sequence[Record]],
    *,
    size=(8, 24),
    **settings,
) -> dict:
    """Writes shards, `dataset_info.json` and `manifest.json`.

    Args:
        directory: made if absent.
        shards: name of the file -> its records.
        size: of the frames, as the reader serves them.
        **settings: keys of the info that are other than usual.

    Returns:
        The content of `dataset_info.json`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for file, records in shards.items():
        write_records(directory / file, map(serialize_example, records))
    every = [record for records in shards.values() for record in records]
    per_frame = np.concatenate([_per_frame(record) for record in every])
    info = {
        "name": NAME,
        "citation": "Nobody.",
        "spec_version": SPEC_VERSION,
        "size": list(size),
        "max_size": None,
        "frames_per_second": None,
        "jpeg_quality": 95,
        "max_fixations_per_frame": int(per_frame.max()),
        "num_frames_without_fixation": int((per_frame == 0).sum()),
        "num_observers": 2,
        "truth_num_components": 0,
        "splits": {
            split: _split_info(directory, split, shards) for split in SPLITS
        },
        "left_out": {},
        "unreadable": {},
    } | settings
    write_documents(directory, info, _manifest(info))
    return info


def write_documents(directory, info: dict, manifest: dict) -> None:
    """Writes the two files beside the shards."""
    for file, document in (
        (DATASET_INFO_FILE, info),
        ("manifest.json", manifest),
    ):
        (directory / file).write_text(json.dumps(document))


def _split_info(directory, split, shards) -> dict:
    infos = [
        _shard_info(directory / file, records)
        for file, records in shards.items()
        if file.startswith(split)
    ]
    return {
        "num_videos": sum(len(info["videos"]) for info in infos),
        "num_frames": sum(info["num_frames"] for info in infos),
        "num_fixations": sum(info["num_fixations"] for info in infos),
        "shards": infos,
    }


def _shard_info(path, records) -> dict:
    videos = {}
    for record in records:
        video = videos.setdefault(
            record.video_id,
            {
                "id": record.video_id,
                "num_frames": 0,
                "num_fixations": 0,
                "frames_per_second": record.frames_per_second,
                "num_bytes": 0,
            },
        )
        video["num_frames"] += len(record.frames)
        video["num_fixations"] += len(record.fixations)
        video["num_bytes"] += stored_bytes(serialize_example(record))
    return {
        "file": path.name,
        "num_bytes": path.stat().st_size,
        "num_frames": sum(len(record.frames) for record in records),
        "num_records": len(records),
        "num_fixations": sum(len(record.fixations) for record in records),
        "videos": list(videos.values()),
    }


def _manifest(info) -> dict:
    videos = {
        video["id"]: {
            "split": split,
            "shard": shard["file"],
            "num_frames": video["num_frames"],
            "sha256": "0" * 64,
        }
        for split, numbers in info["splits"].items()
        for shard in numbers["shards"]
        for video in shard["videos"]
    }
    for video_id in info["unreadable"]:
        videos[video_id] = {
            "split": "train",
            "shard": "train.tfrecord-00000-of-00001",
            "num_frames": 0,
            "sha256": "0" * 64,
        }
    return {"settings": {}, "videos": videos}


def _per_frame(record) -> np.ndarray:
    return np.bincount(record.fixations.frame, minlength=len(record.frames))
