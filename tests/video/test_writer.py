"""A video is written to every format that holds one, with its sound."""

import warnings

import av
import pytest

from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.writer import VideoWriter
from tests.helpers.made_videos import moving_square, write_video


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A video with AAC of a sample rate that Opus does not have."""
    path = tmp_path_factory.mktemp("videos") / "in.mp4"
    return write_video(path, moving_square(10), sound="aac", sound_rate=44100)


def write_again(source, path):
    with VideoReader(source, with_sound=True) as reader:
        with VideoWriter(path, reader, reader.first_frame) as writer:
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
