"""Tests of `tfrecords_tools.frames.frame_folders`."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.raw_frames import arrays_of, levels_of
from tests.helpers.written_maps import png_of
from tests.tfrecords_tools.frames.test_video_files import (
    grey_frames,
    write_video,
)
from tfrecords_tools.frames import frame_folders, video_files
from tfrecords_tools.frames.frame_folders import (
    image_size,
    list_images,
    open_frame_folder,
    read_fixation_maps,
    read_images,
)
from tfrecords_tools.raw_video import SourceError


def write_image(path, image):
    """Writes uint8 `[H, W, channels]` as PNG, whatever the suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(image).numpy())
    return path


def write_frame(path, level, height=24, width=32):
    return write_image(path, grey_frames([level], height, width)[0])


def write_map(path, pixels, height=24, width=32, level=255):
    """Writes a map that is `level` at the pixels (row, column)."""
    image = np.zeros([height, width, 1], np.uint8)
    for row, column in pixels:
        image[row, column] = level
    return write_image(path, image)


def write_video_folder(folder, prefix, maps):
    """Writes `images/` and `fixation/`, in it the trap `maps/`.

    Args:
        folder: the video's folder.
        prefix: of the files' names, before the number.
        maps: number -> pixels; the frame of number n has the grey level
            10 n, modulo 256.
    """
    for number, pixels in maps.items():
        file = f"{prefix}{number}.png"
        write_frame(folder / "images" / file, 10 * int(number) % 256)
        write_map(folder / "fixation" / file, pixels)
        # Two things that are no maps, though they lie among them.
        write_map(folder / "fixation" / "maps" / file, [(0, 0)])
        (folder / "fixation" / "maps" / f"{prefix}{number}.mat").write_bytes(
            b"MATLAB"
        )
    return folder


def open_folder(folder):
    return open_frame_folder(
        folder / "images", folder / "fixation", 24.0, ("Run",)
    )


@pytest.fixture
def folder(tmp_path):
    maps = {
        "00003": [],
        "00004": [(6, 8), (18, 4)],
        "00005": [(23, 31)],
    }
    return write_video_folder(tmp_path / "shot", "clip00001_", maps)


def test_frames_and_fixations_are_counted_from_the_first_image(folder):
    raw = open_folder(folder)
    assert raw.original_size == (24, 32)
    assert raw.frames_per_second == 24.0
    assert raw.labels == ("Run",)
    assert not raw.knows_observers
    assert levels_of(raw.frames) == [30, 40, 50]
    np.testing.assert_array_equal(raw.fixations.frame, [1, 1, 2])
    # Centres of the pixels: (8.5, 6.5), (4.5, 18.5), (31.5, 23.5).
    np.testing.assert_allclose(
        raw.fixations.x, [8.5 / 32, 4.5 / 32, 31.5 / 32], rtol=1e-6
    )
    np.testing.assert_allclose(
        raw.fixations.y, [6.5 / 24, 18.5 / 24, 23.5 / 24], rtol=1e-6
    )
    assert not raw.left_out


def test_each_point_of_a_frame_is_an_observer_of_its_own(folder):
    fixations = open_folder(folder).fixations
    np.testing.assert_array_equal(fixations.observer, [0, 1, 0])


def test_what_is_missing_is_counted_by_its_cause(folder):
    write_frame(folder / "images" / "clip00001_00009.png", 90)
    write_map(folder / "fixation" / "clip00001_00002.png", [(1, 1)])
    write_map(folder / "fixation" / "clip00001_00007.png", [(1, 1), (2, 2)])
    (folder / "fixation" / "clip00001_00004.png").unlink()
    raw = open_folder(folder)
    # 3, 4, 5, 9: the gap of three closes up.
    assert levels_of(raw.frames) == [30, 40, 50, 90]
    np.testing.assert_array_equal(raw.fixations.frame, [2])
    assert raw.left_out == {
        frame_folders.MISSING_FRAMES: 3,
        frame_folders.FRAMES_WITHOUT_MAP: 2,
        frame_folders.MAPS_WITHOUT_FRAME: 2,
    }


def test_a_folder_without_maps_has_frames_without_fixation(tmp_path):
    write_frame(tmp_path / "images" / "0001.png", 10)
    raw = open_folder(tmp_path)
    assert len(raw.fixations) == 0
    assert raw.left_out == {frame_folders.FRAMES_WITHOUT_MAP: 1}


def test_no_map_is_missed_where_the_gaze_lies_elsewhere(folder):
    raw = open_frame_folder(folder / "images", None, 24.0)
    assert len(raw.fixations) == 0
    assert raw.knows_observers
    assert not raw.left_out


def test_images_follow_each_other_by_number_not_by_name(tmp_path):
    for name in ("a_9.png", "a_10.PNG", "b_8.jpeg", "a-11.jpg"):
        write_frame(tmp_path / name, 10)
    images = list_images(tmp_path)
    assert list(images) == [8, 9, 10, 11]
    assert images[10] == str(tmp_path / "a_10.PNG")


def test_other_files_are_no_images(tmp_path):
    write_frame(tmp_path / "a_1.png", 10)
    write_frame(tmp_path / "._a_1.png", 10)
    write_frame(tmp_path / "sub_2.png" / "a_3.png", 10)
    (tmp_path / "Thumbs.db").write_bytes(b"")
    assert list(list_images(tmp_path)) == [1]
    assert frame_folders.image_files(tmp_path) == [str(tmp_path / "a_1.png")]
    assert frame_folders.num_images(tmp_path) == 1


