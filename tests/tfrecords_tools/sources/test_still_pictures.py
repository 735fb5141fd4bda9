"""Tests of `tfrecords_tools.sources.still_pictures`."""

import shutil

import pytest

from tests.helpers.raw_pictures import write_still_pictures
from tests.helpers.source_checks import (
    check_fixations,
    files_of,
    numbers_of,
    open_named,
    prepare_small,
)
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.osie import Osie
from tfrecords_tools.sources.picture_source import (
    ABSENT_FIXATIONS,
    ABSENT_PICTURES,
)
from tfrecords_tools.sources.still_pictures import ABSENT_SETS, StillPictures


def test_pictures_of_three_datasets_have_the_ids_and_splits_of_theirs(written):
    raw_dir = written(write_still_pictures)
    entries = StillPictures(raw_dir).entries()
    assert [entry.video_id for entry in entries] == [
        "osie/1001",
        "osie/1002",
        "osie/1003",
        "saliency_in_crowd/001",
        "scene/001",
        "scene/002",
    ]
    own = Osie(raw_dir / "osie").entries()
    assert [e.split for e in entries[:3]] == [e.split for e in own]


def test_observers_of_different_datasets_are_different_people(written):
    source = StillPictures(written(write_still_pictures))
    x, y = [0.25, 0.75, 0.5], [0.25, 0.75, 0.5]
    raw = open_named(source, "scene/001")
    check_fixations(raw.fixations, [0] * 3, [2001, 2001, 2002], x, y)
    raw = open_named(source, "osie/1003")
    check_fixations(raw.fixations, [0], [2], [0.1], [0.1])


def test_the_own_table_decides_what_is_written(written):
    raw_dir = written(write_still_pictures)
    files = files_of(StillPictures(raw_dir), raw_dir)
    assert files["osie/1001"] == [
        "osie/data/stimuli/1001.jpg",
        "osie/data/eye/fixations.mat",
    ]


def test_a_missing_set_is_counted(copy_of):
    raw_dir = copy_of(write_still_pictures)
    shutil.rmtree(raw_dir / "osie")
    assert StillPictures(raw_dir).left_out() == {
        ABSENT_SETS: 1,
        ABSENT_PICTURES: 1,
        ABSENT_FIXATIONS: 2,
    }
    for name in ("scene", "saliency_in_crowd"):
        shutil.rmtree(raw_dir / name)
    with pytest.raises(SourceError, match="Expected one or more .* 'osie'"):
        StillPictures(raw_dir).entries()


def test_the_prepared_dataset_holds_all_of_them(written, tmp_path):
    info = prepare_small(StillPictures(written(write_still_pictures)), tmp_path)
    totals = [sum(n) for n in zip(*numbers_of(info).values(), strict=True)]
    assert totals == [6, 6, 10]
    assert info.num_observers == 5
