"""Arrays of maps in .npz and .mat: valid, ambiguous, too large and damaged."""

import re

import h5py
import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings

from rmdn_tf.evaluation import map_arrays
from rmdn_tf.evaluation.map_arrays import open_video_array
from rmdn_tf.evaluation.map_errors import MapError
from tests.helpers.damaged_bytes import (
    DAMAGES,
    IS_SEARCH,
    NUM_EXAMPLES,
    damage,
)
from tests.helpers.peer_maps import save_mat, save_mat73
from tests.helpers.written_maps import (
    SIZE,
    assert_equal,
    error_of,
    made_levels,
    read_one,
)

SAVERS = {
    "1.npz": np.savez_compressed,
    "1.mat": save_mat,
    "73_1.mat": save_mat73,
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").mkdir()
    return tmp_path / "a"


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("file", ["1.npz", "1.mat"])
def test_real_numbers_of_any_type_are_read(folder, file, dtype):
    levels = made_levels()
    SAVERS[file](folder / file, levels.astype(dtype))
    assert_equal(read_one(folder.parent), levels)


def test_version_7_3_of_matlab_is_read_with_its_axes_in_order(folder):
    save_mat73(folder / "0001.mat", made_levels().astype(float))
    assert_equal(read_one(folder.parent), made_levels())


@pytest.mark.parametrize("save", [save_mat, save_mat73])
@pytest.mark.parametrize("axis", [0, 2])
def test_matlab_may_hold_the_frames_first_or_last(tmp_path, save, axis):
    maps = np.stack([made_levels(seed) for seed in range(3)])
    save(tmp_path / "a.mat", np.moveaxis(maps, 0, axis))
    opened = open_video_array(str(tmp_path / "a.mat"), 3)
    assert opened.shape == (3, *SIZE)
    for frame in range(3):
        np.testing.assert_array_equal(opened[frame], maps[frame])


@pytest.mark.parametrize("num_frames", [4, 6, None])
def test_matlab_with_frames_on_no_axis_or_on_two_is_ambiguous(
    tmp_path, num_frames
):
    save_mat(tmp_path / "a.mat", np.ones([6, 8, 6]))
    with pytest.raises(MapError, match="Ambiguous .*a.mat'.*shape .6, 8, 6."):
        open_video_array(str(tmp_path / "a.mat"), num_frames)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (
            lambda path: np.savez(path, a=np.ones(SIZE), b=np.ones(SIZE)),
            "'a', 'b'",
        ),
        (lambda path: np.savez(path, rate=np.ones(1)), "none"),
        (lambda path: np.savez(path, a=np.array([{}] * 4)), "an array of obj"),
        (lambda path: np.savez(path, a=np.ones([2, *SIZE])), r"\(2, 6, 8\)"),
        (lambda path: np.savez(path, a=np.ones(SIZE, complex)), "of complex"),
    ],
)
def test_an_archive_without_one_map_is_an_error(folder, write, message):
    write(folder / "1.npz")
    assert re.search(f"1.npz'.*{message}", error_of(folder.parent))


@pytest.mark.parametrize(
    "variables",
    [
        {"a": np.ones(SIZE), "b": np.ones(SIZE)},
        {"name": "a text", "fps": 25.0},
        {"cell": np.array([np.ones(SIZE), np.ones(3)], object)},
    ],
)
def test_a_matlab_file_without_one_map_is_an_error(folder, variables):
    scipy.io.savemat(folder / "1.mat", variables)
    assert re.search("1.mat'.*one array of real num", error_of(folder.parent))
    with h5py.File(folder / "1.mat", "w", userblock_size=512) as file:
        for name in "ab":
            file[name] = np.ones(SIZE)
    assert re.search(r"1.mat'.*\['a', 'b'\]", error_of(folder.parent))


@pytest.mark.parametrize("file", SAVERS)
def test_a_small_file_of_too_many_numbers_is_not_read(
    folder, file, monkeypatch
):
    SAVERS[file](folder / file, np.zeros([600, 800]))
    length = (folder / file).stat().st_size
    monkeypatch.setattr(map_arrays, "MAX_BYTES", 600 * 800 * 4)
    assert length < map_arrays.MAX_BYTES / 10
    assert re.search("at most|more than", error_of(folder.parent))


@pytest.mark.parametrize("file", SAVERS)
@settings(max_examples=NUM_EXAMPLES, deadline=None, derandomize=not IS_SEARCH)
@given(damages=DAMAGES)
def test_a_damaged_file_is_a_clear_error(tmp_path_factory, file, damages):
    directory = tmp_path_factory.getbasetemp() / f"damaged_{file}"
    path = directory / "a" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    SAVERS[file](path, made_levels().astype(float))
    path.write_bytes(damage(path.read_bytes(), damages))
    try:
        density = read_one(directory, first_frame=None)
    except MapError as error:
        assert str(directory) in str(error)
    else:
        np.testing.assert_allclose(density.sum(), 1, rtol=1e-9)
