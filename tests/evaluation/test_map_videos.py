"""Grey videos as maps: any order of frames, bounded memory, clear errors."""

import concurrent.futures
import re

import numpy as np
import pytest

from rmdn_tf.evaluation import map_videos
from rmdn_tf.evaluation.map_errors import MapError
from rmdn_tf.evaluation.map_videos import VideoOfMaps
from tests.helpers.made_videos import moving_square, write_lossless, write_video
from tests.helpers.peer_maps import as_rgb

MAPS = np.random.default_rng(0).integers(0, 256, (30, 48, 64), np.uint8)


@pytest.fixture
def path(tmp_path):
    return str(write_lossless(tmp_path / "a.avi", as_rgb(MAPS)))


def test_frames_are_read_in_any_order_with_few_in_memory(path, monkeypatch):
    monkeypatch.setattr(map_videos, "HELD_BYTES", 5 * 48 * 64)
    video = VideoOfMaps(path)
    assert video.shape == MAPS.shape
    for frame in (3, 4, 2, 20, 16, 15, 0, 29):
        np.testing.assert_array_equal(video[frame], MAPS[frame])
        assert len(video._held) <= 5


def test_threads_share_a_video(path):
    video = VideoOfMaps(path)
    order = np.random.default_rng(0).permutation(30)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        read = pool.map(video.__getitem__, order)
        for frame, levels in zip(order, read, strict=True):
            np.testing.assert_array_equal(levels, MAPS[frame])


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "mjpeg"])
def test_black_of_a_lossy_video_is_zero_and_white_is_not(tmp_path, codec):
    maps = np.zeros([4, 48, 64], np.uint8)
    maps[1:, 10:30, 20:50] = 250
    form = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = tmp_path / "a.mkv"
    write_video(path, as_rgb(maps), codec=codec, pix_fmt=form)
    video = VideoOfMaps(str(path))
    assert not video[0].any()
    assert abs(int(video[2][20, 35]) - 250) < 12


def test_a_video_in_colours_is_no_map(tmp_path):
    path = str(write_lossless(tmp_path / "a.avi", moving_square(3)))
    for _ in range(2):  # The same error again, not the end of the video.
        with pytest.raises(MapError, match="a.avi'. .*grey image.*: colours"):
            VideoOfMaps(path)[0]


def test_a_damaged_video_is_a_clear_error(tmp_path, path):
    broken = tmp_path / "broken.avi"
    for content in (b"", b"no video", open(path, "rb").read()[:300]):
        broken.write_bytes(content)
        with pytest.raises(MapError) as caught:
            VideoOfMaps(str(broken))[0]
        assert re.search("Unreadable maps: .*broken.avi'", str(caught.value))


def test_a_video_of_too_many_pixels_is_not_decoded(path, monkeypatch):
    monkeypatch.setattr(map_videos, "MAX_PIXELS", 48 * 64 - 1)
    with pytest.raises(MapError, match="at most 3071 pixels.*: 64x48"):
        VideoOfMaps(path)
