"""Tests of `tfrecords_tools.frames.image_folders`."""

import numpy as np
import pytest

from tests.helpers.raw_images import write_frame, write_image
from tests.helpers.source_checks import arrays_of
from tfrecords_tools.frames.image_folders import (
    image_files,
    list_images,
    probe_images,
    read_images,
)
from tfrecords_tools.raw_video import SourceError


def test_the_facts_are_those_of_the_first_image_and_all_numbers(tmp_path):
    for number in (3, 4, 9):
        write_frame(tmp_path / f"clip_{number:05d}.png", 10)
    facts = probe_images(tmp_path, 24.0)
    assert facts.size == (24, 32)
    assert (facts.frames_per_second, facts.num_frames) == (24.0, 3)
    assert facts.frame_numbers == (3, 4, 9)


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
    assert image_files(tmp_path) == [str(tmp_path / "a_1.png")]


def test_two_images_of_one_number_are_an_error(tmp_path):
    write_frame(tmp_path / "a_1.png", 10)
    write_frame(tmp_path / "a_001.png", 10)
    with pytest.raises(SourceError, match="image 1: .*a_001.png.*a_1.png"):
        list_images(tmp_path)


def test_an_image_without_number_is_an_error(tmp_path):
    write_frame(tmp_path / "cover.png", 10)
    with pytest.raises(SourceError, match="cover.png.*number of the frame"):
        list_images(tmp_path)


def test_a_missing_and_an_empty_folder_are_errors(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SourceError, match="Empty video: no image in"):
            probe_images(folder, 24.0)


def test_images_are_decoded_as_they_are_one_by_one(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, [3, 24, 32, 3], np.uint8)
    paths = [
        write_image(tmp_path / f"{index}.png", image)
        for index, image in enumerate(noise)
    ]
    frames = read_images(paths)
    np.testing.assert_array_equal(arrays_of([next(frames)]), noise[:1])
    paths[1].write_bytes(b"")
    with pytest.raises(SourceError, match="Unreadable image .*1.png"):
        next(frames)


def test_frames_of_two_sizes_are_an_error(tmp_path):
    paths = [write_frame(tmp_path / "1.png", 10)]
    paths.append(write_frame(tmp_path / "2.png", 50, (24, 30)))
    frames = read_images(paths)
    next(frames)
    with pytest.raises(
        SourceError, match="2.png.* first one, 32x24. Received: 30x24"
    ):
        next(frames)
