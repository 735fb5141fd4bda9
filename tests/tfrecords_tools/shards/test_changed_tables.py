"""A table that changes while a process lives: records have the new gaze."""

import os
import shutil

import numpy as np
import pytest

from tests.helpers.raw_writers import EVENTS, write_folder, write_table
from tests.helpers.raw_writers import write_video_database as write_database
from tests.helpers.source_checks import prepare_small, records_of
from tfrecords_tools.shards import preparation
from tfrecords_tools.shards.shard_reports import ChangedShardError
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.video_database import VideoDatabase

TEXT = EVENTS + "clip,1,0,400,{},12\n"


@pytest.fixture
def raw_dir(copy_of):
    folder = copy_of(write_folder)
    (folder / "gaze.csv").write_text(TEXT.format(16))
    return folder


def change(path, write=None):
    """Changes a table, but not its length and its time."""
    before = os.stat(path)
    if write is None:
        path.write_text(TEXT.format(48))
    else:
        write(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = os.stat(path)
    assert (before.st_size, before.st_mtime_ns) == (
        after.st_size,
        after.st_mtime_ns,
    )


def places(output_dir):
    return set(records_of(output_dir)["clip"]["fixation_x"].numpy().tolist())


def test_a_second_preparation_reads_the_table_again(raw_dir, tmp_path):
    prepare_small(Folder(raw_dir), tmp_path / "a")
    assert places(tmp_path / "a") == {0.25}
    change(raw_dir / "gaze.csv")
    # The finished shard is of the old table.
    with pytest.raises(ChangedShardError, match="Changed raw files of 'clip'"):
        prepare_small(Folder(raw_dir), tmp_path / "a")
    prepare_small(Folder(raw_dir), tmp_path / "b")
    assert places(tmp_path / "b") == {0.75}
    shutil.copytree(raw_dir, tmp_path / "copy")
    prepare_small(Folder(tmp_path / "copy"), tmp_path / "c")
    manifests = [tmp_path / name / "manifest.json" for name in "bc"]
    assert manifests[0].read_bytes() == manifests[1].read_bytes()


def test_a_table_that_changes_before_its_checksum_is_read_anew(
    raw_dir, tmp_path, monkeypatch
):
    survey_all = preparation._survey_all

    def survey_changed(*arguments):
        change(raw_dir / "gaze.csv")
        return survey_all(*arguments)

    monkeypatch.setattr(preparation, "_survey_all", survey_changed)
    prepare_small(Folder(raw_dir), tmp_path / "a")
    assert places(tmp_path / "a") == {0.75}


def test_a_process_that_outlives_a_preparation_reads_anew(raw_dir):
    source = Folder(raw_dir)
    (entry,) = (e for e in source.entries() if e.video_id == "clip")
    np.testing.assert_allclose(source.open(entry).fixations.x, 0.25)
    change(raw_dir / "gaze.csv")
    np.testing.assert_allclose(source.open(entry).fixations.x, 0.75)


def test_a_table_of_matlab_is_read_anew(copy_of):
    raw_dir = copy_of(write_database)
    source = VideoDatabase(raw_dir)
    (entry,) = (e for e in source.entries() if e.video_id == "Kimono")
    assert len(source.open(entry).fixations) == 3
    path = raw_dir / "video_database.mat"
    change(path, lambda path: write_table(path, [(1, 1, 0, 40, 8, 12)] * 7))
    assert source.open(entry).fixations.x.tolist() == [0.125]


def test_a_split_that_changes_is_read_anew(raw_dir):
    names = ("clip", "fight/one.two", "no fight/deep/CLIP")
    table = raw_dir / "splits.csv"

    def write(split):
        table.write_text(
            "video,split\n" + "".join(f"{n},{split}\n" for n in names)
        )

    source = Folder(raw_dir)
    write("train")
    assert source.entry_of("clip").split == "train"
    write("test")
    assert source.entry_of("clip").split == "test"
