"""Opens and prepares raw videos, and checks what comes out."""

import numpy as np
import tensorflow as tf

from rmdn_tf.data.record_parsing import parse_example
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare


def arrays_of(frames):
    """Returns uint8 RGB `[H, W, 3]` of each frame."""
    return [frame.to_ndarray(format="rgb24") for frame in frames]


def levels_of(frames):
    """Returns the mean grey level of each frame, as a whole number."""
    return [int(array.mean()) for array in arrays_of(frames)]


def open_named(source, name):
    """Opens the video of an id that the source has to list."""
    entries = {entry.video_id: entry for entry in source.entries()}
    return source.open(entries[name])


def lengths_of(source):
    """Returns id -> `Source.num_frames`, in the order of the entries."""
    return {e.video_id: source.num_frames(e) for e in source.entries()}


def files_of(source, raw_dir):
    """Returns id -> `Source.files`, relative to the raw folder.

    Checks that these files are there.
    """
    files = {}
    for entry in source.entries():
        paths = source.files(entry)
        assert source.files(entry) == paths
        files[entry.video_id] = [_relative(path, raw_dir) for path in paths]
    return files


def _relative(path, raw_dir):
    relative = raw_dir.joinpath(path).relative_to(raw_dir)
    assert raw_dir.joinpath(relative).is_file()
    return str(relative)


def prepare_small(source, output_dir):
    """Prepares a source in this process, its frames 16x12 pixels."""
    return prepare(
        source, output_dir, FrameFormat((12, 16)), num_shards=1, num_workers=1
    )


def numbers_of(info):
    """Returns the numbers of videos, frames and fixations of each split."""
    return {
        split: (n.num_videos, n.num_frames, n.num_fixations)
        for split, n in info.splits.items()
    }


def check_fixations(fixations, frame, observer, x, y):
    """Checks fixations, or a record that holds some."""
    if not isinstance(fixations, dict):
        fixations = {f"fixation_{k}": v for k, v in vars(fixations).items()}
    np.testing.assert_array_equal(fixations["fixation_frame"], frame)
    np.testing.assert_array_equal(fixations["fixation_observer"], observer)
    np.testing.assert_allclose(fixations["fixation_x"], x, rtol=1e-5)
    np.testing.assert_allclose(fixations["fixation_y"], y, rtol=1e-5)


def records_of(output_dir):
    """Returns the parsed records of all shards by video."""
    paths = sorted(map(str, output_dir.glob("*.tfrecord-*")))
    parsed = map(parse_example, tf.data.TFRecordDataset(paths))
    return {p["video_id"].numpy().decode(): p for p in parsed}
