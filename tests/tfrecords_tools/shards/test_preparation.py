"""A raw dataset becomes shards, also after a kill."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.files.locks import LOCK_FILE, InUseError
from rmdn_tf.files.settings_file import OtherSettingsError
from tests.helpers.full_disk import full_disk
from tests.helpers.held_directories import held_by_another
from tests.helpers.made_up import MadeUp
from tests.helpers.raw_writers import write_video_database
from tfrecords_tools import prepare as prepare_command
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.manifest import ManifestError
from tfrecords_tools.shards.preparation import prepare, summary
from tfrecords_tools.sources.video_database import VideoDatabase

pytestmark = pytest.mark.slow

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


FORMAT = FrameFormat((12, 16))


class Torn(MadeUp):
    """A source whose video "torn" cannot be opened."""

    def open(self, entry):
        if entry.video_id == "torn":
            raise SourceError("Unreadable video 'torn'.")
        return super().open(entry)


def contents(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != LOCK_FILE
    }


def shard_files(directory):
    return sorted(directory.glob("[tv]*.tfrecord-*"))


@pytest.fixture
def raw_dir(copy_of):
    return copy_of(write_video_database)


def test_a_dataset_is_prepared_with_its_numbers(raw_dir, tmp_path):
    output_dir = tmp_path / "made" / "here"
    info = prepare(VideoDatabase(raw_dir), output_dir, FORMAT, num_workers=1)
    assert read_dataset_info(output_dir) == info
    assert info.name == "video_database"
    assert info.size == (12, 16)
    assert {
        split: (numbers.num_videos, numbers.num_frames)
        for split, numbers in info.splits.items()
    } == {"train": (1, 10), "validation": (1, 10), "test": (1, 10)}
    assert info.splits["test"].num_fixations == 3
    assert info.left_out == {
        "events of videos that are not on disk": 2,
        "events that are not numbers": 1,
        "fixations past the last frame": 2,
        "listed videos that are not on disk": 1,
    }
    assert info.num_observers == 2
    assert info.unreadable == {}
    # Three shards with their reports, manifest and info.
    assert len(contents(output_dir)) == 8


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize("num_workers", [1, 2])
def test_an_unreadable_video_is_left_out_and_named(tmp_path, num_workers):
    source = Torn({"a": 2, "torn": 9, "b": 2})
    info = prepare(source, tmp_path, FORMAT, num_workers=num_workers)
    assert info.unreadable == {"torn": "Unreadable video 'torn'."}
    assert info.splits["train"].num_videos == 2
    assert "torn: Unreadable video 'torn'." in summary(info)
    # A shard without any readable video is written, too.
    assert len(shard_files(tmp_path)) == 3
    assert read_dataset_info(tmp_path) == info
    assert prepare(source, tmp_path, FORMAT, num_workers=1) == info


def test_a_run_that_wrote_nothing_is_not_taken_for_complete(tmp_path):
    def run(function, items, name):
        return map(name, items)

    with pytest.raises(ManifestError, match="Incomplete dataset"):
        prepare(MadeUp({"a": 2}), tmp_path, FORMAT, num_workers=1, run=run)
    assert not (tmp_path / "dataset_info.json").exists()


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize("num_workers", [1, 2])
def test_strict_an_unreadable_video_ends_the_run(tmp_path, num_workers):
    source = Torn({"a": 2, "torn": 9, "b": 2})
    with pytest.raises(SourceError, match="Unreadable video 'torn'"):
        prepare(source, tmp_path, FORMAT, num_workers=num_workers, strict=True)
    assert not (tmp_path / "dataset_info.json").exists()


def test_a_finished_dataset_is_not_written_again(tmp_path, capsys):
    source = MadeUp({"a": 2, "b": 3})
    info = prepare(source, tmp_path, FORMAT, num_workers=1)
    before = contents(tmp_path)
    written = [path.stat().st_mtime_ns for path in shard_files(tmp_path)]
    assert prepare(source, tmp_path, FORMAT, num_workers=1) == info
    assert contents(tmp_path) == before
    assert [p.stat().st_mtime_ns for p in shard_files(tmp_path)] == written
    assert "2 of 2 shards are finished already" in capsys.readouterr().err


def test_a_second_process_is_refused_while_one_prepares(tmp_path):
    with held_by_another(tmp_path):
        with pytest.raises(InUseError, match=f"'{tmp_path}' is in use"):
            prepare(MadeUp({"a": 2}), tmp_path, FORMAT, num_workers=1)
    prepare(MadeUp({"a": 2}), tmp_path, FORMAT, num_workers=1)


def test_a_dataset_that_lost_a_shard_is_not_complete_meanwhile(tmp_path):
    prepare(MadeUp({"a": 2, "torn": 3}), tmp_path, FORMAT, num_workers=1)
    shard_files(tmp_path)[0].unlink()
    with pytest.raises(SourceError):
        torn = Torn({"a": 2, "torn": 3})
        prepare(torn, tmp_path, FORMAT, num_workers=1, strict=True)
    with pytest.raises(FileNotFoundError, match="dataset_info.json"):
        read_dataset_info(tmp_path)


def test_other_settings_are_refused_before_anything_is_read(tmp_path):
    prepare(MadeUp({"a": 2}), tmp_path, FORMAT, num_workers=1)
    before = contents(tmp_path)
    source = MadeUp({"a": 2})
    source.entries = None
    with pytest.raises(OtherSettingsError, match="shards was 16 and is now 3"):
        prepare(source, tmp_path, FORMAT, num_shards=3, num_workers=1)
    assert contents(tmp_path) == before


DEMO = (
    *("--dataset=demo", "--demo_videos=30", "--num_shards=30"),
    *("--height=48", "--width=64"),
)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The files of a run with the flags `DEMO` that nobody killed."""
    output_dir = tmp_path_factory.mktemp("undisturbed")
    flags = [*DEMO, "--workers=1", f"--output_dir={output_dir}"]
    assert prepare_command.main(flags) == 0
    return contents(output_dir)


