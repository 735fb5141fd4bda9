"""Tests of `tfrecords_tools.shards.manifest`."""

import json

import av
import pytest
import tensorflow as tf

from rmdn_tf.data.prepared_dataset import MANIFEST_FILE
from rmdn_tf.files.settings_file import OtherSettingsError
from tests.helpers.made_up import FORMAT, MadeUp, surveyed
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.manifest import (
    ManifestError,
    claim,
    make_settings,
)
from tfrecords_tools.shards.shard_reports import ChangedShardError
from tfrecords_tools.shards.writing import write_shard


def claim_for(
    source, output_dir, num_shards=2, frame_format=FORMAT, limit=None
):
    settings = make_settings(source, frame_format, num_shards, limit)
    return claim(output_dir, settings, surveyed(source))


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
    manifest = claim_for(source, output_dir)
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
    assert manifest.finished == {}


def test_a_second_run_finds_what_is_finished(source, output_dir):
    manifest = claim_for(source, output_dir)
    write(source, manifest, output_dir)
    (output_dir / manifest.plans[1].file).unlink()
    again = claim_for(source, output_dir)
    assert list(again.plans) == list(manifest.plans)
    assert list(again.finished) == [manifest.plans[0].file]


def test_a_directory_of_an_earlier_release_goes_on(source, output_dir):
    """It had several lines for a video, and the order of the shards."""
    manifest = claim_for(source, output_dir)
    write(source, manifest, output_dir)
    path = output_dir / "manifest.json"
    document = json.loads(path.read_text())
    places = {"a": "00001", "b": "00000", "c": "00000"}
    for name, place in places.items():
        shard = document["videos"][name]["shard"]
        document["videos"][name]["shard"] = shard.replace(shard[15:20], place)
    document["videos"] = dict(reversed(document["videos"].items()))
    path.write_text(json.dumps(document, indent=2) + "\n")
    for shard in manifest.plans:
        (output_dir / shard.file).unlink()
    before = path.read_bytes()
    again = claim_for(source, output_dir)
    assert list(shards_of(again).values()) == [["b", "c"], ["a"]]
    assert path.read_bytes() == before
    write(source, again, output_dir)
    assert len(claim_for(source, output_dir).finished) == 2


def test_a_manifest_with_a_video_twice_is_refused(source, output_dir):
    claim_for(source, output_dir)
    path = output_dir / "manifest.json"
    lines = path.read_text().splitlines(keepends=True)
    (line,) = (line for line in lines if line.startswith('    "b"'))
    lines.insert(lines.index(line), line)
    path.write_text("".join(lines))
    with pytest.raises(ManifestError, match="twice"):
        claim_for(source, output_dir)


def test_other_settings_are_refused(source, output_dir):
    claim_for(source, output_dir)
    before = (output_dir / "manifest.json").read_bytes()
    source.settings = lambda: {"seed": 1}
    form = FrameFormat((16, 24), jpeg_quality=90)
    changed = {"num_shards": 3, "limit": 7, "frame_format": form}
    with pytest.raises(OtherSettingsError) as caught:
        claim_for(source, output_dir, **changed)
    for difference in (
        "settings/num_shards was 2 and is now 3",
        "settings/limit was None and is now 7",
        "settings/jpeg_quality was 95 and is now 90",
        "settings/source.seed was missing and is now 1",
    ):
        assert difference in str(caught.value)
    assert (output_dir / "manifest.json").read_bytes() == before


def test_other_videos_are_refused(source, output_dir):
    claim_for(source, output_dir)
    other = MadeUp({"a": 5, "b": 3, "d": 2})
    with pytest.raises(OtherSettingsError, match="'c' is gone, 'd' is new"):
        claim_for(other, output_dir)


def test_a_video_in_another_split_is_refused(source, output_dir):
    claim_for(source, output_dir)
    path = output_dir / "manifest.json"
    document = json.loads(path.read_text())
    document["videos"]["b"]["split"] = "test"
    path.write_text(json.dumps(document))
    message = "'b' was in test and is now in train"
    with pytest.raises(OtherSettingsError, match=message):
        claim_for(source, output_dir)


def test_changed_raw_files_of_a_finished_shard_are_refused(
    source, output_dir, raw_file
):
    manifest = claim_for(source, output_dir)
    write(source, manifest, output_dir)
    raw_file.write_bytes(b"other")
    message = "files of 'a': .*00000-of-00002'.*Remove"
    with pytest.raises(ChangedShardError, match=message):
        claim_for(source, output_dir)
    (output_dir / manifest.plans[0].file).unlink()
    again = claim_for(source, output_dir)
    assert list(again.finished) == [manifest.plans[1].file]


def test_a_video_stays_in_its_shard_when_its_length_changes(source, output_dir):
    manifest = claim_for(source, output_dir)
    assert list(shards_of(manifest).values()) == [["a"], ["b", "c"]]
    mended = MadeUp({"a": 5, "b": 30, "c": 20})
    again = claim_for(mended, output_dir)
    assert shards_of(again) == shards_of(manifest)
    assert [plan.num_frames for plan in again.plans] == [5, 50]


def test_a_shard_of_another_size_than_reported_is_refused(source, output_dir):
    manifest = claim_for(source, output_dir)
    write(source, manifest, output_dir)
    path = output_dir / manifest.plans[0].file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ChangedShardError, match=f"Damaged .*{path}"):
        claim_for(source, output_dir)


@pytest.mark.parametrize(
    "name", ["dataset_info.json", "train.tfrecord-00000-of-00001"]
)
def test_shards_without_a_manifest_are_not_touched(source, output_dir, name):
    (output_dir / name).write_bytes(b"of somebody")
    with pytest.raises(ManifestError, match=f"it has '{name}'"):
        claim_for(source, output_dir)
    assert (output_dir / name).read_bytes() == b"of somebody"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff", b'{"settings": {}, "videos": [1]}']
)
def test_a_manifest_of_somebody_else_is_refused(source, output_dir, content):
    (output_dir / MANIFEST_FILE).write_bytes(content)
    with pytest.raises(ManifestError, match="Invalid .*manifest.json'"):
        claim_for(source, output_dir)


def test_what_a_killed_run_left_is_removed(source, output_dir):
    reports = output_dir / "finished"
    for directory in (output_dir, reports):
        leftover = directory / "partial.0123abcd-4567ef89"
        leftover.mkdir(parents=True)
        (leftover / "train.tfrecord-00000-of-00002").touch()
        (directory / "partial.notes.txt").touch()  # The user's own.
    claim_for(source, output_dir)
    assert sorted(path.name for path in output_dir.iterdir()) == [
        "finished",
        "manifest.json",
        "partial.notes.txt",
    ]
    assert [path.name for path in reports.iterdir()] == ["partial.notes.txt"]
