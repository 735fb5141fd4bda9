"""Maps are found in all layouts, or an error names what is missing."""

import concurrent.futures
import os
import re
import threading
import tracemalloc

import numpy as np
import pytest

from rmdn_tf.evaluation import video_maps
from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.map_errors import MapError
from rmdn_tf.files.safe_names import file_name
from tests.helpers.written_maps import (
    SIZE,
    assert_equal,
    error_of,
    made_levels,
    read_one,
    write_array,
    write_map,
    write_png,
)


def write_maps(directory, files):
    """Writes maps; a file outside of any folder holds three frames."""
    for file in files:
        levels = made_levels(2)
        if "/" not in file:
            levels = np.stack([made_levels(seed) for seed in range(3)])
        write_map(directory / file, levels)


@pytest.mark.parametrize(
    ("file", "first_frame"),
    [
        ("a/0003.png", 1),
        ("a/3.png", 1),
        ("a/3.PNG", 1),
        ("a/00003.npy", 1),
        ("a/maps/0003.png", 1),
        ("a/maps/0003.npy", 1),
        ("a/actioncliptest00001_00003.png", 1),
        ("a/frame3.png", 1),
        ("a/12_0003_saliency.png", 1),
        ("a.npy", 1),
        ("a/2.png", 0),
    ],
)
def test_every_layout_gives_the_map_of_the_frame(tmp_path, file, first_frame):
    write_maps(tmp_path, [file])
    density = read_one(tmp_path, 2, first_frame=first_frame)
    assert_equal(density, made_levels(2))
    none = MapDirectory(tmp_path).densities("a", np.zeros(0, int), 3, 4)
    assert none.shape == (0, 3, 4)


@pytest.mark.parametrize(
    ("files", "request_", "message"),
    [
        (
            ["a/0.png", "a/1.png"],
            {},
            "'0.png' in '.*/a'.*first_frame=1.*: 0. .*--first_frame 0",
        ),
        (
            ["1/1.png", "0001.npy"],
            {"video_id": "001"},
            "Ambiguous.*/0001.npy' and '.*/1'",
        ),
        (["v01/1.png"], {"video_id": "v1"}, "No maps of the video 'v1'"),
        (
            ["a/1.png", "a.npy"],
            {},
            "Ambiguous.*'a'.*/a(.npy)?' and .*/a(.npy)?'",
        ),
        ([], {}, "'a' in '.*folder 'a'.*kind .npy, .*.mp4, .*: neither."),
        ([], {"video_id": "b/001"}, "No maps of the video 'b/001'"),
        ([], {"video_id": "a\0"}, "No maps"),
        ([], {"video_id": "a" * 300}, "No maps"),
        ([], {"video_id": "1" * 5000}, "No maps"),
        (
            ["a/b/1.png", f"{file_name('a/b')}/1.png"],
            {"video_id": "a/b"},
            "Ambiguous",
        ),
        (
            ["a/b/c/1.png", "a/1.txt"],
            {},
            "No maps in '.*/a'.* .*/a' or .*/a/b'",
        ),
        (["a/1.bmp"], {}, "Received: other files, such as '1.bmp', in"),
        (
            ["a/notes.txt", "a/b/1.bmp"],
            {"map_folder": "b"},
            "such as '1.bmp', in '.*/a/b'",
        ),
        (
            ["a/1.png", "a/maps/2.png"],
            {},
            "Ambiguous maps in '.*/a'.*/a' and .*/a/maps'.*_folder maps.",
        ),
        (["a/mean.png"], {}, "'mean.png' in '.*/a'.*number"),
        (
            ["a/1.png", "a/001.png"],
            {},
            "number 1 in .*/a'.*'001.png' and '1.png'",
        ),
        (
            ["a/1.png", "a/b_1.png"],
            {},
            "number 1 in .*/a'.*'1.png' and 'b_1.png'",
        ),
        (["a/1.png", "a/1.npy"], {}, "number 1 in .*/a'.*'1.npy' and '1.png'"),
        (
            ["a/0001.png"],
            {"frame": 11},
            "frame 11, counted from 0, in '.*/a'. .* like '0001.png'. "
            "Received: num_maps=1. To go on, choose --missing_maps uniform or "
            "skip.",
        ),
        (
            ["a/maps/v7_00001_map.png"],
            {"frame": 11},
            "in '.*/a/maps'. .* like 'v7_00001_map.png'",
        ),
        (["a.npy"], {"frame": 3}, "frame 3, .* in .*/a.npy'.*num_maps=3"),
        (
            ["a/49.png", "a/50.png"],
            {"frame": 4, "first_frame": None},
            "frame 4, .* in '.*/a'.*num_maps=2",
        ),
    ],
)
def test_missing_and_ambiguous_maps_are_an_error_that_names_them(
    tmp_path, files, request_, message
):
    write_maps(tmp_path, files)
    assert re.search(message, error_of(tmp_path, **request_))


