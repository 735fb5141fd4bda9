"""The user's own split of any dataset."""

import dataclasses

import pytest

from rmdn_tf.data.prepared_dataset import read_dataset_info
from tests.helpers.made_up import FORMAT
from tests.helpers.raw_datasets import DATASETS
from tests.helpers.raw_writers import write_video_database
from tfrecords_tools.raw_files import forget_kept
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.shards.preparation import prepare, summary
from tfrecords_tools.sources.demo import Demo
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.registry import make_source
from tfrecords_tools.sources.settings import SourceSettings
from tfrecords_tools.sources.user_splits import UserSplits, with_user_splits
from tfrecords_tools.sources.video_database import VideoDatabase

CYCLE = ("train", "validation", "test")


def write_table(path, videos):
    """Writes a table that deals the videos in turn; returns it."""
    splits = {v: CYCLE[i % 3] for i, v in enumerate(sorted(videos))}
    lines = [f"{video},{split}" for video, split in splits.items()]
    path.write_text("\n".join(["video,split", *lines]))
    return splits


def uncut(entry):
    return entry.cut_from or entry.video_id


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_takes_a_table(name, written, tmp_path):
    raw_dir = written(DATASETS[name].write)
    source = DATASETS[name].source(raw_dir)
    entries = source.entries()
    splits = write_table(tmp_path / "mine.csv", map(uncut, entries))
    mine = with_user_splits(source, str(tmp_path / "mine.csv"), raw_dir)
    found = mine.entries()
    assert [e.video_id for e in found] == [e.video_id for e in entries]
    assert {uncut(e): e.split for e in found} == splits
    # A changed table is a changed dataset.
    assert str(tmp_path / "mine.csv") in mine.files(found[0])
    assert set(source.files(entries[0])) < set(mine.files(found[0]))
    assert mine.name == source.name and mine.folds() == source.folds()


def test_made_up_videos_take_a_table(tmp_path):
    demo = Demo(3, size=(16, 24))
    splits = write_table(
        tmp_path / "mine.csv", (e.video_id for e in demo.entries())
    )
    settings = SourceSettings(
        dataset="demo", demo_videos=3, splits_csv=str(tmp_path / "mine.csv")
    )
    source = make_source(settings, (16, 24))
    assert {e.video_id: e.split for e in source.entries()} == splits


def test_the_table_beside_the_raw_files_is_read(copy_of, tmp_path):
    raw_dir = copy_of(write_video_database)
    settings = SourceSettings(dataset="video_database", raw_dir=str(raw_dir))
    own = make_source(settings, (16, 24))
    assert isinstance(own, VideoDatabase)
    write_table(raw_dir / "splits.csv", own.videos())
    assert make_source(settings, (16, 24)) == UserSplits(
        own, str(raw_dir / "splits.csv")
    )
    write_table(tmp_path / "other.csv", own.videos())
    named = dataclasses.replace(
        settings, splits_csv=str(tmp_path / "other.csv")
    )
    assert make_source(named, (16, 24)).path == str(tmp_path / "other.csv")
    folder = str(tmp_path)
    for path, cause in (("gone.csv", "no such file"), (folder, "a folder")):
        wrong = dataclasses.replace(settings, splits_csv=path)
        with pytest.raises(SourceError, match=f"'{path}', {cause}"):
            make_source(wrong, (16, 24))
    # `folder` reads the table itself.
    folder = SourceSettings(dataset="folder", raw_dir=str(raw_dir))
    assert isinstance(make_source(folder, (16, 24)), Folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "No split of the video '{}'"),
        (lambda rows: [*rows, "X,test"], "Expected a video of the dataset"),
        (lambda rows: [*rows, rows[-1]], "Two splits of the video '{}'"),
        (
            lambda rows: [*rows[:-1], rows[-1].partition(",")[0] + ",dev"],
            "Expected a split, one of",
        ),
        (lambda rows: ["name,set", *rows[1:]], "Invalid header"),
    ],
)
def test_a_wrong_table_is_an_error_that_names_it(
    change, message, written, tmp_path
):
    source = VideoDatabase(written(write_video_database))
    path = tmp_path / "mine.csv"
    write_table(path, source.videos())
    last = sorted(source.videos())[-1]
    path.write_text("\n".join(change(path.read_text().splitlines())))
    with pytest.raises(SourceError, match=message.format(last)) as caught:
        UserSplits(source, str(path)).entries()
    assert str(path) in str(caught.value)


def test_the_prepared_dataset_says_whose_split_it_is(tmp_path):
    demo = Demo(3, size=(16, 24))
    videos = [entry.video_id for entry in demo.entries()]
    splits = write_table(tmp_path / "mine.csv", videos)
    for source, expected in [
        (UserSplits(demo, str(tmp_path / "mine.csv")), "mine.csv"),
        (demo, ""),
    ]:
        out = tmp_path / f"out{expected}"
        prepare(source, out, FORMAT, num_workers=1)
        info = read_dataset_info(out)
        assert info.splits_from == expected
        assert ("user's 'mine.csv'" in summary(info)) == bool(expected)
        if expected:
            for split, of in info.splits.items():
                shown = [v.id for s in of.shards for v in s.videos]
                assert shown == [v for v in splits if splits[v] == split]


def test_a_folder_says_that_its_table_is_the_users(tmp_path):
    (tmp_path / "a.avi").touch()
    assert Folder(tmp_path).splits_from() == ""
    (tmp_path / "splits.csv").write_text("video,split\na,test\n")
    forget_kept()
    assert Folder(tmp_path).splits_from() == "splits.csv"
