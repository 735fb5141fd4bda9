"""Frames of files: upright, at a size, and to the end of the stream."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from rmdn_tf.video import decoding
from rmdn_tf.video.decoding import (
    FrameScaler,
    VideoError,
    decode_upright,
    open_stream,
    packets_of,
    size_within,
)
from rmdn_tf.video.reader import VideoReader
from tests.helpers.cover_pictures import put_cover_first, write_with_cover
from tests.helpers.made_videos import moving_square, write_video
from tfrecords_tools.frames.video_files import probe_file
from tfrecords_tools.raw_video import SourceError


def test_a_stream_that_begins_on_the_way_ends_nothing():
    class Container:
        """PyAV's, where a file has more streams than it had at first."""

        def demux(self, streams):
            yield "packet"
            raise IndexError("list index out of range")

    assert list(packets_of(Container(), [0])) == ["packet"]


@pytest.mark.parametrize(
    ("max_size", "original", "expected"),
    [
        (100, (50, 80), (50, 80)),
        (40, (50, 80), (25, 40)),
        (40, (80, 50), (40, 25)),
        (10, (1000, 10), (10, 1)),
    ],
)
def test_a_size_keeps_its_shape_and_is_not_enlarged(
    max_size, original, expected
):
    assert size_within(max_size, original) == expected


def test_shrinking_averages_all_pixels():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(noise, format="rgb24")
    scaled = FrameScaler((8, 8))(frame)
    means = noise.reshape(8, 8, 8, 8, 3).mean((1, 3))
    np.testing.assert_allclose(scaled, means, rtol=0, atol=2)


def test_all_frames_of_a_file_are_decoded(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_square(12))
    assert len(list(decode_upright(path))) == 12


def test_a_file_without_video_is_an_error(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(VideoError, match="Unreadable video '.*a.mp4'"):
        list(decode_upright(path))


@pytest.mark.parametrize(
    ("name", "codec", "form"),
    [
        ("a.mp3", "libmp3lame", None),
        ("a.flac", "flac", None),
        ("a.m4a", "aac", "mp4"),
    ],
)
def test_a_song_with_a_cover_picture_is_no_video(tmp_path, name, codec, form):
    path = write_with_cover(tmp_path / name, codec, form)
    message = f"No video stream in '{path}': it holds a cover picture only"
    for read in (VideoReader, lambda path: list(decode_upright(path))):
        with pytest.raises(VideoError, match=message):
            read(path)
    with pytest.raises(SourceError, match=message):
        probe_file(path)


def test_a_video_with_a_cover_picture_shows_its_frames(tmp_path):
    frames = moving_square(5)
    path = write_with_cover(tmp_path / "a.mp4", "aac", frames=frames)
    put_cover_first(path)
    with av.open(str(path)) as container:  # FFmpeg's first is the cover.
        assert container.streams.video[0].codec_context.name == "mjpeg"
    assert [f.width for f in decode_upright(path)] == [frames.shape[2]] * 5
    with VideoReader(path) as reader:
        assert [frame.width for frame in reader] == [frames.shape[2]] * 5
    assert probe_file(path).num_frames == 5


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_is_a_video_of_one_frame(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    pixels = moving_square(1)[0]
    Image.fromarray(pixels).save(path, quality=100, subsampling=0)
    (frame,) = VideoReader(path)
    shown = frame.to_ndarray(format="rgb24")
    np.testing.assert_allclose(shown, pixels.astype(float), rtol=0, atol=12)


def test_an_error_of_an_output_is_no_error_of_the_video(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_square(3))
    full = av.FFmpegError(28, "No space left on device", "b.mp4")
    for opened in (open_stream(path), VideoReader(path)):
        with pytest.raises(av.FFmpegError, match="No space left"):
            with opened:
                raise full


def test_a_file_named_by_the_time_of_day_is_no_protocol(tmp_path, monkeypatch):
    write_video(tmp_path / "a.mp4", moving_square(4))
    (tmp_path / "a.mp4").rename(tmp_path / "2024-05-01T12:30:05.mp4")
    monkeypatch.chdir(tmp_path)
    with open_stream("2024-05-01T12:30:05.mp4") as (_, stream):
        assert stream.frames == 4
    with pytest.raises(VideoError, match="12:31.mp4"):
        with open_stream("12:31.mp4"):
            pass


def test_a_frame_that_is_larger_than_allowed_is_not_decoded(
    tmp_path, monkeypatch
):
    """The header tells the size of the first frame only."""
    path = tmp_path / "grows.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number, size in enumerate([(64, 48)] * 3 + [(640, 480)]):
            jpeg = io.BytesIO()
            Image.new("RGB", size).save(jpeg, "JPEG")
            packet = av.Packet(jpeg.getvalue())
            packet.stream, packet.time_base = stream, Fraction(1, 10)
            packet.pts = packet.dts = number
            container.mux(packet)
    monkeypatch.setattr(decoding, "MAX_PIXELS", 640 * 480 - 1)
    with pytest.raises(VideoError, match="after 3 frames"):
        [*VideoReader(path)]
    monkeypatch.setattr(decoding, "MAX_PIXELS", 640 * 480)
    assert len([*VideoReader(path)]) == 4