@pytest.mark.parametrize(
    "runner",
    [
        (),
        pytest.param(("--runner=DirectRunner",), marks=pytest.mark.versions),
    ],
)
def test_a_killed_run_goes_on_to_the_same_bytes(
    tmp_path, undisturbed, runner, capsys
):
    if runner:
        pytest.importorskip("apache_beam", reason="needs the extra `beam`")
    flags = [*DEMO, f"--output_dir={tmp_path}", *runner]
    command = [
        *(sys.executable, "-m", "tfrecords_tools.prepare"),
        *(*flags, "--workers=2"),
    ]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=REPOSITORY, **silent)
    while len(shard_files(tmp_path)) < 5 and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    time.sleep(1)  # The workers end of themselves, a moment later.
    survivors = shard_files(tmp_path)
    assert 5 <= len(survivors) < 30
    assert not (tmp_path / "dataset_info.json").exists()
    written = {path: path.stat().st_mtime_ns for path in survivors}
    assert prepare_command.main([*flags, "--workers=1"]) == 0
    assert "of 30 shards are finished already" in capsys.readouterr().err
    assert contents(tmp_path) == undisturbed
    # A finished shard is never written twice.
    assert {path: path.stat().st_mtime_ns for path in survivors} == written


def test_a_limit_takes_the_first_videos_of_each_split(tmp_path):
    source = MadeUp(dict.fromkeys("abcdef", 2))
    splits = "train test train train test validation".split()
    source.entries = lambda: list(map(VideoEntry, "abcdef", splits))
    info = prepare(source, tmp_path, FORMAT, num_workers=1, limit=2)
    assert {
        split: sorted(v.id for s in part.shards for v in s.videos)
        for split, part in info.splits.items()
    } == {"train": ["a", "c"], "validation": ["f"], "test": ["b", "e"]}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([VideoEntry("a", "train")] * 2, "'made_up' have the id 'a'"),
        ([VideoEntry("a", "holdout")], "'a'.*Received: 'holdout'"),
        ([], "'made_up' holds no video"),
    ],
)
def test_videos_that_cannot_be_told_apart_or_dealt_are_an_error(
    tmp_path, entries, message
):
    source = MadeUp({"a": 2})
    source.entries = lambda: entries
    with pytest.raises(SourceError, match=message):
        prepare(source, tmp_path, num_workers=1)


@pytest.mark.parametrize(
    ("name", "value"), [("num_shards", 0), ("num_workers", 0), ("limit", 0)]
)
def test_an_argument_out_of_range_is_an_error(tmp_path, name, value):
    with pytest.raises(ValueError, match=f"Invalid `{name}`"):
        prepare(MadeUp({"a": 2}), tmp_path / "a", **{name: value})
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("num_workers", [1, 2])
def test_a_full_disk_is_told_of_a_shard_and_leaves_nothing_unfinished(
    tmp_path, num_workers
):
    source = MadeUp(dict.fromkeys("abcdefgh", 30))
    with pytest.raises(OSError, match="File too large") as raised:
        with full_disk(3000):
            prepare(
                source, tmp_path, FORMAT, num_shards=4, num_workers=num_workers
            )
    assert raised.value.filename.startswith(f"{tmp_path}/train.tfrecord-0000")
    assert not list(tmp_path.glob("partial.*"))


def test_a_system_that_tells_no_set_of_cores_prepares(tmp_path, monkeypatch):
    # As macOS and Windows.
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    info = prepare(MadeUp({"a": 2}), tmp_path, FORMAT)
    assert read_dataset_info(tmp_path) == info
