"""What a shard holds of a video whose frame rate varies."""

import numpy as np
import pytest
import tensorflow as tf

from tests.helpers.coded_frames import code_of, half_the_rate, write_coded
from tests.helpers.source_checks import records_of
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.folder import Folder


def prepared(tmp_path, **settings):
    """Prepares a clip of 30, then 15 frames a second; returns its record."""
    (tmp_path / "raw").mkdir()
    write_coded(tmp_path / "raw" / "v.mp4", half_the_rate(), (120, 160))
    table = "video,observer,onset_ms,duration_ms,x,y\nv,1,5000,200,80,60\n"
    (tmp_path / "raw" / "gaze.csv").write_text(table)
    form = FrameFormat((60, 80), **settings)
    prepare(Folder(tmp_path / "raw"), tmp_path / "out", form, num_workers=1)
    (record,) = records_of(tmp_path / "out").values()
    return {key: value.numpy() for key, value in record.items()}


def codes(record):
    return [code_of(tf.io.decode_jpeg(f).numpy()) for f in record["frames"]]


def test_a_fixation_is_stored_on_the_frame_that_was_shown(tmp_path):
    record = prepared(tmp_path)
    # Shown from 4.967, 5, 5.067 and 5.133 s on.
    assert record["fixation_frame"].tolist() == [149, 150, 151, 152]
    assert codes(record) == list(range(225))
    times = record["frame_microseconds"]
    np.testing.assert_allclose(times / 1000, half_the_rate(), atol=0.1)


@pytest.mark.parametrize("rate", [10.0, 50.0])
def test_another_rate_stores_the_picture_that_was_shown(tmp_path, rate):
    record = prepared(tmp_path, frames_per_second=rate)
    assert record["frame_microseconds"].size == 0
    assert abs(record["num_frames"] - 10 * rate) <= 1  # The end is rounded.
    stored = codes(record)
    shown = {stored[frame] for frame in record["fixation_frame"]}
    assert shown == set(stored) & {149, 150, 151, 152}
    seconds = np.array(half_the_rate()) / 1000
    late = np.arange(len(stored)) / rate - seconds[stored]
    # Less than a frame's time, and a thousandth of it because of rounding.
    assert np.all((late > -0.001) & (late < 1 / 15))
