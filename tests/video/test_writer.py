"""A video is written to every format that holds one, with its sound."""

import warnings
from fractions import Fraction

import av
import pytest

from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.formats import (
    Encoding,
    pixel_format,
    require_video_format,
)
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.writer import VideoWriter
from tests.helpers.made_videos import moving_square, write_video


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A video with AAC of a sample rate that Opus does not have."""
    path = tmp_path_factory.mktemp("videos") / "in.mp4"
    return write_video(path, moving_square(10), sound="aac", sound_rate=44100)


def write_again(source, path, encoding=None):
    with VideoReader(source, with_sound=True) as reader:
        first = reader.first_frame
        with VideoWriter(path, reader, first, encoding) as writer:
            for frame in reader:
                writer.write(frame)
    with av.open(str(path)) as container:
        number = sum(1 for _ in container.decode(video=0))
        return number, [one.codec_context.name for one in container.streams]


@pytest.mark.parametrize(
    "suffix, codecs",
    [
        ("mkv", ["h264", "aac"]),
        ("ts", ["h264", "aac"]),
        ("webm", ["vp9", "opus"]),
    ],
)
def test_a_format_gets_the_frames_and_the_sound(
    source, tmp_path, suffix, codecs
):
    with warnings.catch_warnings(action="error"):
        assert write_again(source, tmp_path / f"out.{suffix}") == (10, codecs)


def test_a_format_without_sound_gets_the_frames_and_a_warning(source, tmp_path):
    with pytest.warns(UserWarning, match="'out.gif' is written without sound"):
        assert write_again(source, tmp_path / "out.gif") == (10, ["gif"])


@pytest.mark.parametrize("suffix", ["png", "wav"])
def test_a_format_without_video_is_refused(source, tmp_path, suffix):
    with pytest.raises(VideoError, match="holds no video. Choose another"):
        write_again(source, tmp_path / f"out.{suffix}")


FASTEST = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=error"},
    "libsvtav1": {"preset": "12"},
}


@pytest.mark.parametrize(
    "codec, suffix, expected",
    [
        ("libx264", "mov", ["h264", "aac"]),
        ("libx265", "mkv", ["hevc", "aac"]),
        ("libx265", "mp4", ["hevc", "aac"]),
        ("libx265", "ts", ["hevc", "aac"]),
        ("libsvtav1", "mp4", ["libdav1d", "aac"]),
        ("libsvtav1", "webm", ["libdav1d", "opus"]),
    ],
)
def test_a_chosen_encoder_writes(
    source, tmp_path, monkeypatch, codec, suffix, expected
):
    # SVT-AV1 reads it once in a process, which other tests share.
    monkeypatch.setenv("SVT_LOG", "1")
    encoding = Encoding(codec, FASTEST[codec])
    path = tmp_path / f"out.{suffix}"
    assert write_again(source, path, encoding) == (10, expected)


def test_options_reach_the_encoder(source, tmp_path):
    sizes = []
    for quality in ("10", "45"):
        encoding = Encoding("libx264", {"crf": quality})
        write_again(source, tmp_path / "out.mkv", encoding)
        sizes.append((tmp_path / "out.mkv").stat().st_size)
    assert sizes[0] > sizes[1] + 2000  # Sound takes most of it.


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_hevc_has_the_name_that_players_of_apple_want(source, tmp_path, suffix):
    path = tmp_path / f"out.{suffix}"
    write_again(source, path, Encoding("libx265", FASTEST["libx265"]))
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


def test_a_format_that_does_not_take_the_encoder_is_refused(source, tmp_path):
    message = "Cannot write the video 'out.webm': its format does not take"
    with pytest.raises(VideoError, match=message):
        write_again(source, tmp_path / "out.webm", Encoding("libx264", {}))


@pytest.mark.parametrize(
    "name, codec, message",
    [
        ("a.webm", "libx264", "its format does not take libx264. Choose"),
        ("a.webm", "libx265", "its format does not take libx265"),
        ("a.avi", "libx265", "its format does not take libx265"),
        ("a.mov", "libsvtav1", "its format does not take libsvtav1"),
        ("a.mp4", "libx999", "this FFmpeg lacks the encoder libx999"),
        ("a.wav", "libx264", "its format holds no video"),
        ("a.jpg", None, "its format holds no video"),
    ],
)
def test_the_name_tells_that_an_encoder_is_not_taken(name, codec, message):
    with pytest.raises(VideoError, match=message):
        require_video_format(name, codec)


@pytest.mark.parametrize(
    "name, codec, advice",
    [
        ("a.webm", "libx264", "Add --codec libsvtav1, or choose another"),
        ("a.avi", "libx265", "Add --codec libx264 or libsvtav1, or choose"),
        ("a.mov", "libsvtav1", "Add --codec libx264 or libx265, or choose"),
        ("a.wav", "libx264", "no video. Choose another"),
    ],
)
def test_encoders_that_the_format_takes_are_named(name, codec, advice):
    with pytest.raises(VideoError, match=advice):
        require_video_format(name, codec, tuple(FASTEST))


@pytest.mark.parametrize("codec", FASTEST)
def test_the_name_tells_that_an_encoder_is_taken(codec):
    for suffix in ("mp4", "mkv", "flv"):
        require_video_format(f"a.{suffix}", codec)


@pytest.mark.parametrize(
    "form, size, expected",
    [
        ("yuv420p", (48, 64), "yuv420p yuv420p yuv420p"),
        ("yuv422p10le", (48, 64), "yuv422p10le yuv422p10le yuv420p10le"),
        ("yuv420p12le", (48, 64), "yuv420p10le yuv420p12le yuv420p10le"),
        ("rgb24", (48, 64), "yuv420p yuv420p yuv420p"),
        ("yuva420p", (48, 64), "yuv420p yuv420p yuv420p"),
        ("nv12", (48, 64), "yuv420p yuv420p yuv420p"),
        ("yuvj422p", (48, 64), "yuvj422p yuvj422p yuv420p"),
        ("gray", (48, 64), "yuv420p yuv420p yuv420p"),
        ("yuv420p", (47, 64), "yuv444p yuv444p odd"),
    ],
)
def test_the_nearest_pixel_format_is_taken(form, size, expected):
    frame = av.VideoFrame(size[1], size[0], form)
    for codec, wanted in zip(FASTEST, expected.split(), strict=True):
        if wanted == "odd":
            with pytest.raises(ValueError, match="and it has 64x47"):
                pixel_format(codec, frame)
        else:
            assert pixel_format(codec, frame) == wanted


@pytest.mark.parametrize("number", [1, 2])
def test_x265_gives_few_frames_their_times(tmp_path, number):
    source, path = tmp_path / "in.mp4", tmp_path / "out.mp4"
    write_video(source, moving_square(number))
    options = {"x265-params": "log-level=error"}
    for _ in range(8):  # It takes a time from memory that it has not set.
        write_again(source, path, Encoding("libx265", options))
        with av.open(str(path)) as container:
            packets = [p for p in container.demux(video=0) if p.size]
            times = [[p.pts * p.time_base, p.dts - p.pts] for p in packets]
        assert times == [[0, 0], [Fraction(1, 25), 0]][:number]
