"""Frames of files: upright, at a size, and to the end of the stream."""

import av
import numpy as np
import pytest

from rmdn_tf.video.decoding import (
    FrameScaler,
    VideoError,
    decode_upright,
    packets_of,
    size_within,
)
from tests.helpers.made_videos import moving_square, write_video


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
