"""A second start of `prepare` reads no raw file that has not changed."""

import time

import pytest

from tests.helpers.raw_writers import write_folder
from tests.helpers.source_checks import prepare_small
from tfrecords_tools import prepare as prepare_command
from tfrecords_tools.shards import survey
from tfrecords_tools.sources.folder import Folder

pytestmark = pytest.mark.slow


@pytest.fixture
def read(tmp_path, monkeypatch):
    """The paths of the raw files read; the clock runs a minute ahead."""
    paths = []
    content = survey._content.__wrapped__

    def read_content(path):
        paths.append(path)
        return content(path)

    now = time.time_ns
    monkeypatch.setattr(survey, "_content", read_content)
    monkeypatch.setattr(survey.time, "time_ns", lambda: now() + 60 * 10**9)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return paths


def contents(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_another_output_of_the_same_raw_files_reads_none_of_them(
    copy_of, tmp_path, read
):
    raw_dir = copy_of(write_folder)
    prepare_small(Folder(raw_dir), tmp_path / "a")
    assert len(read) == len(set(read)) > 2  # Also the shared tables: once.
    read.clear()
    prepare_small(Folder(raw_dir), tmp_path / "b")
    assert read == []
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_finished_dataset_is_found_complete_without_reading(
    copy_of, tmp_path, read
):
    raw_dir = copy_of(write_folder)
    info = prepare_small(Folder(raw_dir), tmp_path / "a")
    before = contents(tmp_path / "a")
    read.clear()
    assert prepare_small(Folder(raw_dir), tmp_path / "a") == info
    assert read == []
    assert contents(tmp_path / "a") == before


def test_the_flag_reads_all_raw_files_again(copy_of, tmp_path, read):
    raw_dir = copy_of(write_folder)
    prepare_small(Folder(raw_dir), tmp_path / "a")
    first = {*read}
    read.clear()
    flags = ("--dataset=folder", f"--raw_dir={raw_dir}", "--workers=1")
    flags += ("--num_shards=1", "--height=12", "--width=16", "--rehash")
    prepare_command.main([*flags, f"--output_dir={tmp_path / 'b'}"])
    assert {*read} == first
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
