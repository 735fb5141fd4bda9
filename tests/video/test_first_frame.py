"""Times count from the first frame, in every container and for sound too."""

import fractions
import types

import numpy as np
import pytest

from rmdn_tf.video.clock import average_rate
from rmdn_tf.video.reader import VideoReader
from tests.helpers.made_clips import RATE, Track, write_clip
from tests.helpers.made_videos import moving_square, write_video


def times_of(path):
    with VideoReader(path) as reader:
        return [frame.time for frame in reader]


@pytest.mark.parametrize(
    ("name", "begin"), [("a.ts", 1.48), ("a.mkv", 10.0), ("a.mp4", 3.0)]
)
def test_times_count_from_the_first_frame_of_the_video(tmp_path, name, begin):
    path = write_clip(tmp_path / name, begin=begin, num_frames=10, flash=3)
    np.testing.assert_allclose(times_of(path), np.arange(10) / RATE, atol=1e-3)
    with VideoReader(path) as reader:
        assert reader.first_frame.time == 0
        np.testing.assert_allclose(
            reader.frame_times(), np.arange(10) / RATE, atol=1e-3
        )
        assert len(list(reader)) == 10  # The first one is not lost.


def test_sound_counts_from_the_first_frame_too(tmp_path):
    track = Track("pcm_s16le", begin=1.0)
    path = write_clip(tmp_path / "a.mkv", track, begin=2.0)
    with VideoReader(path, with_sound=True) as reader:
        frames = list(reader)
        sound = [p.pts * p.time_base for p in reader.sound_packets]
    assert frames[0].time == 0 and sound[0] == pytest.approx(-1.0, abs=1e-3)


def test_the_shape_of_a_pixel_is_turned_with_the_frames(tmp_path):
    shape = {"sample_aspect_ratio": fractions.Fraction(64, 45)}
    for turns, expected in ((0, (64, 45)), (1, (45, 64)), (2, (64, 45))):
        path = write_video(
            tmp_path / f"{turns}.mp4", moving_square(3), turns=turns, **shape
        )
        with VideoReader(path) as reader:
            assert reader.first_frame is not None
            assert reader.pixel_aspect == fractions.Fraction(*expected)


def test_a_rate_faster_than_the_clock_is_unknown():
    stream = types.SimpleNamespace(
        average_rate=None,
        guessed_rate=fractions.Fraction(30000),
        time_base=fractions.Fraction(1, 1000),
    )
    assert average_rate(stream) == 25
