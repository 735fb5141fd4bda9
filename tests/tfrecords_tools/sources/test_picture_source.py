"""Tests of `picture_source` and its datasets, but for `still_pictures`."""

import collections

import numpy as np
import pytest
import scipy.io

from tests.helpers.raw_pictures import (
    LEVEL,
    write_crowd,
    write_osie,
    write_picture,
    write_scene,
    write_subjects,
)
from tests.helpers.source_checks import (
    check_fixations,
    files_of,
    lengths_of,
    levels_of,
    open_named,
    prepare_small,
    records_of,
)
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.shards.verification import verify
from tfrecords_tools.sources.osie import Osie
from tfrecords_tools.sources.picture_source import (
    ABSENT_FIXATIONS,
    ABSENT_PICTURES,
    PictureSource,
)
from tfrecords_tools.sources.saliency_in_crowd import SaliencyInCrowd
from tfrecords_tools.sources.scene import Scene


def test_a_picture_opens_with_all_fixations_of_each_observer(written):
    raw = open_named(Osie(written(write_osie)), "1001")
    check_fixations(
        raw.fixations, [0] * 3, [1, 1, 2], [0.25, 0.5, 0.75], [0.25, 0.75, 0.5]
    )
    assert raw.original_size == (600, 800)
    assert raw.frames_per_second == 1.0
    assert levels_of(raw.frames) == [LEVEL]
    assert not raw.left_out


def test_a_fixation_beside_the_picture_is_counted(written):
    raw = open_named(Osie(written(write_osie)), "1002")
    check_fixations(raw.fixations, [0], [1], [799.5 / 800], [599.5 / 600])
    assert raw.left_out == {gaze.OUTSIDE: 2}


def test_an_observer_who_saw_nothing_keeps_a_number(written):
    raw = open_named(Osie(written(write_osie)), "1003")
    check_fixations(raw.fixations, [0], [2], [0.1], [0.1])


def test_pictures_that_are_not_on_disk_are_counted(copy_of):
    raw_dir = copy_of(write_osie)
    (raw_dir / "data/stimuli/1009.jpg").write_bytes(b"")
    (raw_dir / "data/stimuli/Thumbs.db").write_bytes(b"")
    source = Osie(raw_dir)
    assert source.left_out() == {
        ABSENT_PICTURES: 1,
        ABSENT_FIXATIONS: 1,
        Osie.others: 2,
    }
    assert lengths_of(source) == {"1001": 1, "1002": 1, "1003": 1}
    assert files_of(source, raw_dir)["1002"] == [
        "data/stimuli/1002.jpg",
        "data/eye/fixations.mat",
    ]


def test_rows_of_scene_are_y_x_onset_and_duration(written):
    source = Scene(written(write_scene))
    check_fixations(
        open_named(source, "001").fixations,
        [0] * 3,
        [1, 1, 2],
        [0.25, 0.75, 0.5],
        [0.25, 0.75, 0.5],
    )
    raw = open_named(source, "002")
    assert raw.original_size == (80, 40)
    check_fixations(raw.fixations, [0], [1], [0.5], [0.75])


def test_crowds_are_pictures_of_1024_by_768(written):
    raw = open_named(SaliencyInCrowd(written(write_crowd)), "001")
    assert raw.original_size == (768, 1024)
    check_fixations(raw.fixations, [0], [1], [0.5], [0.25])


def test_a_picture_of_another_size_is_refused(copy_of):
    raw_dir = copy_of(write_scene)
    write_picture(raw_dir / "data/stimuli/001.jpg", (24, 32))
    with pytest.raises(SourceError, match="001.jpg'. Expected 64x48, .*32x24"):
        open_named(Scene(raw_dir), "001")


@pytest.mark.parametrize("file", ["fixations.mat", "imgInfo.mat"])
def test_a_missing_or_damaged_table_is_one_sentence(copy_of, file):
    path = copy_of(write_scene) / "data/tidy" / file
    content = path.read_bytes()
    for damaged in (content[:200], b"", b"no MATLAB" * 40):
        path.write_bytes(damaged)
        with pytest.raises(SourceError, match=f"{file}'. Expected MATLAB v"):
            Scene(path.parents[2]).entries()
    path.unlink()
    with pytest.raises(SourceError, match=f"Missing table: '.*{file}'"):
        Scene(path.parents[2]).entries()


