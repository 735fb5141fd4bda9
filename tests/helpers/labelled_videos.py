"""A dataset of short grey videos with given labels."""

import av
import numpy as np
import pytest

from rmdn_tf.data.records import Fixations
from tfrecords_tools.raw_video import RawVideo, Source, VideoEntry
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare

SIZE = (32, 32)
NUM_FRAMES = 24
LABELS = {
    "first": ("a",),
    "second": ("b",),
    "third": ("b", "a"),
    "fourth": (),
}


class LabelledVideos(Source):
    """As many videos as there are labels; a fixation in every frame.

    Args:
        labels: of each video by its name.
        splits: that each video is in, under names of its own.
    """

    name = "labelled"
    citation = "Nobody."

    def __init__(self, labels, splits):
        self._labels = labels
        self._splits = splits

    def entries(self):
        return [
            VideoEntry(name if split == "train" else f"{name}-{split}", split)
            for split in self._splits
            for name in self._labels
        ]

    def num_frames(self, entry):
        return NUM_FRAMES

    def open(self, entry):
        name = entry.video_id.split("-")[0]
        number = list(self._labels).index(name)
        frame = np.full((*SIZE, 3), 40 * number, np.uint8)
        rows = [(n, 0.5, 0.5, 0) for n in range(NUM_FRAMES)]
        return RawVideo(
            frames=iter(
                [
                    av.VideoFrame.from_ndarray(frame, format="rgb24")
                    for _ in range(NUM_FRAMES)
                ]
            ),
            original_size=SIZE,
            frames_per_second=10.0,
            fixations=Fixations.from_rows(np.array(rows)),
            labels=self._labels[name],
        )


def prepare_labelled(data_dir, labels=None, splits=("train",)):
    """Prepares it; returns its directory."""
    source = LabelledVideos(LABELS if labels is None else labels, splits)
    prepare(source, data_dir, FrameFormat(SIZE), num_shards=2, num_workers=1)
    return data_dir


@pytest.fixture(scope="session")
def labelled(tmp_path_factory):
    """The directory of `LABELS` in every split."""
    splits = ("train", "validation", "test")
    directory = tmp_path_factory.mktemp("labelled")
    return prepare_labelled(directory, splits=splits)
