"""Tests of `writing` and `encode_video`."""

import os

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.dataset_info import VideoInfo
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.records import Fixations, RecordError
from rmdn_tf.files import published
from tests.helpers.made_up import FORMAT, SIZE, MadeUp, grey_frames, write
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.shard_reports import read_report

pytestmark = pytest.mark.slow


def read(path):
    return [
        {key: value.numpy() for key, value in parse_example(record).items()}
        for record in tf.data.TFRecordDataset(str(path))
    ]


def files_in(directory):
    return sorted(
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.is_file()
    )


def test_a_long_video_is_cut_and_its_records_join_again(tmp_path):
    (report,) = write(MadeUp({"long": 1100, "short": 3}), tmp_path)
    records = read(tmp_path / report.file)
    keys = ("video_id", "first_frame", "num_frames")
    assert [tuple(record[key] for key in keys) for record in records] == [
        (b"long", 0, 512),
        (b"long", 512, 512),
        (b"long", 1024, 76),
        (b"short", 0, 3),
    ]
    long = records[:3]
    grey = [
        tf.io.decode_jpeg(frame).numpy().mean()
        for record in long
        for frame in record["frames"]
    ]
    # Absolute tolerance: JPEG rounds a flat grey by a level at most.
    np.testing.assert_allclose(grey, np.arange(1100) % 200, rtol=0, atol=1)
    frame = [r["fixation_frame"] + r["first_frame"] for r in long]
    np.testing.assert_array_equal(np.concatenate(frame), np.arange(1100))
    x = np.concatenate([r["fixation_x"] for r in long])
    np.testing.assert_allclose(x, np.arange(1100) / 5000, rtol=1e-5)
    observer = np.concatenate([r["fixation_observer"] for r in long])
    np.testing.assert_array_equal(observer, np.arange(1100) + 7)
    for record in records:
        assert record["labels"].tolist() == [b"Run"]
        assert (record["original_height"], record["original_width"]) == SIZE
        assert (record["height"], record["width"]) == FORMAT.size
        assert record["truth_mixture"].shape == (record["num_frames"], 0, 6)


def test_the_report_tells_what_the_shard_holds(tmp_path):
    (report,) = write(MadeUp({"a": 600, "b": 3}), tmp_path)
    assert report.file == "train.tfrecord-00000-of-00001"
    assert report.split == "train"
    assert report.num_bytes == os.path.getsize(tmp_path / report.file)
    assert report.unreadable == {}
    first, second = (video.num_bytes for video in report.videos)
    assert first + second == report.num_bytes
    assert 0 < second < first / 50
    assert report.videos == (
        VideoInfo("a", 600, 600, 25.0, first),
        VideoInfo("b", 3, 3, 25.0, second),
    )
    numbers = report.statistics
    assert (numbers.num_frames, numbers.num_records) == (603, 3)
    assert numbers.num_fixations == 603
    assert numbers.num_frames_without_fixation == 0
    assert numbers.max_fixations_per_frame == 1
    assert numbers.observers == set(range(7, 607))
    assert numbers.left_out == {"blinks": 4}


def test_frames_that_nobody_looked_at_are_counted(tmp_path):
    fixations = Fixations.from_rows([[1, 0.5, 0.5, 1], [1, 0.5, 0.5, 2]])
    (report,) = write(MadeUp({"a": 4}, fixations=fixations), tmp_path)
    assert report.statistics.num_frames_without_fixation == 3
    assert report.statistics.max_fixations_per_frame == 2
    assert report.statistics.observers == {1, 2}


def test_a_video_shorter_than_announced_is_counted(tmp_path):
    source = MadeUp({"a": 6}, frames=grey_frames([1] * 4), left_out={})
    (report,) = write(source, tmp_path)
    assert report.statistics.num_frames == 4
    assert report.statistics.num_fixations == 4
    assert report.statistics.left_out == {
        "frames announced but not decoded": 2,
        "fixations past the last frame": 2,
    }


def test_at_another_rate_what_is_missing_is_counted_in_new_frames(tmp_path):
    source = MadeUp({"a": 20}, frames=grey_frames([1] * 16))
    frame_format = FrameFormat((16, 24), frames_per_second=12.5)
    (report,) = write(source, tmp_path, frame_format=frame_format)
    assert report.videos[0].frames_per_second == 12.5
    assert report.statistics.num_frames == 8
    assert report.statistics.left_out == {
        "frames announced but not decoded": 2,
        "fixations past the last frame": 2,
        "fixations on frames that resampling leaves out": 10,
        "blinks": 2,
    }


def test_a_kept_aspect_ratio_is_in_record_and_pixels(tmp_path):
    source = MadeUp({"a": 2})
    (report,) = write(source, tmp_path, frame_format=FrameFormat(max_size=32))
    (record,) = read(tmp_path / report.file)
    assert (record["height"], record["width"]) == (24, 32)
    for frame in record["frames"]:
        assert tf.io.decode_jpeg(frame).shape == (24, 32, 3)


