"""Tests of `tfrecords_tools.frames.opening`, also of clocks that jump."""

import collections
import dataclasses

import pytest

from rmdn_tf.data.records import Fixations
from tests.helpers.made_streams import SECOND, join, write_stream
from tests.helpers.made_videos import moving_square, write_grey, write_video
from tests.helpers.raw_images import write_frame
from tests.helpers.source_checks import levels_of
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.frames.opening import (
    MISSING_FRAMES,
    estimate_length,
    open_video,
    probe,
)
from tfrecords_tools.frames.resampling import resample
from tfrecords_tools.raw_video import SourceError

DAY = 24 * 3600


def opened(path, *left_out, **known):
    return open_video(
        path,
        probe(path, 10.0),
        Fixations.empty(),
        collections.Counter(left_out),
        **known,
    )


def length(raw):
    return sum(1 for _ in raw.frames)


def test_files_and_folders_open_alike(tmp_path):
    write_grey(tmp_path / "a.avi", [10, 20, 40], (24, 32))
    for number in (1, 2, 4):
        write_frame(tmp_path / "a" / f"{number}.png", 10 * number)
    for name, rate, left_out in (
        ("a.avi", 25.0, {"blinks": 1}),
        ("a", 10.0, {"blinks": 1, MISSING_FRAMES: 1}),
    ):
        path = tmp_path / name
        raw = opened(path, "blinks", labels=("Run",))
        assert levels_of(raw.frames) == [10, 20, 40]
        assert raw.original_size == (24, 32)
        assert raw.frames_per_second == rate
        assert raw.labels == ("Run",)
        assert raw.left_out == left_out
        assert estimate_length(path) == 3


def test_the_length_of_an_unreadable_video_counts_as_zero(tmp_path):
    path = write_grey(tmp_path / "a.avi", range(7))
    path.write_bytes(path.read_bytes()[:100])
    (tmp_path / "a").mkdir()
    write_frame(tmp_path / "b" / "cover.png", 3)
    for name in ("a.avi", "a", "b", "absent.avi"):
        assert estimate_length(tmp_path / name) == 0


@pytest.mark.filterwarnings("ignore:The time of")
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_a_gap_of_a_day_is_not_filled_with_copies(tmp_path, suffix):
    ticks = [40 * n + 1000 * DAY * (n >= 10) for n in range(20)]
    path = tmp_path / f"a.{suffix}"
    write_video(path, moving_square(20), ticks=ticks)
    assert probe(path) == VideoFacts((48, 64), 25.0, 20)
    assert length(resample(opened(path), 50.0)) == 40
    assert length(resample(opened(path), 12.5)) == 10


@pytest.mark.filterwarnings("ignore:The time of")
@pytest.mark.parametrize("begin", [1, DAY])
def test_joined_files_are_prepared_at_their_rate(tmp_path, begin):
    path = join(
        tmp_path / "a.ts",
        write_stream(tmp_path / "1.ts", 40, begin=5 * SECOND),
        write_stream(tmp_path / "2.ts", 30, begin=begin * SECOND),
    )
    with pytest.warns(UserWarning, match="jumps from .* at frame 40"):
        facts = probe(path)
    assert facts == VideoFacts((48, 64), 25.0, 70)
    assert facts.frame_times is None
    raw = opened(path)
    assert length(resample(raw, 50.0)) == 140


@pytest.mark.filterwarnings("ignore:The time of")
def test_frames_that_are_minutes_apart_are_refused_at_another_rate(tmp_path):
    ticks = [60_000 * n for n in range(5)]
    path = write_video(tmp_path / "a.mkv", moving_square(5), ticks=ticks)
    raw = opened(path)
    slow = dataclasses.replace(raw, frames_per_second=1 / 60)
    with pytest.raises(SourceError, match="one every 60 seconds"):
        resample(slow, 25.0)
    assert length(raw) == 5