@pytest.mark.parametrize(
    "fixations",
    [
        np.zeros([3, 4]),
        np.array([["text"]], object),
        np.array([[{"img": "1001.jpg"}]], object),
        np.array([[{"img": "1001.jpg", "subjects": np.zeros(3)}]], object),
    ],
)
def test_a_table_of_another_form_is_one_sentence(copy_of, fixations):
    path = copy_of(write_osie) / "data/eye/fixations.mat"
    scipy.io.savemat(path, {"fixations": fixations})
    with pytest.raises(SourceError, match="mat'. Expected MATLAB version 5"):
        Osie(path.parents[2]).entries()


def test_a_table_without_its_variable_names_it(copy_of):
    path = copy_of(write_osie) / "data/eye/fixations.mat"
    scipy.io.savemat(path, {"other": np.zeros(3)})
    with pytest.raises(SourceError, match="Received: no variable `fixations`"):
        Osie(path.parents[2]).entries()


def test_subjects_with_lists_of_different_lengths_are_refused(copy_of):
    path = copy_of(write_osie) / "data/eye/fixations.mat"
    subject = {"fix_x": [1.0, 2], "fix_y": [1.0], "fix_duration": [3.0]}
    subjects = np.array([[subject]], object)
    struct = {"img": "1001.jpg", "subjects": subjects}
    scipy.io.savemat(path, {"fixations": np.array([[struct]], object)})
    with pytest.raises(SourceError, match="mat'.*same shape"):
        Osie(path.parents[2]).entries()


def test_a_picture_that_is_listed_twice_is_refused(copy_of):
    path = copy_of(write_osie) / "data/eye/fixations.mat"
    write_subjects(path, [("1001", [[(1, 2, 3)]])] * 2)
    with pytest.raises(SourceError, match="the picture '1001.jpg' twice"):
        Osie(path.parents[2]).entries()


def test_a_prepared_dataset_is_sound(written, tmp_path):
    info = prepare_small(Osie(written(write_osie)), tmp_path)
    assert info.num_observers == 2
    assert sum(n.num_frames for n in info.splits.values()) == 3
    assert sum(n.num_fixations for n in info.splits.values()) == 5
    assert verify(tmp_path).problems == []
    record = records_of(tmp_path)["1001"]
    check_fixations(
        record, [0] * 3, [1, 1, 2], [0.25, 0.5, 0.75], [0.25, 0.75, 0.5]
    )


def test_a_picture_keeps_its_split_for_ever():
    # Pinned: a model trained on one split must not meet it in another.
    names = [f"{number}" for number in range(1001, 1701)]
    splits = {n: Osie("raw").entry_of(n).split for n in names}
    assert [n for n, s in splits.items() if s == "test"][:3] == [
        "1024",
        "1033",
        "1041",
    ]
    counts = collections.Counter(splits.values())
    # Three standard deviations of a fair draw are 24.
    assert abs(counts["test"] - 70) < 24
    assert abs(counts["validation"] - 70) < 24


REAL = {
    "osie": (Osie, (470, 48, 66), 82046, 15),
    "saliency_in_crowd": (SaliencyInCrowd, (321, 54, 42), 105359, 16),
    "scene": (Scene, (336, 36, 45), 36657, 12),
}


@pytest.mark.parametrize("name", REAL)
def test_real_pictures_have_the_counted_fixations(real_data, name):
    path = real_data / "images" / name
    if not path.is_dir():
        pytest.skip(f"'{path}' is not there.")
    kind, numbers, num_fixations, num_observers = REAL[name]
    source: PictureSource = kind(path)
    entries = source.entries()
    splits = collections.Counter(e.split for e in entries)
    assert tuple(splits[s] for s in ("train", "validation", "test")) == numbers
    opened = [source.open(entry).fixations for entry in entries]
    assert sum(map(len, opened)) == num_fixations
    observers = np.concatenate([f.observer for f in opened])
    assert len(np.unique(observers)) == num_observers