def failing_frames(num_good, error):
    yield from grey_frames([1] * num_good)
    raise error


class Mixed(MadeUp):
    """Among good videos one that breaks off after `num_good` frames."""

    def __init__(self, num_good, error, lengths=None):
        super().__init__(lengths or {"a": 3, "bad": 900, "c": 4})
        self._broken = num_good, error

    def open(self, entry):
        self._changes = {}
        if entry.video_id == "bad":
            self._changes = {"frames": failing_frames(*self._broken)}
        return super().open(entry)


@pytest.mark.parametrize("num_good", [0, 6, 700])
def test_an_unreadable_video_is_left_out_whole_and_named(tmp_path, num_good):
    bad = Mixed(num_good, SourceError("torn"))
    (report,) = write(bad, tmp_path, strict=False)
    assert report.unreadable == {"bad": "torn"}
    (tmp_path / "good").mkdir()
    (good,) = write(MadeUp({"a": 3, "c": 4}), tmp_path / "good")
    assert report.videos == good.videos
    assert report.statistics == good.statistics
    paths = tmp_path / report.file, tmp_path / "good" / good.file
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_finished_shard_is_not_written_twice(tmp_path):
    (report,) = write(MadeUp({"a": 3}), tmp_path)
    path = tmp_path / report.file
    written = path.stat().st_mtime_ns
    torn = MadeUp({"a": 3}, frames=failing_frames(0, SourceError("torn")))
    assert write(torn, tmp_path) == [report]
    assert path.stat().st_mtime_ns == written


def test_a_shard_that_lacks_a_video_is_tried_again(tmp_path):
    lengths = {"a": 3, "bad": 900, "c": 4}
    write(Mixed(6, SourceError("torn"), lengths), tmp_path, strict=False)
    (report,) = write(MadeUp(lengths), tmp_path, strict=False)
    assert report.unreadable == {}
    assert report.statistics.num_frames == 907
    assert read_report(tmp_path, report.file) == report


def test_a_run_killed_while_it_tries_again_can_go_on(tmp_path, monkeypatch):
    lengths = {"a": 3, "bad": 9, "c": 4}
    write(Mixed(0, SourceError("torn"), lengths), tmp_path, strict=False)

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        # After the new report, before the new shard has its name.
        patch.setattr(published, "publish", _fail_for_shards(killed))
        write(MadeUp(lengths), tmp_path, strict=False)
    (report,) = write(MadeUp(lengths), tmp_path, strict=False)
    assert report.statistics.num_frames == 16
    assert (tmp_path / report.file).stat().st_size == report.num_bytes


def _fail_for_shards(fail):
    publish = published.publish

    def publish_reports_only(temporary, path):
        (publish if path.endswith(".json") else fail)(temporary, path)

    return publish_reports_only


def test_a_file_that_the_disk_refuses_is_an_unreadable_video(tmp_path):
    class Refused(MadeUp):
        def open(self, entry):
            raise PermissionError(13, "Permission denied", "a.avi")

    (report,) = write(Refused({"a": 3}), tmp_path, strict=False)
    assert "Permission denied: 'a.avi'" in report.unreadable["a"]


@pytest.mark.parametrize("num_good", [0, 700])
@pytest.mark.parametrize("error", [SourceError("torn"), RecordError("wrong")])
def test_when_strict_an_unreadable_video_is_an_error_and_leaves_no_file(
    tmp_path, num_good, error
):
    with pytest.raises(type(error), match=str(error)):
        write(Mixed(num_good, error), tmp_path, strict=True)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("disk full")])
def test_what_is_no_fault_of_a_video_is_raised_and_leaves_no_file(
    tmp_path, error
):
    with pytest.raises(type(error)):
        write(Mixed(6, error), tmp_path, strict=False)
    assert files_in(tmp_path) == []


def test_true_densities_are_stored_frame_by_frame(tmp_path):
    truth = np.random.default_rng(0).normal(size=[600, 2, 6])
    truth = truth.astype(np.float32)
    (report,) = write(MadeUp({"a": 600}, truth=truth), tmp_path)
    records = read(tmp_path / report.file)
    stored = np.concatenate([r["truth_mixture"] for r in records])
    np.testing.assert_array_equal(stored, truth)
    assert report.statistics.truth_num_components == {2}


OUTSIDE = Fixations.from_rows([[0, 1.5, 0.5, 1]])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"frames": iter([])}, SourceError, "Empty video 'a'"),
        ({"fixations": OUTSIDE}, RecordError, "fixation_x.*'a'"),
        (
            {"truth": np.zeros([5, 2, 6])},
            SourceError,
            "4. Received: 5",
        ),
    ],
)
def test_a_video_that_breaks_the_contract_is_an_error(
    tmp_path, changes, error, message
):
    with pytest.raises(error, match=message):
        write(MadeUp({"a": 4}, **changes), tmp_path)
