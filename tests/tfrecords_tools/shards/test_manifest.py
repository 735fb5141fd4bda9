"""Tests of `tfrecords_tools.shards.manifest`."""

import json

import av
import pytest
import tensorflow as tf

from rmdn_tf.data.prepared_dataset import MANIFEST_FILE
from rmdn_tf.files.settings_file import OtherSettingsError
from tests.helpers.made_up import FORMAT, MadeUp
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.manifest import (
    Manifest,
    ManifestError,
    claim,
    finished_reports,
    make_settings,
)
from tfrecords_tools.shards.plan import plan_shards
from tfrecords_tools.shards.shard_reports import ChangedShardError
from tfrecords_tools.shards.survey import survey
from tfrecords_tools.shards.writing import write_shard


def manifest_of(source, num_shards=2, frame_format=FORMAT, limit=None):
    videos = [survey(source, entry) for entry in source.entries()]
    return Manifest(
        make_settings(source, frame_format, num_shards, limit),
        tuple(plan_shards(videos, num_shards)),
    )


def write(source, manifest, output_dir):
    options = {"output_dir": output_dir, "frame_format": FORMAT}
    for plan in manifest.plans:
        write_shard(plan, source=source, **options)


def shards_of(manifest):
    return {
        plan.file: [v.entry.video_id for v in plan.videos]
        for plan in manifest.plans
    }


@pytest.fixture
def raw_file(tmp_path):
    path = tmp_path / "a.avi"
    path.write_bytes(b"first")
    return path


@pytest.fixture
def source(raw_file):
    return MadeUp({"a": 5, "b": 3, "c": 2}, files={"a": [str(raw_file)]})


@pytest.fixture
def output_dir(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    return path


def test_a_claimed_directory_says_what_it_will_hold(source, output_dir):
    manifest = claim(output_dir, manifest_of(source))
    document = json.loads((output_dir / "manifest.json").read_text())
    assert document["settings"] == {
        "dataset": "made_up",
        "size": [16, 24],
        "max_size": None,
        "frames_per_second": None,
        "jpeg_quality": 95,
        "num_shards": 2,
        "limit": None,
        "spec_version": 1,
        "pyav": av.__version__,
        "tensorflow": tf.__version__,
    }
    assert list(document["videos"]) == ["a", "b", "c"]
    video = document["videos"]["a"]
    assert len(video.pop("sha256")) == 64
    assert video == {
        "split": "train",
        "shard": "train.tfrecord-00000-of-00002",
        "num_frames": 5,
    }
    assert finished_reports(output_dir, manifest) == {}


def test_a_second_run_finds_what_is_finished(source, output_dir):
    manifest = claim(output_dir, manifest_of(source))
    write(source, manifest, output_dir)
    (output_dir / manifest.plans[1].file).unlink()
    again = claim(output_dir, manifest_of(source))
    assert again == manifest
    finished = finished_reports(output_dir, again)
    assert list(finished) == [manifest.plans[0].file]


def test_other_settings_are_refused(source, output_dir):
    claim(output_dir, manifest_of(source))
    before = (output_dir / "manifest.json").read_bytes()
    source.settings = lambda: {"seed": 1}
    form = FrameFormat((16, 24), jpeg_quality=90)
    changed = manifest_of(source, num_shards=3, limit=7, frame_format=form)
    with pytest.raises(OtherSettingsError) as caught:
        claim(output_dir, changed)
    for difference in (
        "settings/num_shards was 2 and is now 3",
        "settings/limit was None and is now 7",
        "settings/jpeg_quality was 95 and is now 90",
        "settings/source.seed was missing and is now 1",
    ):
        assert difference in str(caught.value)
    assert (output_dir / "manifest.json").read_bytes() == before


def test_other_videos_are_refused(source, output_dir):
    claim(output_dir, manifest_of(source))
    other = MadeUp({"a": 5, "b": 3, "d": 2})
    with pytest.raises(OtherSettingsError, match="'c' is gone, 'd' is new"):
        claim(output_dir, manifest_of(other))


def test_a_video_in_another_split_is_refused(source, output_dir):
    claim(output_dir, manifest_of(source))
    path = output_dir / "manifest.json"
    document = json.loads(path.read_text())
    document["videos"]["b"]["split"] = "test"
    path.write_text(json.dumps(document))
    message = "'b' was in test and is now in train"
    with pytest.raises(OtherSettingsError, match=message):
        claim(output_dir, manifest_of(source))


def test_changed_raw_files_of_a_finished_shard_are_refused(
    source, output_dir, raw_file
):
    manifest = claim(output_dir, manifest_of(source))
    write(source, manifest, output_dir)
    raw_file.write_bytes(b"other")
    message = "files of 'a': .*00000-of-00002'.*Remove"
    with pytest.raises(ChangedShardError, match=message):
        claim(output_dir, manifest_of(source))
    (output_dir / manifest.plans[0].file).unlink()
    again = claim(output_dir, manifest_of(source))
    assert list(finished_reports(output_dir, again)) == [manifest.plans[1].file]


def test_a_video_stays_in_its_shard_when_its_length_changes(source, output_dir):
    manifest = claim(output_dir, manifest_of(source))
    assert list(shards_of(manifest).values()) == [["a"], ["b", "c"]]
    mended = MadeUp({"a": 5, "b": 30, "c": 20})
    again = claim(output_dir, manifest_of(mended))
    assert shards_of(again) == shards_of(manifest)
    assert [plan.num_frames for plan in again.plans] == [5, 50]


def test_a_shard_of_another_size_than_reported_is_refused(source, output_dir):
    manifest = claim(output_dir, manifest_of(source))
    write(source, manifest, output_dir)
    path = output_dir / manifest.plans[0].file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ChangedShardError, match=f"Damaged .*{path}"):
        claim(output_dir, manifest_of(source))


@pytest.mark.parametrize(
    "name", ["dataset_info.json", "train.tfrecord-00000-of-00001"]
)
def test_shards_without_a_manifest_are_not_touched(source, output_dir, name):
    (output_dir / name).write_bytes(b"of somebody")
    with pytest.raises(ManifestError, match=f"it has '{name}'"):
        claim(output_dir, manifest_of(source))
    assert (output_dir / name).read_bytes() == b"of somebody"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff", b'{"settings": {}, "videos": [1]}']
)
def test_a_manifest_of_somebody_else_is_refused(source, output_dir, content):
    (output_dir / MANIFEST_FILE).write_bytes(content)
    with pytest.raises(ManifestError, match="Invalid .*manifest.json'"):
        claim(output_dir, manifest_of(source))


def test_what_a_killed_run_left_is_removed(source, output_dir):
    reports = output_dir / "finished"
    for directory in (output_dir, reports):
        leftover = directory / "partial.0123abcd-4567ef89"
        leftover.mkdir(parents=True)
        (leftover / "train.tfrecord-00000-of-00002").touch()
        (directory / "partial.notes.txt").touch()  # The user's own.
    claim(output_dir, manifest_of(source))
    assert sorted(path.name for path in output_dir.iterdir()) == [
        "finished",
        "manifest.json",
        "partial.notes.txt",
    ]
    assert [path.name for path in reports.iterdir()] == ["partial.notes.txt"]
