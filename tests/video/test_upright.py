"""Turned frames show the right way up, and say of themselves what they said."""

import sys

import av
import numpy as np
import pytest

from rmdn_tf.video.decoding import decode_upright
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.upright import Upright
from tests.helpers.made_videos import grey_frames, moving_square, write_video

# BT.2020, HLG, the matrix of BT.2020, limited range: a phone's HDR.
HLG = {
    "color_primaries": 9,
    "color_trc": 18,
    "colorspace": 9,
    "color_range": 1,
}


def corners():
    """One frame, bright in a corner only, so that no two turns look alike."""
    frame = np.full((32, 64, 3), 30, np.uint8)
    frame[:16, :32] = 220
    return frame[None]


def shown(path):
    (frame,) = decode_upright(path)
    return frame.to_ndarray(format="rgb24")


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_frame_is_turned_and_mirrored_as_the_player_is_told(
    tmp_path, turns, mirrored
):
    path = write_video(
        tmp_path / "a.mp4", corners(), turns=turns, mirrored=mirrored
    )
    expected = np.rot90(corners()[0], turns)
    if mirrored:
        expected = expected[:, ::-1]
    pixels = shown(path)
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).max() < 20


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv444p"])
def test_a_turned_frame_keeps_its_bits_and_colours(tmp_path, pix_fmt):
    path = write_video(
        tmp_path / "a.mp4",
        grey_frames([40, 200]),
        turns=1,
        pix_fmt=pix_fmt,
        **HLG,
    )
    with VideoReader(path) as reader:
        frames = list(reader)
    for frame in frames:
        assert frame.format.name == pix_fmt
        assert {name: getattr(frame, name) for name in HLG} == HLG
        assert (frame.width, frame.height) == (48, 64)
        assert frame.rotation == 0
    assert [frame.time for frame in frames] == [0.0, 0.04]


def test_a_turned_frame_has_the_very_values_of_the_frame_that_lies(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (1, 48, 64, 3), np.uint8)
    lying = write_video(tmp_path / "a.mp4", frames)
    turned = write_video(tmp_path / "b.mp4", frames, turns=1)
    (one,), (other,) = decode_upright(lying), decode_upright(turned)
    one, other = (
        np.frombuffer(f.planes[0], np.uint8).reshape(-1, f.planes[0].line_size)
        for f in (one, other)
    )
    np.testing.assert_array_equal(other[:64, :48], np.rot90(one[:48, :64]))


@pytest.mark.parametrize("turns", [0, 1])
def test_no_frame_stays_in_memory(tmp_path, turns):
    path = tmp_path / "a.mp4"
    write_video(path, moving_square(8), codec="mpeg4", turns=turns)
    upright = Upright()
    with av.open(str(path)) as container:
        first, *others = container.decode(video=0)
    upright(first)
    for frame in others:
        before = sys.getrefcount(frame)
        upright(frame)
        assert sys.getrefcount(frame) == before