def test_two_images_of_one_number_are_an_error(tmp_path):
    write_frame(tmp_path / "a_1.png", 10)
    write_frame(tmp_path / "a_001.png", 10)
    with pytest.raises(SourceError, match="number 1: .*a_001.png.*a_1.png"):
        list_images(tmp_path)
    assert frame_folders.num_images(tmp_path) == 0


def test_an_image_without_number_is_an_error(tmp_path):
    write_frame(tmp_path / "cover.png", 10)
    with pytest.raises(SourceError, match="cover.png.*number of the frame"):
        list_images(tmp_path)


def test_a_missing_and_an_empty_folder_are_errors(tmp_path):
    with pytest.raises(SourceError, match="images.*No such file"):
        open_folder(tmp_path)
    (tmp_path / "images").mkdir()
    with pytest.raises(SourceError, match="Empty video: no image in .*images"):
        open_folder(tmp_path)
    assert frame_folders.num_images(tmp_path / "nowhere") == 0
    assert frame_folders.image_files(tmp_path / "nowhere") == []


def test_frames_are_decoded_only_when_asked_for(folder):
    raw = open_folder(folder)
    next(raw.frames)
    (folder / "images" / "clip00001_00004.png").write_bytes(b"")
    with pytest.raises(SourceError, match="Unreadable image .*_00004.png"):
        next(raw.frames)


@pytest.mark.parametrize("encode", [tf.io.encode_png, tf.io.encode_jpeg])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_truncated_image_is_an_error(tmp_path, encode, share):
    noise = np.random.default_rng(0).integers(0, 256, [24, 32, 3], np.uint8)
    content = encode(noise).numpy()
    path = tmp_path / "a_1.png"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(SourceError, match="Unreadable image .*a_1.png"):
        next(read_images([path]))
    with pytest.raises(SourceError, match="Unreadable image .*a_1.png"):
        read_fixation_maps({1: path}, [1])


def test_a_missing_image_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="a.png.*No such file"):
        next(read_images([tmp_path / "a.png"]))


def test_frames_of_two_sizes_are_an_error(folder):
    write_frame(folder / "images" / "clip00001_00005.png", 50, 24, 30)
    frames = open_folder(folder).frames
    next(frames), next(frames)
    with pytest.raises(
        SourceError, match="_00005.png.* first one, 32x24. Received: 30x24"
    ):
        next(frames)


def test_images_come_out_as_videos_do(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, [3, 48, 64, 3], np.uint8)
    path = write_video(tmp_path / "a.avi", noise)
    images = [
        write_image(tmp_path / f"{index}.png", image)
        for index, image in enumerate(noise)
    ]
    np.testing.assert_array_equal(
        arrays_of(read_images(images)), arrays_of(video_files.read_frames(path))
    )


def test_a_map_of_another_size_than_its_frame_keeps_its_coordinates(folder):
    path = folder / "fixation" / "clip00001_00003.png"
    write_map(path, [(5, 30)], height=10, width=40)
    fixations = open_folder(folder).fixations
    np.testing.assert_allclose(fixations.x[0], 30.5 / 40, rtol=1e-6)
    np.testing.assert_allclose(fixations.y[0], 5.5 / 10, rtol=1e-6)


def test_maps_of_0_and_1_are_read_as_those_of_0_and_255(tmp_path):
    maps = {1: write_map(tmp_path / "1.png", [(2, 3)], level=1)}
    fixations, _ = read_fixation_maps(maps, [1])
    np.testing.assert_allclose(fixations.x, [3.5 / 32], rtol=1e-6)


def test_a_map_that_is_not_binary_is_an_error(tmp_path):
    image = np.arange(24 * 32, dtype=np.uint8).reshape([24, 32, 1])
    maps = {1: write_image(tmp_path / "0001.png", image)}
    with pytest.raises(SourceError, match="0001.png.*binary.* from 1 to 255"):
        read_fixation_maps(maps, [1])


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM"]),
    st.binary(max_size=200),
)
def test_random_bytes_are_an_error_that_names_the_file(
    tmp_path_factory, magic, content
):
    path = tmp_path_factory.getbasetemp() / "random_1.png"
    path.write_bytes(magic + content)
    with pytest.raises(SourceError, match="random_1.png"):
        next(read_images([path]))
    with pytest.raises(SourceError, match="random_1.png"):
        read_fixation_maps({1: path}, [1])


@pytest.mark.parametrize("size", [(60_000, 60_000), (8192, 4097), (2**30, 1)])
def test_an_image_that_claims_too_many_pixels_is_not_decoded(tmp_path, size):
    path = write_frame(tmp_path / "a_1.png", 3)
    path.write_bytes(png_of((*size, 8, 2), b"\0"))
    for read in (lambda: list(read_images([path])), lambda: image_size(path)):
        with pytest.raises(
            SourceError, match="Unreadable image .*a_1.png'.*pixels"
        ):
            read()


def test_a_jpeg_that_claims_too_many_pixels_is_not_decoded(tmp_path):
    content = tf.io.encode_jpeg(grey_frames([3], 24, 32)[0]).numpy()
    start = content.index(b"\xff\xc0") + 5
    huge = content[:start] + b"\xff\xdc" * 2 + content[start + 4 :]
    (tmp_path / "a_1.jpg").write_bytes(huge)
    with pytest.raises(SourceError, match="more than 33554432 pixels"):
        list(read_images([tmp_path / "a_1.jpg"]))
