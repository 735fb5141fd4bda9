"""Preparing videos whose times go back, or leave a gap."""

import collections
import dataclasses

import pytest

from rmdn_tf.data.records import Fixations
from tests.helpers.made_streams import SECOND, join, write_stream
from tests.helpers.made_videos import moving_square, write_video
from tfrecords_tools.frames.resampling import resample
from tfrecords_tools.frames.video_files import VARYING_RATE, open_video, probe
from tfrecords_tools.raw_video import SourceError

DAY = 24 * 3600


def opened(path):
    return open_video(
        path, probe(path), Fixations.empty(), collections.Counter()
    )


def length(raw):
    return sum(1 for _ in raw.frames)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_a_gap_of_a_day_is_not_filled_with_copies(tmp_path, suffix):
    ticks = [40 * n + 1000 * DAY * (n >= 10) for n in range(20)]
    path = tmp_path / f"a.{suffix}"
    write_video(path, moving_square(20), ticks=ticks)
    facts = probe(path)
    assert facts == (48, 64, 25.0, 20, True)
    assert length(resample(opened(path), 50.0)) == 40
    assert length(resample(opened(path), 12.5)) == 10


@pytest.mark.parametrize("begin", [1, 3600, DAY])
def test_joined_files_are_prepared_at_their_rate_and_counted(tmp_path, begin):
    path = join(
        tmp_path / "a.ts",
        write_stream(tmp_path / "1.ts", 40, begin=5 * SECOND),
        write_stream(tmp_path / "2.ts", 30, begin=begin * SECOND),
    )
    facts = probe(path)
    assert facts == (48, 64, 25.0, 70, True)
    raw = opened(path)
    assert raw.left_out == {VARYING_RATE: 1}
    assert length(resample(raw, 50.0)) == 140


def test_frames_that_are_minutes_apart_are_refused_at_another_rate(tmp_path):
    ticks = [60_000 * n for n in range(5)]
    path = write_video(tmp_path / "a.mkv", moving_square(5), ticks=ticks)
    raw = opened(path)
    slow = dataclasses.replace(raw, frames_per_second=1 / 60)
    with pytest.raises(SourceError, match="one every 60 seconds"):
        resample(slow, 25.0)
    assert length(raw) == 5
