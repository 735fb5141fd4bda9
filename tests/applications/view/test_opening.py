"""Tests what is told of a video before it runs."""

from fractions import Fraction

import pytest

from rmdn_tf.applications.view.opening import find_facts
from rmdn_tf.video.decoding import VideoError
from tests.helpers.made_videos import moving_square, write_video

HOUR = 3600.0


@pytest.mark.parametrize(
    ("name", "codec", "form", "sound", "media_type"),
    [
        ("a.mp4", "libx264", "yuv420p", None, "video/mp4"),
        ("a.mp4", "libx264", "yuv420p", "aac", "video/mp4"),
        ("a.mov", "libx264", "yuv420p", "aac", "video/mp4"),
        ("a.mp4", "libx264", "yuv444p", None, None),
        ("a.mp4", "libx264", "yuv420p10le", None, None),
        ("a.mp4", "libx264", "yuv420p", "ac3", None),
        ("a.mp4", "mpeg4", "yuv420p", None, None),
        ("a.mp4", "libx265", "yuv420p", None, None),
        ("a.webm", "libvpx-vp9", "yuv420p", "libopus", "video/webm"),
        ("a.mkv", "libx264", "yuv420p", None, None),
        ("a.avi", "mpeg4", "yuv420p", None, None),
    ],
)
def test_the_type_is_told_of_videos_that_all_browsers_play(
    tmp_path, name, codec, form, sound, media_type
):
    path = write_video(
        tmp_path / name,
        moving_square(8),
        codec=codec,
        pix_fmt=form,
        sound=sound,
    )
    facts = find_facts(path, HOUR)
    assert facts.media_type == media_type
    assert (facts.kind, facts.width, facts.height) == ("video", 64, 48)


def test_the_size_is_upright_and_the_shape_of_pixels_is_told(tmp_path):
    path = write_video(
        tmp_path / "a.mp4",
        moving_square(8),
        turns=1,
        sample_aspect_ratio=Fraction(4, 3),
    )
    facts = find_facts(path, HOUR)
    assert (facts.width, facts.height) == (48, 64)
    assert facts.pixel_aspect == pytest.approx(3 / 4)


def test_the_first_frame_after_the_sound_has_its_time_on_the_players_clock(
    tmp_path,
):
    ticks = range(500, 1300, 100)
    path = write_video(
        tmp_path / "a.mkv", moving_square(8), ticks=ticks, sound="aac"
    )
    assert find_facts(path, HOUR).start_seconds == pytest.approx(0.5, abs=0.03)


def test_longer_videos_than_allowed_are_refused(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_square(75), rate=25)
    assert find_facts(path, 3.1).seconds == pytest.approx(3.0)
    with pytest.raises(VideoError, match="at most 0.0333333 minutes"):
        find_facts(path, 2.0)
