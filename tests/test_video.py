"""Tests of `tfrecords_tools.video`."""

import pathlib
import wave

import av
import numpy as np
import pytest

from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.video import estimated_length, probe, read_frames


def write_video(path, frames, frames_per_second=25):
    """Writes uint8 RGB frames `[n, H, W, 3]` without loss (FFV1)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=frames_per_second)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "bgr0"
        for image in frames:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def grey_frames(levels, height=48, width=64):
    """Returns one flat grey frame a level, `[n, height, width, 3]`."""
    levels = np.asarray(levels, np.uint8)[:, None, None, None]
    return np.tile(levels, [1, height, width, 3])


def test_probe_finds_size_rate_and_length(tmp_path):
    path = write_video(tmp_path / "a.avi", grey_frames(range(7)), 30)
    assert probe(path) == (48, 64, 30.0, 7)


def test_the_length_of_an_unreadable_video_counts_as_zero(tmp_path):
    path = write_video(tmp_path / "a.avi", grey_frames(range(7)))
    assert estimated_length(path) == 7
    path.write_bytes(path.read_bytes()[:100])
    assert estimated_length(path) == 0
    assert estimated_length(tmp_path / "none.avi") == 0


def test_frames_come_in_order_and_at_the_size_asked_for(tmp_path):
    levels = np.arange(0, 250, 10)
    path = write_video(tmp_path / "a.avi", grey_frames(levels))
    frames = list(read_frames(path, (12, 20)))
    assert {(f.shape, f.dtype) for f in frames} == {
        ((12, 20, 3), np.dtype(np.uint8))
    }
    # Absolute tolerance: the scaler rounds to whole grey levels.
    np.testing.assert_allclose(
        [f.mean() for f in frames], levels, rtol=0, atol=1
    )


def test_the_whole_frame_is_kept_and_stretched(tmp_path):
    image = np.zeros([48, 96, 3], np.uint8)
    image[:24, :48, 0] = 200  # Red, top left.
    image[:24, 48:, 1] = 200  # Green, top right.
    image[24:, :48, 2] = 200  # Blue, bottom left.
    path = write_video(tmp_path / "a.avi", [image])
    (frame,) = read_frames(path, (24, 24))
    expected = image[::2, ::4]
    # Twelve rows and columns a quadrant; the scaler rounds.
    np.testing.assert_allclose(
        frame.astype(int), expected.astype(int), rtol=0, atol=2
    )


def test_shrinking_averages_and_does_not_alias(tmp_path):
    board = np.indices([64, 64]).sum(axis=0) % 2 * 255
    image = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    path = write_video(tmp_path / "a.avi", [image])
    (frame,) = read_frames(path, (8, 8))
    np.testing.assert_allclose(frame, 127.5, rtol=0, atol=2)


def test_frames_are_decoded_only_when_asked_for(tmp_path):
    path = write_video(tmp_path / "a.avi", grey_frames([10, 20]))
    frames = read_frames(path, (8, 8))
    path.rename(tmp_path / "b.avi")
    with pytest.raises(SourceError, match="a.avi"):
        next(frames)


def test_a_missing_video_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="none.avi.*No such file"):
        probe(tmp_path / "none.avi")


@pytest.mark.parametrize("content", [b"", b"not a video at all" * 100])
def test_a_file_that_is_no_video_is_an_error(tmp_path, content):
    path = tmp_path / "a.avi"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="Unreadable video .*a.avi"):
        probe(path)
    with pytest.raises(SourceError, match="Unreadable video .*a.avi"):
        next(read_frames(path, (8, 8)))


def test_a_sound_file_is_an_error(tmp_path):
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(1600))
    with pytest.raises(SourceError, match="No video stream .*a.wav"):
        probe(path)


def test_a_truncated_video_is_an_error(tmp_path):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, [20, 48, 64, 3], np.uint8)
    path = write_video(tmp_path / "a.avi", noise)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match="Truncated .*a.avi.* 20 frames"):
        probe(path)


def test_a_video_without_frames_is_an_error(tmp_path):
    path = write_video(tmp_path / "a.avi", grey_frames([1, 2, 3]))
    content = path.read_bytes()
    # The header alone: it ends where the list of frames begins.
    path.write_bytes(content[: content.index(b"movi") + 4])
    with pytest.raises(SourceError, match="a.avi"):
        probe(path)
    with pytest.raises(SourceError, match="a.avi"):
        next(read_frames(path, (8, 8)))


def test_a_real_clip_keeps_all_frames_and_its_mean_colour(real_data):
    path: pathlib.Path = real_data / "video_database/videos/BasketballPass.avi"
    if not path.is_file():
        pytest.skip(f"'{path}' is not there.")
    assert probe(path) == (240, 416, 50.0, 500)
    frames = list(read_frames(path, (128, 171)))
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
