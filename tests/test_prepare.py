"""Tests of `tfrecords_tools.prepare`."""

import json
import pathlib
import subprocess
import sys
import time

import pytest
from absl import flags
from test_shards import MadeUp
from test_video_database import write_database

from rmdn_tf.records import read_dataset_info
from tfrecords_tools import prepare as prepare_module
from tfrecords_tools.prepare import prepare
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.video_database import VideoDatabase

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


class Torn(MadeUp):
    """A source whose longest video cannot be opened; others take a while."""

    def open(self, entry, size):
        if entry.num_frames == 9:
            raise SourceError(f"Unreadable video '{entry.video_id}': torn.")
        time.sleep(0.2)
        return super().open(entry, size)


def flag_values(*arguments):
    values = flags.FlagValues()
    prepare_module.define_flags(values)
    values(["prepare", *map(str, arguments)])
    return values


def run_entry(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tfrecords_tools.prepare", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture
def raw_dir(tmp_path):
    return write_database(tmp_path / "raw")


def test_a_dataset_is_prepared_with_its_numbers(raw_dir, tmp_path):
    output_dir = tmp_path / "made" / "here"
    info = prepare(
        VideoDatabase(raw_dir), output_dir, size=(12, 16), num_workers=1
    )
    assert read_dataset_info(output_dir) == info
    assert info["name"] == "video_database"
    assert info["size"] == [12, 16]
    assert {
        split: (numbers["num_videos"], numbers["num_frames"])
        for split, numbers in info["splits"].items()
    } == {"train": (1, 10), "validation": (1, 10), "test": (1, 10)}
    assert info["splits"]["test"]["num_fixations"] == 3
    assert info["left_out"] == {
        "events of videos that are not on disk": 2,
        "events that are not numbers": 1,
        "fixations past the last frame": 2,
        "listed videos that are not on disk": 1,
    }
    assert len(contents(output_dir)) == 4


def test_the_command_line_with_two_workers_writes_the_same(raw_dir, tmp_path):
    prepare(
        VideoDatabase(raw_dir), tmp_path / "a", size=(12, 16), num_workers=1
    )
    process = run_entry(
        "--dataset=video_database",
        f"--raw_dir={raw_dir}",
        f"--output_dir={tmp_path / 'b'}",
        "--height=12",
        "--width=16",
        "--workers=2",
    )
    assert process.returncode == 0, process.stderr
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert "test            1 videos        10 frames" in process.stdout
    assert "1 listed videos that are not on disk" in process.stdout


def test_a_wrong_flag_is_refused_with_its_name(tmp_path):
    process = run_entry(
        "--dataset=demo", f"--output_dir={tmp_path / 'a'}", "--jpeg_quality=0"
    )
    assert process.returncode == 1
    assert "jpeg_quality" in process.stderr
    assert not (tmp_path / "a").exists()


def test_an_error_in_a_worker_keeps_its_message_and_ends_the_run(tmp_path):
    lengths = {f"video {index}": 2 for index in range(40)} | {"long": 9}
    with pytest.raises(SourceError, match="Unreadable video 'long': torn."):
        prepare(Torn(lengths), tmp_path, num_shards=41, num_workers=2)
    # Only what had been begun; the workers may start seconds apart.
    assert len(contents(tmp_path)) < 35
    assert "dataset_info.json" not in contents(tmp_path)


def test_a_prepared_dataset_is_not_overwritten(tmp_path):
    prepare(MadeUp({"a": 2}), tmp_path, size=(16, 24), num_workers=1)
    before = contents(tmp_path)
    with pytest.raises(FileExistsError, match="dataset_info.json.*Remove"):
        prepare(MadeUp({"a": 3}), tmp_path, size=(16, 24), num_workers=1)
    assert contents(tmp_path) == before


def test_a_run_that_was_killed_can_be_repeated(tmp_path, capsys):
    for name in (
        "train.tfrecord-00003-of-00016",
        "train.tfrecord-00000-of-00001.incomplete",
    ):
        (tmp_path / name).write_bytes(b"half")
    with pytest.raises(FileNotFoundError, match="dataset_info.json"):
        read_dataset_info(tmp_path)
    prepare(MadeUp({"a": 2}), tmp_path, size=(16, 24), num_workers=1)
    assert sorted(contents(tmp_path)) == [
        "dataset_info.json",
        "train.tfrecord-00000-of-00001",
    ]
    assert "Removed 2 shards" in capsys.readouterr().err


def test_two_videos_of_one_id_are_an_error(tmp_path):
    source = MadeUp({"a": 2})
    source.entries = lambda: [VideoEntry("a", "train", 2)] * 2
    with pytest.raises(SourceError, match="'made_up' have the id 'a'"):
        prepare(source, tmp_path, num_workers=1)


def test_an_unknown_split_is_an_error(tmp_path):
    source = MadeUp({"a": 2})
    source.entries = lambda: [VideoEntry("a", "holdout", 2)]
    with pytest.raises(SourceError, match="'a'.*Received: 'holdout'"):
        prepare(source, tmp_path, num_workers=1)


def test_a_dataset_without_videos_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="'made_up' holds no video"):
        prepare(MadeUp({}), tmp_path, num_workers=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", (0, 4)),
        ("jpeg_quality", 101),
        ("num_shards", 0),
        ("num_workers", 0),
    ],
)
def test_an_argument_out_of_range_is_an_error(tmp_path, name, value):
    key = "height" if name == "size" else name
    with pytest.raises(ValueError, match=f"Invalid `{key}`"):
        prepare(MadeUp({"a": 2}), tmp_path, **{name: value})


def test_a_missing_raw_folder_gives_a_message_and_an_exit_code(
    tmp_path, capsys
):
    code = prepare_module.run(
        flag_values(
            "--dataset=video_database",
            f"--raw_dir={tmp_path / 'nowhere'}",
            f"--output_dir={tmp_path / 'a'}",
        )
    )
    assert code == 1
    assert "Error: No folder" in capsys.readouterr().err
    assert contents(tmp_path / "a") == {}


def test_a_dataset_that_needs_a_folder_says_so(tmp_path, capsys):
    code = prepare_module.run(
        flag_values("--dataset=video_database", f"--output_dir={tmp_path}")
    )
    assert code == 1
    assert "needs `--raw_dir`" in capsys.readouterr().err


def test_a_truncated_video_gives_a_message_with_its_name(
    raw_dir, tmp_path, capsys
):
    path = raw_dir / "videos" / "Yan.avi"
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"movi") + 1000])
    code = prepare_module.run(
        flag_values(
            "--dataset=video_database",
            f"--raw_dir={raw_dir}",
            f"--output_dir={tmp_path / 'a'}",
            "--workers=1",
        )
    )
    assert code == 1
    assert "Yan.avi" in capsys.readouterr().err
    assert contents(tmp_path / "a") == {}


def test_the_demo_needs_no_folder(tmp_path, capsys):
    code = prepare_module.run(
        flag_values(
            "--dataset=demo",
            f"--output_dir={tmp_path}",
            "--demo_videos=3",
            "--height=48",
            "--width=64",
            "--workers=1",
        )
    )
    assert code == 0, capsys.readouterr().err
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert sum(s["num_videos"] for s in info["splits"].values()) == 3
    assert info["truth_num_components"] > 0
