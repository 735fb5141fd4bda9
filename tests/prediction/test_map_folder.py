"""A folder of maps goes on after a kill, and holds maps of one kind only."""

import json
import os
import signal

import numpy as np
import pytest

from rmdn_tf.files.locks import InUseError
from rmdn_tf.files.settings_file import OtherSettingsError
from rmdn_tf.prediction.best_map import BestMap
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.map_folder import MAPS_FILE, MapFolder, map_folder
from tests.helpers.processes import run_until_killed

pytestmark = pytest.mark.slow

SIZE = (9, 12)
ORIGIN = {"video": "abc", "model": "def"}
NUM_MAPS = 5


class CountedDensity(Density):
    """A density that counts the maps that are asked for."""

    num_maps = 0

    def __init__(self, number):
        generator = np.random.default_rng(number)
        super().__init__(generator.normal(size=(2, 6)).astype(np.float32) / 3)

    def saliency_map(self, height, width):
        CountedDensity.num_maps += 1
        return super().saliency_map(height, width)


def write(folder, numbers=range(NUM_MAPS)):
    for number in numbers:
        folder.write(None, number / 25, CountedDensity(number))


def killed_after_two(directory, origin, map_format):
    with map_folder(directory, SIZE, map_format, origin) as folder:
        write(folder, range(2))
        os.kill(os.getpid(), signal.SIGKILL)


def kill(directory, origin=ORIGIN, map_format="png"):
    """Kills a writer of maps; returns the folder with what it left."""
    run_until_killed(killed_after_two, directory, origin, map_format)
    assert not directory.exists()
    (left,) = directory.parent.glob(f"partial.*/{directory.name}")
    return left


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture(params=["png", "npy"])
def undisturbed(request, tmp_path):
    """Returns a format, and what a run writes that nobody disturbs."""
    directory = tmp_path / "undisturbed" / "maps"
    with map_folder(directory, SIZE, request.param, ORIGIN) as folder:
        write(folder)
    return request.param, contents(directory)


def test_maps_that_a_killed_writer_left_are_not_written_again(
    tmp_path, undisturbed
):
    map_format, expected = undisturbed
    directory = tmp_path / "killed" / "maps"
    left = kill(directory, map_format=map_format)
    # The kill came in the middle of a map.
    (left / f"0003.{map_format}.partial").write_bytes(b"half")
    CountedDensity.num_maps = 0
    with map_folder(directory, SIZE, map_format, ORIGIN) as folder:
        write(folder)
    assert CountedDensity.num_maps == NUM_MAPS - 2
    assert contents(directory) == expected
    assert list(directory.parent.iterdir()) == [directory]


@pytest.mark.parametrize("origin", [{**ORIGIN, "video": "other"}, None])
def test_maps_of_another_kind_that_a_killed_writer_left_are_removed(
    tmp_path, origin
):
    directory = tmp_path / "maps"
    kill(directory)
    CountedDensity.num_maps = 0
    with map_folder(directory, SIZE, "png", origin) as folder:
        write(folder)
    assert CountedDensity.num_maps == NUM_MAPS
    assert list(tmp_path.iterdir()) == [directory]


def test_a_folder_that_is_complete_is_accepted_as_it_is(tmp_path):
    directory = tmp_path / "maps"
    for num_maps in (NUM_MAPS, 0):
        CountedDensity.num_maps = 0
        with map_folder(directory, SIZE, "png", ORIGIN) as folder:
            write(folder)
        assert CountedDensity.num_maps == num_maps
    about = json.loads((directory / MAPS_FILE).read_text())
    assert about == {**ORIGIN, "size": list(SIZE), "format": "png"}


@pytest.mark.parametrize(
    ("size", "map_format", "origin", "words"),
    [
        (SIZE, "png", {**ORIGIN, "model": "x"}, "model was 'def' and is now"),
        (SIZE, "png", {"video": "abc"}, "model was 'def' and is now missing"),
        (SIZE, "npy", ORIGIN, "format was 'png' and is now 'npy'"),
        ((3, 4), "png", ORIGIN, r"size was \[9, 12\] and is now \[3, 4\]"),
        (SIZE, "png", None, "is not empty. Name a new folder"),
    ],
)
def test_a_folder_with_other_maps_is_left_alone(
    tmp_path, size, map_format, origin, words
):
    directory = tmp_path / "maps"
    with map_folder(directory, SIZE, "png", ORIGIN) as folder:
        write(folder)
    before = contents(directory)
    with pytest.raises((FileExistsError, OtherSettingsError), match=words):
        with map_folder(directory, size, map_format, origin):
            pass
    assert contents(directory) == before


def test_maps_for_a_metric_do_not_mix_with_densities(tmp_path):
    directory = tmp_path / "maps"
    with map_folder(directory, SIZE, "npy", ORIGIN, BestMap("cc", 0.1, 5)):
        pass
    about = json.loads((directory / MAPS_FILE).read_text())
    wanted = {"metric": "cc", "blur": 0.1, "num_fixations": 5}
    assert about["best_map"] == wanted
    for best_map in (None, BestMap("cc", 0.1, 6)):
        with pytest.raises(OtherSettingsError, match="best_map/"):
            with map_folder(directory, SIZE, "npy", ORIGIN, best_map):
                pass


def test_one_process_at_a_time_writes_the_same_maps(tmp_path):
    directory = tmp_path / "maps"
    with map_folder(directory, SIZE, "png", ORIGIN) as folder:
        write(folder)
        with pytest.raises(InUseError, match="maps"):
            with map_folder(directory, SIZE, "png", ORIGIN):
                pass
    assert len(contents(directory)) == NUM_MAPS + 1


def test_a_map_that_cannot_be_written_leaves_no_half(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(MapFolder(tmp_path, SIZE))
    assert not (tmp_path / "0001.png").exists()