def test_frames_come_in_the_order_in_which_they_are_asked_for(tmp_path):
    for number in range(1, 5):
        write_png(tmp_path / f"a/{number}.png", made_levels(number))
    frames = np.array([3, 0, 3], np.int32)
    densities = MapDirectory(tmp_path).densities("a", frames, *SIZE)
    assert densities.dtype == np.float64
    assert densities.shape == (3, *SIZE)
    for density, number in zip(densities, [4, 1, 4], strict=True):
        assert_equal(density, made_levels(number))


def test_a_shot_is_counted_from_its_first_file_and_gaps_close_up(tmp_path):
    for number in (49, 50, 53, 100):
        write_png(tmp_path / f"a/clip00001_{number}.png", made_levels(number))
    density = read_one(tmp_path, 2, first_frame=None)
    assert_equal(density, made_levels(53))


def test_a_video_may_lie_in_sub_folders(tmp_path):
    write_png(tmp_path / "DHF1K/val/0601/0001.png", made_levels())
    for video_id in ("DHF1K/val/0601", "DHF1K/val/601"):
        assert_equal(read_one(tmp_path, video_id=video_id), made_levels())


@pytest.mark.parametrize("file", ["0001/1.png", "1/1.png", "00001.npy"])
def test_a_number_fits_whatever_zeros_stand_before_it(tmp_path, file):
    levels = made_levels()
    write_map(tmp_path / file, levels[None] if "npy" in file else levels)
    write_png(tmp_path / "0010/1.png", made_levels(1))
    assert_equal(read_one(tmp_path, video_id="001"), made_levels())


def test_the_very_name_goes_before_other_zeros(tmp_path):
    for name in ("1", "001", "0001"):
        write_png(tmp_path / name / "1.png", made_levels(len(name)))
    assert_equal(read_one(tmp_path, video_id="001"), made_levels(3))


@pytest.mark.parametrize("video_id", ["", "..", "../a", "a/./b", "a//b"])
def test_a_name_cannot_lead_out_of_the_directory(tmp_path, video_id):
    (tmp_path / "maps/a").mkdir(parents=True)
    for outer in ("1.png", "a/1.png"):
        write_png(tmp_path / outer, made_levels())
    message = error_of(tmp_path / "maps", video_id=video_id)
    assert f"No maps of the video '{video_id}'" in message


@pytest.mark.parametrize("video_id", ["../a", "", "跑" * 300, "=A", "a\0", "A"])
@pytest.mark.parametrize("layout", ["{}/1.png", "{}/maps/1.png", "{}.npy"])
def test_maps_of_any_video_are_found_under_its_file_name(
    tmp_path, video_id, layout
):
    levels = made_levels()
    levels = levels[None] if layout == "{}.npy" else levels
    write_map(tmp_path / layout.format(file_name(video_id)), levels)
    assert_equal(read_one(tmp_path, video_id=video_id), made_levels())


