"""Raw datasets on other machines are read as those of this machine."""

import os

import numpy as np
import pytest

from rmdn_tf.files.file_systems import remove_directory
from tests.helpers import raw_writers
from tests.helpers.source_checks import arrays_of
from tfrecords_tools import raw_files
from tfrecords_tools.raw_files import (
    forget_kept,
    is_file,
    is_folder,
    numbered_lines,
    paths_in,
    walk,
)
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.dhf1k import Dhf1k
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.ucf101 import Ucf101
from tfrecords_tools.sources.ucf_sports import UcfSports
from tfrecords_tools.sources.video_database import VideoDatabase

pytestmark = pytest.mark.slow

pytest.importorskip("fsspec")

from rmdn_tf.files import remote  # noqa: E402


@pytest.fixture
def put(request):
    """Returns a function that copies a folder to memory."""
    folder = f"memory://{abs(hash(request.node.name))}"

    def put_tree(raw_dir):
        for place, _, names in os.walk(raw_dir):
            for name in names:
                path = os.path.join(place, name)
                inner = os.path.relpath(path, raw_dir)
                remote.upload(path, f"{folder}/{inner}")
        return folder

    yield put_tree
    remove_directory(folder)
    forget_kept()


@pytest.mark.parametrize(
    ("write", "source"),
    [
        (raw_writers.write_video_database, VideoDatabase),
        (raw_writers.write_hollywood2, Hollywood2),
        (raw_writers.write_hollywood2_shots, Hollywood2),
        (raw_writers.write_ucf_sports, UcfSports),
        (raw_writers.write_ucf_sports_frames, UcfSports),
        (raw_writers.write_ucf101, Ucf101),
        (raw_writers.write_dhf1k, Dhf1k),
        (raw_writers.write_folder_of_events, Folder),
        (raw_writers.write_folder_of_samples, Folder),
    ],
)
def test_each_dataset_is_read_from_afar_as_from_here(
    write, source, tmp_path, put
):
    raw_dir = tmp_path / "raw"
    write(raw_dir)
    here, afar = source(str(raw_dir)), source(put(raw_dir))
    entries = here.entries()
    assert afar.entries() == entries
    assert afar.left_out() == here.left_out()
    for entry in entries:
        assert afar.num_frames(entry) == here.num_frames(entry)
        assert [
            os.path.relpath(path, raw_dir) for path in here.files(entry)
        ] == [
            path.removeprefix(f"{afar.raw_dir}/") for path in afar.files(entry)
        ]
        one, other = here.open(entry), afar.open(entry)
        for name in ("original_size", "labels", "left_out", "is_picture"):
            assert getattr(one, name) == getattr(other, name)
        assert one.frames_per_second == other.frames_per_second
        for name in ("frame", "x", "y", "observer"):
            np.testing.assert_array_equal(
                getattr(one.fixations, name), getattr(other.fixations, name)
            )
        np.testing.assert_array_equal(
            arrays_of(one.frames), arrays_of(other.frames)
        )


def test_a_remote_video_is_copied_once_and_the_copy_removed(
    tmp_path, put, monkeypatch
):
    raw_writers.write_folder(tmp_path / "raw")
    source = Folder(put(tmp_path / "raw"))
    entry, *others = source.entries()
    copies = []
    copy_of = raw_files.local_copy

    def spy(path):
        copies.append(path)
        return copy_of(path)

    monkeypatch.setattr(raw_files, "local_copy", spy)
    source.num_frames(entry)
    list(source.open(entry).frames)
    assert copies == [source.path_of(entry)]
    copy = raw_files.staged(source.path_of(entry))
    assert os.path.isfile(copy)
    for other in others:
        source.num_frames(other)
    assert not os.path.exists(copy)


def test_a_damaged_remote_video_is_named_and_not_its_copy(tmp_path, put):
    raw_writers.write_folder(tmp_path / "raw")
    (tmp_path / "raw" / "clip.avi").write_bytes(b"no video")
    source = Folder(put(tmp_path / "raw"))
    entry = VideoEntry("clip", "train")
    assert source.num_frames(entry) == 0
    path = f"{source.raw_dir}/clip.avi"
    with pytest.raises(SourceError, match=f"'{path}'") as raised:
        source.open(entry)
    assert "rmdn-tf-" not in str(raised.value)


def test_a_missing_remote_folder_or_table_is_told(put, tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "table.txt").write_text("a\n\nb\n")
    folder = put(tmp_path / "raw")
    assert list(numbered_lines(f"{folder}/table.txt")) == [(1, "a"), (3, "b")]
    with pytest.raises(SourceError, match="Unreadable file.*missing.txt"):
        list(numbered_lines(f"{folder}/missing.txt"))
    with pytest.raises(SourceError, match=f"Unreadable folder '{folder}/no'"):
        paths_in(f"{folder}/no")
    with pytest.raises(SourceError, match=f"'{folder}/missing'"):
        Folder(f"{folder}/missing").entries()


def test_files_and_folders_are_told_apart_by_one_list(
    put, tmp_path, monkeypatch
):
    (tmp_path / "raw" / "inner").mkdir(parents=True)
    for name in ("b", "a", "inner/c"):
        (tmp_path / "raw" / name).write_text(name)
    folder = put(tmp_path / "raw")
    asked = []
    kinds_in = remote.kinds_in

    def spy(path):
        asked.append(path)
        return kinds_in(path)

    monkeypatch.setattr(remote, "kinds_in", spy)
    kinds = [
        (is_file(f"{folder}/{name}"), is_folder(f"{folder}/{name}"))
        for name in ("a", "b", "inner", "missing")
    ]
    assert kinds == [(True, False)] * 2 + [(False, True), (False, False)]
    assert asked == [folder]
    assert list(walk(folder)) == [
        (folder, ["inner"], ["a", "b"]),
        (f"{folder}/inner", [], ["c"]),
    ]
    assert is_folder("memory://box")
