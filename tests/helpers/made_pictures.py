"""Prepared datasets of pictures: videos of one frame."""

import pathlib

import numpy as np

from rmdn_tf.data.records import Fixations
from tests.helpers.made_datasets import grey, make_dataset, make_record

NUM_SHARDS = 3


def make_pictures(
    directory: pathlib.Path,
    number: int,
    size=(8, 24),
    split="train",
    **settings,
) -> list[str]:
    """Writes grey pictures with three fixations each; returns their names.

    The fixations of a picture lie at its own place.
    """
    draw = np.random.default_rng(number)
    records = [
        make_record(
            f"picture{index:03d}",
            split,
            size=size,
            frames=[grey(size, 40 + 160 * index // number)],
            fixations=Fixations.from_rows(
                [(0, *draw.random(2), observer) for observer in range(3)]
            ),
        )
        for index in range(number)
    ]
    shards = {
        f"{split}.tfrecord-{shard:05d}-of-{NUM_SHARDS:05d}": records[
            shard::NUM_SHARDS
        ]
        for shard in range(NUM_SHARDS)
    }
    make_dataset(directory, shards, size=size, **settings)
    return [record.video_id for record in records]