def test_a_directory_that_is_none_is_an_error(tmp_path):
    with pytest.raises(MapError, match="Invalid `directory`.*/nowhere"):
        MapDirectory(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    scandir = os.scandir

    def fail(path):
        if path != str(tmp_path):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    (tmp_path / "a").mkdir()
    monkeypatch.setattr(os, "scandir", fail)
    assert re.search("/a': Permission denied", error_of(tmp_path))


def test_a_map_that_vanishes_is_an_error(tmp_path):
    path = write_png(tmp_path / "a/1.png", made_levels())
    maps = MapDirectory(tmp_path)
    maps.densities("a", np.array([0]), *SIZE)
    path.unlink()
    with pytest.raises(MapError, match="a/1.png': No such file"):
        maps.densities("a", np.array([0]), *SIZE)


def test_other_files_are_no_maps(tmp_path):
    write_png(tmp_path / "a/1.png", made_levels())
    write_png(tmp_path / "a/._1.png", made_levels(1))
    write_png(tmp_path / "a/1.png.d/deeper/1.png", made_levels(1))
    for name in ("Thumbs.db", "1.csv", "1.txt"):
        (tmp_path / "a" / name).write_bytes(b"")
    assert_equal(read_one(tmp_path), made_levels())


def test_each_video_is_listed_once(tmp_path, monkeypatch):
    listed = []
    scandir = os.scandir
    for video_id in "ab":
        for number in (1, 2):
            write_png(tmp_path / f"{video_id}/{number}.png", made_levels())

    def counted(path):
        listed.append(os.path.basename(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counted)
    maps = MapDirectory(tmp_path)
    for video_id, frame in [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("a", 0)]:
        maps.densities(video_id, np.array([frame]), *SIZE)
    assert listed == [tmp_path.name, "a", "b"]


def test_a_video_that_fails_leaves_the_one_before_as_it_was(tmp_path):
    write_png(tmp_path / "a/0001.png", made_levels())
    write_png(tmp_path / "b/mean.png", made_levels())
    maps = MapDirectory(tmp_path)
    maps.densities("a", np.array([0]), *SIZE)
    for _ in range(2):
        with pytest.raises(MapError, match="'mean.png' in '.*/b'"):
            maps.densities("b", np.array([0]), *SIZE)
    with pytest.raises(MapError, match="frame 1, .* in '.*/a'"):
        maps.densities("a", np.array([1]), *SIZE)


def test_only_the_frames_asked_for_are_read_of_an_array(tmp_path):
    num_frames, megabyte = 64, 2**20
    video = np.ones([num_frames, 256, 256])  # [L, h, w], 32 MB
    video[1] = np.nan
    write_array(tmp_path / "a.npy", video)
    read_one(tmp_path)  # What is loaded once does not count.
    tracemalloc.start()
    density = read_one(tmp_path, frame=num_frames - 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * megabyte
    assert_equal(density, np.ones(SIZE))


@pytest.mark.parametrize(
    "frames", [[-1], [0.0], [[0]], 0, [True], np.array(["0"])]
)
def test_frames_that_are_no_indices_are_an_error(tmp_path, frames):
    write_png(tmp_path / "a/1.png", made_levels())
    with pytest.raises(ValueError, match="Expected `frames` of indices"):
        MapDirectory(tmp_path).densities("a", frames, *SIZE)


@pytest.mark.parametrize("size", [(0, 8), (6, -1)])
def test_a_grid_without_pixels_is_an_error(tmp_path, size):
    write_png(tmp_path / "a/1.png", made_levels())
    with pytest.raises(ValueError, match="a positive size"):
        read_one(tmp_path, size=size)


def test_two_threads_with_a_video_each_get_maps_of_their_own(
    tmp_path, monkeypatch
):
    levels = {name: made_levels(n) for n, name in enumerate("ab")}
    for video_id, of_video in levels.items():
        for number in (1, 2):
            write_png(tmp_path / f"{video_id}/{number}.png", of_video)
    both_have_begun = threading.Barrier(2, timeout=10)
    read_map = video_maps.read_map

    def waiting(path):
        if path.endswith("1.png"):
            both_have_begun.wait()
        return read_map(path)

    monkeypatch.setattr(video_maps, "read_map", waiting)
    maps = MapDirectory(tmp_path)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for video_id, got in zip(
            "ab",
            pool.map(lambda v: maps.densities(v, np.arange(2), *SIZE), "ab"),
            strict=True,
        ):
            expected = levels[video_id] / levels[video_id].sum()
            np.testing.assert_allclose(got, [expected] * 2)


@pytest.mark.parametrize("on_disk", ["caf\xe9", "cafe\u0301"])
@pytest.mark.parametrize("video_id", ["caf\xe9", "cafe\u0301"])
def test_the_letters_of_a_name_may_be_stored_in_two_ways(
    tmp_path, on_disk, video_id
):
    write_png(tmp_path / on_disk / "1.png", np.array([[0, 255]], np.uint8))
    # Only the case differs: another video.
    write_png(tmp_path / "CAF\xc9" / "1.png", np.array([[255, 0]], np.uint8))
    maps = MapDirectory(tmp_path)
    density = maps.densities(video_id, np.array([0]), 1, 2)
    np.testing.assert_array_equal(density, [[[0, 1]]])
