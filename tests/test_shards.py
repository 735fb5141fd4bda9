"""Tests of `tfrecords_tools.shards` and `tfrecords_tools.video_records`."""

import collections
import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.records import (
    Fixations,
    RecordError,
    parse_example,
    read_dataset_info,
)
from tfrecords_tools import shards
from tfrecords_tools.raw_video import RawVideo, Source, SourceError, VideoEntry
from tfrecords_tools.video_records import FrameFormat

FORMAT = FrameFormat(size=(16, 24), jpeg_quality=95)


class MadeUp(Source):
    """Videos of flat grey frames, one fixation a frame."""

    name = "made_up"
    citation = "Nobody."

    def __init__(self, lengths, **changes):
        self._lengths = dict(lengths)
        self._changes = changes

    def entries(self):
        return [
            VideoEntry(video_id, "train", length)
            for video_id, length in sorted(self._lengths.items())
        ]

    def open(self, entry, size):
        index = np.arange(entry.num_frames)
        raw = RawVideo(
            frames=(np.full([*size, 3], i % 200, np.uint8) for i in index),
            original_size=(48, 64),
            frames_per_second=25.0,
            fixations=Fixations.from_rows(
                np.stack([index, index / 5000, index * 0, index + 7], axis=1)
            ),
            labels=("Run",),
            left_out=collections.Counter({"blinks": 2}),
        )
        return dataclasses.replace(raw, **self._changes)


def write(source, output_dir, num_shards=1):
    plans = shards.plan_shards(source.entries(), num_shards)
    return [
        shards.write_shard(source, plan, output_dir, FORMAT) for plan in plans
    ]


def read(path):
    return [
        {key: value.numpy() for key, value in parse_example(record).items()}
        for record in tf.data.TFRecordDataset(str(path))
    ]


def test_a_shard_is_named_by_split_index_and_count():
    name = shards.shard_name("train", 0, 32)
    assert name == "train.tfrecord-00000-of-00032"


def test_videos_are_spread_so_that_shards_are_of_equal_length():
    lengths = {"a": 50, "b": 30, "c": 20, "d": 20, "e": 10}
    entries = MadeUp(lengths).entries()
    plans = shards.plan_shards(entries, 2)
    # Longest first: a | b, b+c | a, then d to the shard of c (50 | 50 ties
    # go to the one with fewer videos), then e to the other.
    assert [[e.video_id for e in plan.entries] for plan in plans] == [
        ["a", "d"],
        ["b", "c", "e"],
    ]
    assert shards.plan_shards(entries[::-1], 2) == plans


def test_each_split_has_at_most_one_shard_a_video():
    entries = [
        VideoEntry("a", "train", 0),
        VideoEntry("b", "train", 0),
        VideoEntry("c", "test", 5),
    ]
    plans = shards.plan_shards(entries, 16)
    assert [(p.file, [e.video_id for e in p.entries]) for p in plans] == [
        ("train.tfrecord-00000-of-00002", ["a"]),
        ("train.tfrecord-00001-of-00002", ["b"]),
        ("test.tfrecord-00000-of-00001", ["c"]),
    ]


