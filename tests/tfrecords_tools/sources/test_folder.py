"""Tests of `tfrecords_tools.sources.folder`."""

import dataclasses

import numpy as np
import pytest

from tests.helpers.made_videos import write_grey
from tests.helpers.raw_writers import EVENTS, LEVELS, SAMPLES, write_folder
from tests.helpers.source_checks import (
    check_fixations,
    files_of,
    open_named,
    prepare_small,
    records_of,
)
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.gaze.checks import NO_EYE
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.splits import any_split
from tfrecords_tools.trackers.options import GazeOptions

CLIP = VideoEntry("clip", "train")


@pytest.fixture
def raw_dir(copy_of):
    return copy_of(write_folder)


def test_videos_without_gaze_are_prepared(raw_dir, tmp_path):
    (raw_dir / "notes.txt").write_text("hello")
    (raw_dir / ".hidden.avi").write_bytes(b"")
    write_grey(raw_dir / ".cache" / "a.avi", LEVELS)
    info = prepare_small(Folder(raw_dir), tmp_path / "a")
    assert info.left_out == {Folder.others: 1}
    records = records_of(tmp_path / "a")
    assert sorted(records) == ["clip", "fight/one.two", "no fight/deep/CLIP"]
    for record in records.values():
        assert record["num_frames"] == 10
        assert len(record["fixation_frame"]) == 0
        assert len(record["labels"]) == 0


def test_a_folder_of_exports_may_have_the_name_of_the_table(raw_dir):
    (raw_dir / "gaze.csv").mkdir()
    for observer in ("ann", "zoe"):
        table = raw_dir / "gaze.csv" / f"{observer}.csv"
        table.write_text(EVENTS + f"clip,{observer},0,40,32,12\n")
    raw = open_named(Folder(raw_dir), "clip")
    assert raw.fixations.observer.tolist() == [0, 1]


def test_events_are_prepared_with_numbers_worked_out_by_hand(raw_dir, tmp_path):
    (raw_dir / "gaze.csv").write_text(
        "\ufeff" + EVENTS + "clip,Zoe,0,40,32,12\r\n"  # Frame 0.
        "\n"
        'clip, Ann ,50,40,"16",24\n'  # Frames 1, 2.
        "fight/one.two,Ann,0,1,48,36\n"
        "clip,Ann,200,40,,\n"
        "clip,Ann,200,40,nan,5\n"
        "clip,Zoe,1000,40,16,24\n"  # Past the end: two frames.
        "clip,Zoe,0,40,64,24\n",  # Outside.
        encoding="utf-8",
    )
    info = prepare_small(Folder(raw_dir), tmp_path / "a")
    assert info.left_out == {
        NO_EYE.format("events", "empty"): 2,
        gaze.PAST_END: 2,
        gaze.OUTSIDE: 1,
    }
    records = records_of(tmp_path / "a")
    record = records["clip"]
    # Ann is 0, Zoe is 1.
    x, y = [0.5, 0.25, 0.25], [0.25, 0.5, 0.5]
    check_fixations(record, [0, 1, 2], [1, 0, 0], x, y)
    np.testing.assert_allclose(
        records["fight/one.two"]["fixation_x"], [0.75], rtol=1e-5
    )
    assert len(records["no fight/deep/CLIP"]["fixation_frame"]) == 0


def test_samples_are_prepared_by_the_detector(raw_dir, tmp_path):
    lines = [f"clip,5,{t},32,12" for t in range(0, 101, 20)]
    lines += ["clip,5,120,,"]
    lines += [f"clip,5,{t},48,36" for t in range(140, 241, 20)]
    lines += ["clip,5,260,3,3", "clip,5,280,60,40"]
    (raw_dir / "gaze.csv").write_text(SAMPLES + "\n".join(lines))
    source = Folder(raw_dir, pixels_per_degree=10.0)
    assert source.settings() == {
        "pixels_per_degree": 10.0,
        "labels_from_folders": False,
        **dataclasses.asdict(GazeOptions()),
    }
    # With 1000 pixels a degree all are slow: one fixation from 140 to 280 ms.
    slow = Folder(raw_dir, pixels_per_degree=1000.0)
    assert len(open_named(slow, "clip").fixations) == 7
    info = prepare_small(source, tmp_path / "a")
    assert info.left_out == {
        NO_EYE.format("samples", "empty"): 1,
        gaze.SAMPLES_OF_SACCADES: 2,
    }
    record = records_of(tmp_path / "a")["clip"]
    # 0 to 100 ms: 1-based frames 1 to ceil(2.5); 140 to 240: ceil(3.5) to 6.
    places = [0.5] * 3 + [0.75] * 3
    check_fixations(record, range(6), [5] * 6, places, [0.25] * 3 + [0.75] * 3)


def test_a_video_and_the_tables_decide_what_is_written(raw_dir):
    source = Folder(raw_dir)
    videos = {
        "clip": ["clip.avi"],
        "fight/one.two": ["fight/one.two.mkv"],
        "no fight/deep/CLIP": ["no fight/deep/CLIP.MKV"],
    }
    assert files_of(source, raw_dir) == videos
    (raw_dir / "gaze.csv").write_text(EVENTS + "clip,1,0,40,32,12\n")
    (raw_dir / "splits.csv").write_text(
        "video,split\n" + "".join(f"{name},test\n" for name in videos)
    )
    assert files_of(Folder(raw_dir), raw_dir) == {
        name: [*files, "splits.csv", "gaze.csv"]
        for name, files in videos.items()
    }


def test_gaze_may_lie_elsewhere(raw_dir, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text(EVENTS + "clip,1,0,40,32,12\n")
    source = Folder(raw_dir, path)
    assert len(source.open(CLIP).fixations) == 1
    assert source.files(CLIP) == [str(raw_dir / "clip.avi"), str(path)]
    with pytest.raises(SourceError, match="Unreadable .*none.csv"):
        Folder(raw_dir, tmp_path / "none.csv").entries()


def test_sub_folders_may_be_the_classes(raw_dir):
    source = Folder(raw_dir, labels_from_folders=True)
    assert open_named(source, "fight/one.two").labels == ("fight",)
    assert open_named(source, "no fight/deep/CLIP").labels == ("no fight",)
    with pytest.raises(SourceError, match="No class of the video 'clip'"):
        source.open(CLIP)


def test_without_a_table_a_hash_of_the_id_decides(raw_dir):
    entries = Folder(raw_dir).entries()
    assert [e.split for e in entries] == [
        any_split(e.video_id) for e in entries
    ]


def test_real_videos_of_two_classes_are_listed(real_data):
    path = real_data / "surveillance_fights"
    if not path.is_dir():
        pytest.skip(f"'{path}' is not there.")
    source = Folder(path, labels_from_folders=True)
    entries = source.entries()
    assert len(entries) == 80
    raw = source.open(entries[0])
    assert raw.labels == ("fight",)
    assert len(list(raw.frames)) == source.num_frames(entries[0])
