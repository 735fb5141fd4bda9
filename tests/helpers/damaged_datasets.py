"""A sound dataset made by hand, and ways to damage it past all checks."""

import dataclasses
import json

import tensorflow as tf

from rmdn_tf.data.records import Fixations
from tests.helpers.made_datasets import (
    grey,
    make_dataset,
    make_record,
    write_records,
)

FIRST = "train.tfrecord-00000-of-00002"
SECOND = "train.tfrecord-00001-of-00002"
TEST = "test.tfrecord-00000-of-00001"
MANIFEST = "manifest.json"
INFO = "dataset_info.json"


def sound_shards():
    """Returns shards of five videos; "a" goes on in a second record."""
    later = make_record("a", first_frame=3, frames=[grey((8, 24), 40)] * 2)
    fixations = Fixations.from_rows([(0, 0.5, 0.5, 1)])
    later = dataclasses.replace(later, fixations=fixations)
    first = [make_record("a"), later, make_record("b"), make_record("c")]
    return {
        FIRST: first,
        SECOND: [make_record("d", frames_per_second=30000 / 1001)],
        TEST: [make_record("e", split="test")],
    }


def make_sound_dataset(data_dir):
    """Writes the shards; a sixth video, "f", was unreadable."""
    make_dataset(data_dir, sound_shards(), unreadable={"f": "truncated"})


def edit_json(data_dir, file, change):
    """Lets `change` do what it likes to a document."""
    path = data_dir / file
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def read_records(path):
    return [record.numpy() for record in tf.data.TFRecordDataset(str(path))]


def rewrite(data_dir, file, change):
    """Lets `change` do what it likes to the records; the size is announced.

    That of each video is not, as in a dataset of an earlier release.
    """
    path = data_dir / file
    records = read_records(path)
    changed = change(records)
    write_records(path, records if changed is None else changed)

    def announce(info):
        for split in info["splits"].values():
            for shard in split["shards"]:
                if shard["file"] == file:
                    shard["num_bytes"] = path.stat().st_size
                    for video in shard["videos"]:
                        video.pop("num_bytes", None)

    edit_json(data_dir, INFO, announce)


def edited(serialized, **features):
    """Returns a record with other lists in it, past all checks."""
    example = tf.train.Example.FromString(serialized)
    for key, values in features.items():
        feature = example.features.feature[key]
        getattr(feature, feature.WhichOneof("kind")).value[:] = values
    return example.SerializeToString()


def edit_record(data_dir, index=0, **features):
    """Writes lists into a record of the first shard, past all checks."""

    def change(records):
        records[index] = edited(records[index], **features)

    rewrite(data_dir, FIRST, change)


def make_damaged_dataset(data_dir, damages):
    """Writes a record of video "v0", "v1", ... for each dict of lists."""
    videos = [make_record(f"v{i:02}") for i in range(len(damages))]
    make_dataset(data_dir, {FIRST: videos})
    rewrite(
        data_dir,
        FIRST,
        lambda records: [
            edited(record, **damage)
            for record, damage in zip(records, damages, strict=True)
        ],
    )


def put(data_dir, file, place, value):
    """Puts a value at a place, such as "splits/train/shards/0/file"."""
    *parents, last = [
        int(key) if key.isdigit() else key for key in place.split("/")
    ]

    def change(document):
        for key in parents:
            document = document[key]
        document[last] = value

    edit_json(data_dir, file, change)


def of_record(index, video_id):
    return f"{FIRST}: record {index}, video '{video_id}': "
