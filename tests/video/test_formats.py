"""Every format of a written video keeps its frames and times, or is refused."""

import fractions

import av
import numpy as np
import pytest

from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.reader import VideoReader
from tests.helpers.made_clips import RATE, read_clip, rewrite, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.versions]

# Suffix -> seconds by which a time may be rounded.
ANY_TIMES = {
    **dict.fromkeys(("mp4", "mov", "m4v", "3gp", "ts"), 1e-4),
    **dict.fromkeys(("mkv", "webm", "flv", "wmv"), 1e-3),
    "avi": 1 / 600,
    "gif": 0.01,
}
ONE_RATE = ("mpg", "mxf", "ogv")

# 30 frames a second, then 15, with a jitter, and a pause of a second.
VARYING = np.concatenate(
    [
        np.arange(15) / 30,
        0.5 + np.arange(8) / 15 + 0.004,
        2.5 + np.arange(5) / 30,
    ]
)


@pytest.mark.parametrize("size", [(48, 64), (49, 67)])
@pytest.mark.parametrize("suffix", [*ANY_TIMES, *ONE_RATE])
def test_a_format_keeps_frames_times_and_size(tmp_path, suffix, size):
    source = write_clip(
        tmp_path / "in.mkv", size=size, codec="ffv1", num_frames=30
    )
    output = rewrite(source, tmp_path / f"out.{suffix}")
    clip = read_clip(output)
    np.testing.assert_allclose(clip.times, np.arange(30) / RATE, atol=1e-3)
    assert clip.flash == pytest.approx(1.0, abs=1e-3)
    with VideoReader(output) as reader:
        first = reader.first_frame
        assert (first.height, first.width) == size
        assert reader.frames_per_second == RATE


@pytest.mark.parametrize("suffix", ANY_TIMES)
def test_varying_times_are_kept(tmp_path, suffix):
    source = write_clip(tmp_path / "in.mp4", seconds=VARYING)
    clip = read_clip(rewrite(source, tmp_path / f"out.{suffix}"))
    np.testing.assert_allclose(clip.times, VARYING, atol=ANY_TIMES[suffix])


@pytest.mark.parametrize("suffix", ONE_RATE)
def test_a_format_of_one_rate_refuses_varying_times(tmp_path, suffix):
    source = write_clip(tmp_path / "in.mp4", seconds=VARYING)
    with pytest.raises(VideoError, match="needs one frame rate, and .* varies"):
        rewrite(source, tmp_path / f"out.{suffix}")


@pytest.mark.parametrize(
    ("suffix", "rate", "cause"),
    [
        ("gif", 60, "at most 50 frames a second, and the video has up to 60"),
        ("mpg", 17, "no rate of 17 frames a second"),
        ("mxf", 12, "does not take 64x48 pixels at 12 frames a second"),
        ("dv", 25, "does not take 64x48 pixels at 25 frames a second"),
        ("h264", 25, "keeps no times of frames"),
        ("m3u8", 25, "consists of many files"),
        ("swf", 25, "holds no video"),
    ],
)
def test_a_format_that_does_not_take_a_video_is_refused_with_the_cause(
    tmp_path, suffix, rate, cause
):
    source = write_clip(tmp_path / "in.mp4", seconds=np.arange(30) / rate)
    with pytest.raises(VideoError, match=f"{cause}. Choose another format"):
        rewrite(source, tmp_path / f"out.{suffix}")


@pytest.mark.parametrize("rate", ["24", "30000/1001", "50", "12.5"])
def test_an_avi_of_a_constant_rate_has_no_empty_frames(tmp_path, rate):
    rate = fractions.Fraction(rate)
    seconds = np.arange(40) / float(rate)
    source = write_clip(tmp_path / "in.mkv", seconds=seconds)
    with av.open(str(rewrite(source, tmp_path / "out.avi"))) as container:
        stream = container.streams.video[0]
        assert stream.frames == 40
        assert float(stream.average_rate) == pytest.approx(float(rate), 1e-4)


# 180x144 shown as 16:9.
WIDE = fractions.Fraction(64, 45)


def shape_of(path) -> float:
    """Width / height of the picture as a player shows it."""
    with VideoReader(path) as reader:
        frame = reader.first_frame
        return frame.width * float(reader.pixel_aspect) / frame.height


@pytest.mark.parametrize("aspect", [WIDE, 1 / WIDE])
@pytest.mark.parametrize("suffix", [*ANY_TIMES, *ONE_RATE])
def test_the_picture_keeps_its_shape(tmp_path, suffix, aspect):
    source = write_clip(
        tmp_path / "in.mp4",
        size=(144, 180),
        num_frames=30,
        sample_aspect_ratio=aspect,
    )
    shape = 180 / 144 * float(aspect)
    assert shape_of(source) == pytest.approx(shape)
    output = rewrite(source, tmp_path / f"out.{suffix}")
    assert shape_of(output) == pytest.approx(shape, rel=0.01)
    if suffix in ("mp4", "mkv", "mov", "ts", "avi"):
        with VideoReader(output) as reader:
            first = reader.first_frame
            assert (first.height, first.width) == (144, 180)
            assert reader.pixel_aspect == aspect


HLG = {"color_primaries": 9, "color_trc": 18, "colorspace": 9, "color_range": 1}
BT709_FULL = dict.fromkeys(("color_primaries", "color_trc", "colorspace"), 1)
BT709_FULL["color_range"] = 2


@pytest.mark.parametrize("colours", [HLG, BT709_FULL])
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm", "ts", "avi"])
def test_a_video_says_the_same_of_its_colours(tmp_path, suffix, colours):
    source = write_clip(tmp_path / "in.mp4", **colours)
    with VideoReader(rewrite(source, tmp_path / f"out.{suffix}")) as reader:
        frame = reader.first_frame
    names = [
        n for n in colours if suffix != "webm" or n.startswith("colorspace")
    ]
    assert {n: getattr(frame, n) for n in names} == {
        n: colours[n] for n in names
    }


@pytest.mark.parametrize("suffix", [*ANY_TIMES, *ONE_RATE])
def test_brightness_of_full_range_is_kept(tmp_path, suffix):
    source = write_clip(tmp_path / "in.mp4", num_frames=30, **BT709_FULL)
    output = rewrite(source, tmp_path / f"out.{suffix}")
    for path in (source, output):
        with VideoReader(path) as reader:
            levels = [
                frame.to_ndarray(format="rgb24").mean() for frame in reader
            ]
        assert levels[25] == pytest.approx(255, abs=3)
        assert levels[0] == pytest.approx(16, abs=5)
