"""Cuts a split into parts of a few videos; see `part_reader`.

Which videos a part has depends only on the split, so a part gives the same
numbers on any machine.
"""

import dataclasses
import math
from collections.abc import Iterator

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.shard_dealing import (
    lengths_of_records,
    record_lengths,
    shards_of,
)
from rmdn_tf.data.windows import Window

# Most rows of a batch.
NUM_ROWS = 4

# A part has as many frames, or more: beginning to read it takes time, too.
FRAMES_OF_A_PART = 500


@dataclasses.dataclass(frozen=True)
class VideoPlace:
    """Where the records of a video lie.

    Attributes:
        video_id: name of the video.
        num_frames: number of frames.
        file: name of the shard.
        first_record: number of the video's first record in the shard, from 0.
        first_byte: where that record begins; None if unknown.
    """

    video_id: str
    num_frames: int
    file: str
    first_record: int
    first_byte: int | None

    @property
    def num_records(self) -> int:
        """Number of records."""
        return len(lengths_of_records(self.num_frames))

    def num_windows(self, window: Window) -> int:
        """Counts the windows of the video."""
        lengths = lengths_of_records(self.num_frames)
        return sum(math.ceil(length / window.num_served) for length in lengths)


# Videos that follow each other in the shards.
Part = tuple[VideoPlace, ...]


def parts_of(info: DatasetInfo, split: str) -> list[Part]:
    """Cuts a split into parts.

    Args:
        info: the facts of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".

    Returns:
        The parts, in the order of the shards. A part has enough videos to fill
        the rows of a batch, and `FRAMES_OF_A_PART` frames; but for the last.

    Raises:
        RecordError: the split holds no video, or a shard other records than
            `info` lists.
    """
    parts: list[Part] = []
    part: list[VideoPlace] = []
    for place in _places(info, split):
        part.append(place)
        num_frames = sum(one.num_frames for one in part)
        if len(part) >= NUM_ROWS and num_frames >= FRAMES_OF_A_PART:
            parts.append(tuple(part))
            part = []
    return [*parts, tuple(part)] if part else parts


def _places(info: DatasetInfo, split: str) -> Iterator[VideoPlace]:
    for shard in shards_of(info, split):
        record_lengths(shard)  # Refuses a shard with other records.
        record = byte = 0
        knows_bytes = shard.knows_bytes
        for video in shard.videos:
            place = VideoPlace(
                video.id,
                video.num_frames,
                shard.file,
                record,
                byte if knows_bytes else None,
            )
            yield place
            record += place.num_records
            byte += video.num_bytes or 0
