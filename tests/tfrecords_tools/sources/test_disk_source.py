"""Tests of `tfrecords_tools.sources.disk_source`, through every dataset."""

import dataclasses
import pickle
import shutil

import pytest

from rmdn_tf.data.records import Fixations
from tests.helpers.made_videos import write_grey
from tests.helpers.raw_datasets import DATASETS
from tests.helpers.raw_images import write_frame
from tests.helpers.raw_writers import write_dhf1k, write_ucf_sports_frames
from tests.helpers.source_checks import lengths_of, levels_of, open_named
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.dhf1k import Dhf1k
from tfrecords_tools.sources.disk_source import DiskSource
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.still_pictures import KINDS, StillPictures
from tfrecords_tools.sources.ucf_sports import UcfSports


@dataclasses.dataclass(frozen=True)
class Plain(DiskSource):
    """The video `a.avi`, or the images in `a/`, and nothing else."""

    name = "plain"
    images_per_second = 10.0

    def find_files(self):
        is_folder = (self.raw_dir / "a").is_dir()
        yield "a", self.path_in("a" if is_folder else "a.avi")

    def entry_of(self, video_id):
        return VideoEntry(video_id, "train")


def test_a_video_is_a_file_or_a_folder_of_images(tmp_path):
    source = Plain(tmp_path)
    path = write_grey(tmp_path / "a.avi", range(7))
    assert lengths_of(source) == {"a": 7}
    (entry,) = source.entries()
    assert source.files(entry) == [str(path)]
    raw = source.open(entry)
    assert (raw.frames_per_second, len(raw.fixations)) == (25.0, 0)
    assert raw.labels == () and not raw.left_out
    image = write_frame(tmp_path / "a" / "1.png", 10)
    assert lengths_of(source) == {"a": 1}
    assert source.files(entry) == [str(image)]
    assert source.open(entry).frames_per_second == 10.0
    assert (source.settings(), source.folds()) == ({}, {})


def test_images_count_from_the_first_number_and_gaps_are_counted(tmp_path):
    for number in (3, 4, 9):
        write_frame(tmp_path / "a" / f"{number}.png", 10 * number)
    raw = open_named(Plain(tmp_path), "a")
    assert levels_of(raw.frames) == [30, 40, 90]
    cause = "frames missing between the first and the last of a folder"
    assert raw.left_out == {cause: 4}


every_dataset = pytest.mark.parametrize("name", DATASETS)


@every_dataset
def test_a_source_that_is_sent_to_a_worker_is_small_and_equal(written, name):
    dataset = DATASETS[name]
    source = dataset.source(written(dataset.write))
    entries = source.entries()
    sent = pickle.dumps(source)
    assert len(sent) < 1000
    assert pickle.loads(sent) == source
    assert pickle.loads(sent).entries() == entries
    assert dataset.video_id in [entry.video_id for entry in entries]


@every_dataset
def test_a_worker_finds_the_videos_only_once(written, name, monkeypatch):
    dataset = DATASETS[name]
    source = dataset.source(written(dataset.write))
    entries = source.entries()

    def fail(*_):
        raise AssertionError("found again")

    parts = KINDS if isinstance(source, StillPictures) else [type(source)]
    for part in parts:
        monkeypatch.setattr(part, "find_files", fail)
    for entry in entries:
        assert source.files(entry)
        assert source.num_frames(entry) > 0
    raw = open_named_again(source, entries, dataset.video_id)
    assert isinstance(raw.fixations, Fixations)


def open_named_again(source, entries, video_id):
    return source.open({entry.video_id: entry for entry in entries}[video_id])


def test_entries_sees_what_has_come_since(copy_of):
    raw_dir = copy_of(write_ucf_sports_frames)
    source = UcfSports(raw_dir)
    before = source.entries()
    write_frame(raw_dir / "testing/Lifting-001/images/1.png", 10)
    (new,) = set(source.entries()) - set(before)
    assert new.video_id == "Lifting_001"
    assert source.num_frames(new) == 1


@every_dataset
def test_an_unreadable_video_is_listed_and_fails_when_opened(copy_of, name):
    dataset = DATASETS[name]
    raw_dir = copy_of(dataset.write)
    file = dataset.files[0]
    (raw_dir / file).write_bytes(b"no video")
    source = dataset.source(raw_dir)
    lengths = lengths_of(source)
    assert (lengths[dataset.video_id] == 0) == (
        not file.endswith((".png", ".jpg"))
    )
    with pytest.raises(SourceError, match=f"Unreadable .*{file}"):
        open_named(source, dataset.video_id)


@every_dataset
def test_a_video_that_is_gone_is_an_error(copy_of, name):
    dataset = DATASETS[name]
    raw_dir = copy_of(dataset.write)
    source = dataset.source(raw_dir)
    entries = source.entries()
    path = raw_dir / dataset.files[0]
    if path.suffix == ".png":
        shutil.rmtree(path.parent)
    else:
        path.unlink()
    with pytest.raises(SourceError, match="No such file"):
        open_named_again(source, entries, dataset.video_id)
    unknown = VideoEntry("x/y", "train")
    with pytest.raises(SourceError, match="No file for the video 'x/y'"):
        source.open(unknown)


@pytest.mark.parametrize(
    ("name", "file", "other"),
    [
        ("video_database", "videos/Kimono.avi", "videos/Ki mono.avi"),
        (
            "hollywood2",
            "AVIClips/actioncliptrain00004.avi",
            "AVIClips/ActionClipTrain00004.avi",
        ),
        (
            "hollywood2_shots",
            "training/actioncliptrain00001_1",
            "testing/actioncliptrain00001_1",
        ),
        ("ucf_sports", "Diving-Side_001.avi", "Diving-Side-001.avi"),
        (
            "ucf_sports_frames",
            "training/Diving-Side-001",
            "training/diving-side_001",
        ),
        (
            "ucf101",
            "UCF-101/Archery/v_Archery_g08_c01.avi",
            "UCF-101/Archery/v_archery_g08_c01.avi",
        ),
        ("dhf1k_video", "video/002.AVI", "video/0002.avi"),
        ("folder", "a.avi", "a.mkv"),
    ],
)
def test_two_paths_for_one_video_are_an_error(copy_of, name, file, other):
    dataset = DATASETS[name]
    raw_dir = copy_of(dataset.write)
    path = raw_dir / file
    copy = shutil.copytree if path.is_dir() else shutil.copyfile
    copy(path, raw_dir / other)
    with pytest.raises(SourceError, match=r"Two paths for the video '\S+'"):
        dataset.source(raw_dir).entries()


@every_dataset
def test_an_empty_and_a_missing_folder_are_errors(tmp_path, name):
    for raw_dir in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SourceError, match=str(raw_dir)):
            DATASETS[name].source(raw_dir).entries()


def test_a_folder_without_a_video_of_the_dataset_is_an_error(copy_of):
    raw_dir = copy_of(write_dhf1k)
    (raw_dir / "video" / "002.AVI").rename(raw_dir / "video" / "1001.AVI")
    message = "No video of the dataset '{}' in"
    with pytest.raises(SourceError, match=message.format("dhf1k")):
        Dhf1k(raw_dir).entries()
    (raw_dir / "video" / "1001.AVI").unlink()
    shutil.rmtree(raw_dir / "annotation")  # Its images are pictures.
    message = "No video .* or picture .* of the dataset 'folder' in"
    with pytest.raises(SourceError, match=message):
        Folder(raw_dir).entries()