def test_a_long_video_is_cut_and_its_records_join_again(tmp_path):
    (written,) = write(MadeUp({"long": 1100, "short": 3}), tmp_path)
    records = read(tmp_path / written.info["file"])
    assert [
        (r["video_id"], r["first_frame"], r["num_frames"]) for r in records
    ] == [
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
        assert (record["original_height"], record["original_width"]) == (48, 64)
        assert (record["height"], record["width"]) == FORMAT.size
        assert record["truth_mixture"].shape == (record["num_frames"], 0, 6)


def test_the_shard_reports_what_it_holds(tmp_path):
    (written,) = write(MadeUp({"a": 600, "b": 3}), tmp_path)
    assert written.info == {
        "file": "train.tfrecord-00000-of-00001",
        "num_bytes": os.path.getsize(tmp_path / written.info["file"]),
        "num_frames": 603,
        "num_records": 3,
        "num_fixations": 603,
        "videos": [
            {
                "id": "a",
                "num_frames": 600,
                "num_fixations": 600,
                "frames_per_second": 25.0,
            },
            {
                "id": "b",
                "num_frames": 3,
                "num_fixations": 3,
                "frames_per_second": 25.0,
            },
        ],
    }
    assert written.statistics.left_out == {"blinks": 4}
    assert written.statistics.max_fixations_per_frame == 1


def test_a_video_shorter_than_announced_is_counted(tmp_path):
    frames = [np.zeros([16, 24, 3], np.uint8)] * 4
    source = MadeUp({"a": 6}, frames=iter(frames), left_out={})
    (written,) = write(source, tmp_path)
    assert written.info["num_frames"] == 4
    assert written.info["num_fixations"] == 4
    assert written.statistics.left_out == {
        "frames announced but not decoded": 2,
        "fixations past the last frame": 2,
    }


def failing_frames(error):
    yield np.zeros([16, 24, 3], np.uint8)
    raise error


@pytest.mark.parametrize("error", [SourceError("torn"), KeyboardInterrupt()])
def test_an_exception_leaves_no_file(tmp_path, error):
    source = MadeUp({"a": 6}, frames=failing_frames(error))
    with pytest.raises(type(error)):
        write(source, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_nothing_under_a_final_name(tmp_path):
    script = f"""
        import os, signal, sys
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        import numpy as np
        from test_shards import MadeUp, write

        def frames():
            for _ in range(600):
                yield np.zeros([16, 24, 3], np.uint8)
            os.kill(os.getpid(), signal.SIGKILL)

        write(MadeUp({{"a": 600}}, frames=frames()), {str(tmp_path)!r})
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)])
    assert killed.returncode == -signal.SIGKILL
    (leftover,) = tmp_path.iterdir()
    assert leftover.name == "train.tfrecord-00000-of-00001.incomplete"
    (tmp_path / "notes.txt").touch()
    assert shards.remove_leftovers(tmp_path) == [leftover.name]
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_frame_of_another_size_is_an_error(tmp_path):
    frames = iter([np.zeros([16, 23, 3], np.uint8)])
    with pytest.raises(SourceError, match=r"frame 0 .*'a'.*\(16, 23, 3\)"):
        write(MadeUp({"a": 1}, frames=frames), tmp_path)


def test_a_video_without_frames_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="Empty video 'a'"):
        write(MadeUp({"a": 1}, frames=iter([])), tmp_path)


def test_gaze_that_breaks_the_contract_is_an_error(tmp_path):
    fixations = Fixations.from_rows([[0, 1.5, 0.5, 1]])
    with pytest.raises(RecordError, match="fixation_x.*'a'"):
        write(MadeUp({"a": 1}, fixations=fixations), tmp_path)


def test_true_densities_are_stored_frame_by_frame(tmp_path):
    truth = np.random.default_rng(0).normal(size=[600, 2, 6])
    truth = truth.astype(np.float32)
    source = MadeUp({"a": 600}, truth=truth)
    (written,) = write(source, tmp_path)
    records = read(tmp_path / written.info["file"])
    stored = np.concatenate([r["truth_mixture"] for r in records])
    np.testing.assert_array_equal(stored, truth)
    info = shards.make_dataset_info(source, [written], FORMAT)
    assert info["truth_num_components"] == 2


def test_true_densities_of_another_length_are_an_error(tmp_path):
    truth = np.zeros([5, 2, 6], np.float32)
    with pytest.raises(SourceError, match="'a'.*a frame, 4. Received: 5"):
        write(MadeUp({"a": 4}, truth=truth), tmp_path)


def test_a_mixed_number_of_true_components_is_an_error(tmp_path):
    plain = MadeUp({"a": 2})
    true = MadeUp({"b": 2}, truth=np.zeros([2, 3, 6], np.float32))
    written = write(plain, tmp_path) + write(true, tmp_path)
    with pytest.raises(SourceError, match=r"'made_up'.*\[0, 3\]"):
        shards.make_dataset_info(plain, written, FORMAT)


def test_dataset_info_sums_up_the_shards(tmp_path):
    source = MadeUp({"a": 5, "b": 3, "c": 2})
    written = write(source, tmp_path, num_shards=2)
    info = shards.make_dataset_info(source, written[::-1], FORMAT)
    shards.write_dataset_info(tmp_path, info)
    assert read_dataset_info(tmp_path) == info
    assert json.loads(json.dumps(info)) == info
    empty = {"num_videos": 0, "num_frames": 0, "num_fixations": 0, "shards": []}
    assert info == {
        "name": "made_up",
        "citation": "Nobody.",
        "spec_version": 1,
        "size": [16, 24],
        "jpeg_quality": 95,
        "max_fixations_per_frame": 1,
        "truth_num_components": 0,
        "splits": {
            "train": {
                "num_videos": 3,
                "num_frames": 10,
                "num_fixations": 10,
                "shards": [shard.info for shard in written],
            },
            "validation": empty,
            "test": empty,
        },
        "left_out": {"blinks": 6},
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "dataset_info.json",
        "train.tfrecord-00000-of-00002",
        "train.tfrecord-00001-of-00002",
    ]
