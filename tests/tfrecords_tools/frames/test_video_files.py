"""Tests of `tfrecords_tools.frames.video_files`."""

import io
import struct
import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from tests.helpers.made_videos import (
    grey_frames,
    write_grey,
    write_lossless,
    write_video,
)
from tests.helpers.source_checks import arrays_of
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.frames.video_files import Scaler, probe_file, read_frames
from tfrecords_tools.raw_video import SourceError


def write_timed(path, ticks, ticks_per_second=1000):
    """Writes a grey frame to be shown at each time, as MPEG-4."""
    return write_video(
        path,
        grey_frames(range(len(ticks))),
        ticks=ticks,
        ticks_per_second=ticks_per_second,
        codec="mpeg4",
    )


def test_probe_finds_size_rate_and_length(tmp_path):
    path = write_grey(tmp_path / "a.avi", range(7), rate=30)
    assert probe_file(path) == VideoFacts((48, 64), 30.0, 7)


def test_frames_come_in_order_and_as_they_were_recorded(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, [9, 48, 64, 3], np.uint8)
    path = write_lossless(tmp_path / "a.avi", noise)
    np.testing.assert_array_equal(arrays_of(read_frames(path)), noise)


def scaled(path, size):
    """Returns the frames of a video at the size (height, width)."""
    return [*map(Scaler(size), read_frames(path))]


def test_the_whole_frame_is_kept_and_stretched(tmp_path):
    image = np.zeros([48, 96, 3], np.uint8)
    image[:24, :48, 0] = 200  # Red, top left.
    image[:24, 48:, 1] = 200  # Green, top right.
    image[24:, :48, 2] = 200  # Blue, bottom left.
    path = write_lossless(tmp_path / "a.avi", [image])
    (frame,) = scaled(path, (24, 24))
    assert (frame.shape, frame.dtype) == ((24, 24, 3), np.uint8)
    expected = image[::2, ::4]
    # Twelve rows and columns a quadrant; the scaler rounds.
    np.testing.assert_allclose(
        frame.astype(int), expected.astype(int), rtol=0, atol=2
    )


def test_an_avi_may_leave_out_frames_that_repeat_the_one_before(tmp_path):
    # Its header counts them, so that there seem to be too few.
    times = [0, 1, 2, 3, 8, 9, 10, 11, 12]
    path = write_timed(tmp_path / "a.avi", times, 25)
    facts = probe_file(path)
    # 9 frames in 13 steps.
    assert facts == VideoFacts((48, 64), 9 / 13 * 25, 9)
    assert len(arrays_of(read_frames(path))) == 9
    content = path.read_bytes()
    # Without the index at the end, and the last frame or two before it.
    path.write_bytes(content[: content.index(b"idx1") - 100])
    with pytest.raises(SourceError, match="Truncated .*a.avi.* 13 frames"):
        probe_file(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: b"", "Unreadable video"),
        (lambda content: b"not a video at all" * 100, "Unreadable video"),
        (lambda content: content.replace(b"FFV1", b"ZZZZ"), "no decoder"),
        # The header alone: it ends where the list of frames begins.
        (lambda content: content[: content.index(b"movi") + 4], "a.avi"),
        (lambda content: sound(), "No video stream"),
    ],
)
def test_a_file_that_is_no_video_is_an_error(tmp_path, damage, message):
    path = write_grey(tmp_path / "a.avi", range(7))
    path.write_bytes(damage(path.read_bytes()))
    for read in (probe_file, lambda path: list(read_frames(path))):
        with pytest.raises(SourceError, match="a.avi'") as info:
            read(path)
        assert message in str(info.value)


def sound():
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", None))
        file.writeframes(bytes(1600))
    return content.getvalue()


def test_a_title_that_is_not_utf_8_does_not_matter(tmp_path):
    path = write_grey(tmp_path / "a.avi", range(7))
    content = path.read_bytes()
    encoder = content[content.index(b"Lavf") :][:4]
    path.write_bytes(content.replace(encoder, b"\xe9t\xe9 "))
    assert probe_file(path).num_frames == 7
    assert len(arrays_of(read_frames(path))) == 7


def test_a_truncated_video_is_an_error(tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, [20, 48, 64, 3], np.uint8)
    path = write_lossless(tmp_path / "a.avi", noise)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match="Truncated .*a.avi.* 20 frames"):
        probe_file(path)


def test_a_real_clip_keeps_all_frames_and_its_mean_colour(real_data):
    path = real_data / "video_database/videos/BasketballPass.avi"
    if not path.is_file():
        pytest.skip(f"'{path}' is not there.")
    assert probe_file(path) == VideoFacts((240, 416), 50.0, 500)
    frames = scaled(path, (128, 171))
    assert len(frames) == 500
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).to_ndarray()  # YUV 4:2:0.
    luma = first[:240].astype(float)
    chroma = first[240:].reshape([2, 120, 208]).astype(float)
    blue, red = np.kron(chroma, np.ones([2, 2])) - 128
    luma = (luma - 16) * 255 / 219
    # ITU-R BT.601, limited range.
    full = [
        luma + 1.402 * red * 255 / 224,
        luma - (0.344136 * blue + 0.714136 * red) * 255 / 224,
        luma + 1.772 * blue * 255 / 224,
    ]
    # Shrinking keeps the mean of each channel, up to rounding to grey levels.
    np.testing.assert_allclose(
        frames[0].mean(axis=(0, 1)),
        np.clip(full, 0, 255).mean(axis=(1, 2)),
        rtol=0,
        atol=0.2,
    )


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_video_that_was_held_upright_is_read_upright(tmp_path, turns):
    # Bright above, dark below, as a player shows it.
    upright = np.full([64, 48, 3], 20, np.uint8)
    upright[:32] = 220
    stored = np.ascontiguousarray(np.rot90(upright, -turns))
    path = write_video(
        tmp_path / "a.mp4", [stored] * 3, codec="mpeg4", turns=turns
    )
    assert probe_file(path).size == (64, 48)
    (first, *_) = arrays_of(read_frames(path))
    assert first.shape == (64, 48, 3)
    assert first[:28].mean() > 200
    assert first[36:].mean() < 40


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
@pytest.mark.parametrize("turns", [0, 1])
def test_the_shape_of_a_pixel_is_that_of_the_upright_picture(
    tmp_path, suffix, turns
):
    path = write_video(
        tmp_path / f"a.{suffix}",
        grey_frames(range(3)),
        codec="mpeg4",
        turns=turns,
        sample_aspect_ratio=Fraction(16, 11),
    )
    facts = probe_file(path)
    turned = turns and suffix != "avi"  # It does not keep a rotation.
    expected = 11 / 16 if turned else 16 / 11
    np.testing.assert_allclose(facts.pixel_aspect, expected, rtol=1e-6)


def test_a_trimmed_video_is_no_truncated_one(tmp_path):
    path = write_video(
        tmp_path / "a.mp4", grey_frames(range(100)), codec="mpeg4"
    )
    content = bytearray(path.read_bytes())
    # The edit list: version, count of edits, then duration and first time.
    edit = content.index(b"elst") + 4 + 8
    duration, _ = struct.unpack(">II", content[edit : edit + 8])
    content[edit : edit + 4] = struct.pack(">I", duration // 2)
    path.write_bytes(content)
    facts = probe_file(path)
    assert facts.num_frames < 60
    assert len(list(read_frames(path))) == facts.num_frames
