"""Tests of `tfrecords_tools.sources.folder` for a folder of pictures."""

import numpy as np
import pytest

from tests.helpers.made_videos import write_grey
from tests.helpers.raw_pictures import write_folder_of_pictures
from tests.helpers.source_checks import (
    check_fixations,
    numbers_of,
    open_named,
    prepare_small,
    records_of,
)
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.gaze.checks import NO_EYE
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.shards.verification import verify
from tfrecords_tools.sources.folder import Folder


@pytest.fixture
def raw_dir(copy_of):
    return copy_of(write_folder_of_pictures)


def test_pictures_are_videos_of_one_frame(raw_dir, tmp_path):
    (raw_dir / "notes.txt").write_text("hello")
    info = prepare_small(Folder(raw_dir), tmp_path / "a")
    assert [sum(n) for n in zip(*numbers_of(info).values(), strict=True)] == [
        3,
        3,
        3,
    ]
    assert info.left_out == {
        NO_EYE.format("events", "empty"): 1,
        gaze.OUTSIDE: 1,
        Folder.others: 1,
    }
    assert verify(tmp_path / "a").problems == []
    records = records_of(tmp_path / "a")
    assert sorted(records) == ["a", "animals/b", "animals/c"]
    x, y = [0.25, 0.75], [0.25, 0.75]
    check_fixations(records["a"], [0, 0], [0, 0], x, y)
    check_fixations(records["animals/b"], [0], [1], [0.5], [0.5])
    assert records["a"]["frames_per_second"] == 1.0


def test_times_on_a_picture_may_be_later_than_any_video(raw_dir):
    rows = [f"a,1,{300 * n},200,{6 * n},24" for n in range(10)]
    header = "video,observer,onset_ms,duration_ms,x,y\n"
    (raw_dir / "gaze.csv").write_text(header + "\n".join(rows))
    source = Folder(raw_dir)
    source.entries()
    source.check()
    raw = open_named(source, "a")
    np.testing.assert_allclose(
        raw.fixations.x, 6 * np.arange(10) / 64, rtol=1e-5
    )
    assert not raw.left_out


def test_samples_on_a_picture_become_fixations(raw_dir):
    samples = [f"a,1,{4 * n},{16 if n < 50 else 48},12" for n in range(100)]
    header = "video,observer,t_ms,x,y\n"
    (raw_dir / "gaze.csv").write_text(header + "\n".join(samples))
    raw = open_named(Folder(raw_dir), "a")
    check_fixations(raw.fixations, [0, 0], [1, 1], [0.25, 0.75], [0.25, 0.25])


@pytest.mark.parametrize("unit, step", [("s", 0.004), ("us", 4000)])
def test_samples_on_a_picture_in_another_unit_are_refused(raw_dir, unit, step):
    samples = [f"a,1,{step * n:.6g},{16 + n % 2},12" for n in range(100)]
    header = "video,observer,t_ms,x,y\n"
    (raw_dir / "gaze.csv").write_text(header + "\n".join(samples))
    message = f"unit of time .* on a picture.*--time_unit {unit}`"
    with pytest.raises(SourceError, match=message):
        Folder(raw_dir).check()


def test_a_column_without_a_name_does_not_matter(raw_dir):
    table = ",video,observer,x,y\n0,a,ann,16,12\n1,a,ann,48,36\n"
    (raw_dir / "gaze.csv").write_text(table)
    raw = open_named(Folder(raw_dir), "a")
    check_fixations(raw.fixations, [0, 0], [0, 0], [0.25, 0.75], [0.25, 0.75])


def test_a_folder_of_other_pictures_names_those_it_takes(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"picture")
    with pytest.raises(SourceError, match=r"No video \(.*mp4.* picture \(.png"):
        Folder(tmp_path).entries()


def test_gaze_on_a_picture_beside_videos_is_told_why(raw_dir):
    write_grey(raw_dir / "clip.avi", [10, 20])
    with pytest.raises(SourceError, match="b.jpg'.*its pictures are left out"):
        rows = "video,observer,x,y\nanimals/b.jpg,ann,16,12\n"
        (raw_dir / "gaze.csv").write_text(rows)
        Folder(raw_dir).entries()


def test_beside_a_video_pictures_are_other_files(raw_dir):
    write_grey(raw_dir / "clip.avi", [10, 20])
    (raw_dir / "gaze.csv").unlink()
    source = Folder(raw_dir)
    assert [entry.video_id for entry in source.entries()] == ["clip"]
    assert source.left_out() == {Folder.others: 3}


def test_gaze_without_times_on_a_video_is_refused(raw_dir):
    write_grey(raw_dir / "a.avi", [10, 20])
    (raw_dir / "gaze.csv").write_text("video,observer,x,y\na,ann,16,12\n")
    with pytest.raises(SourceError, match="Missing times in '.*gaze.csv'.*avi"):
        Folder(raw_dir).entries()


def test_a_table_with_an_unknown_time_is_no_table_without_times(raw_dir):
    table = "video,observer,seconds,x,y\na,ann,1,16,12\n"
    (raw_dir / "gaze.csv").write_text(table)
    with pytest.raises(SourceError, match="Invalid header.*'video,observer,x"):
        Folder(raw_dir).entries()
