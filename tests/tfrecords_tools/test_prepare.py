"""The entry that prepares a raw dataset."""

import pytest

from rmdn_tf.commands.command import UNREADABLE
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.files.locks import LOCK_FILE
from tests.helpers.raw_writers import write_video_database
from tfrecords_tools import prepare
from tfrecords_tools.shards import preparation
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.sources.video_database import VideoDatabase

pytestmark = pytest.mark.slow


@pytest.fixture
def raw_dir(copy_of):
    return copy_of(write_video_database)


def contents(directory):
    return {
        path.name: path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != LOCK_FILE
    }


@pytest.mark.usefixtures("forked_workers")
def test_two_workers_write_the_same_as_one(raw_dir, tmp_path, capsys):
    source, frames = VideoDatabase(raw_dir), FrameFormat((12, 16))
    preparation.prepare(source, tmp_path / "a", frames, num_workers=1)
    code = prepare.main(
        [
            *("--dataset=video_database", f"--raw_dir={raw_dir}"),
            *(f"--output_dir={tmp_path / 'b'}", "--workers=2"),
            *("--height=12", "--width=16"),
        ]
    )
    printed = capsys.readouterr()
    assert code == 0, printed.err
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert "test            1 videos        10 frames" in printed.out
    assert "1 listed videos that are not on disk" in printed.out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--dataset=demo", "--jpeg_quality=0"], "jpeg_quality"),
        (["--dataset=demo", "--workers=0"], "workers=0"),
        (["--dataset=demo", "--demo_videos=2"], "num_videos=2"),
        (["--dataset=demo", "--", "--parallelism=4"], "--parallelism=4"),
        (["--dataset=demo", "surplus"], "'surplus'"),
        (["--dataset=video_database"], "needs `--raw_dir`"),
        (
            ["--dataset=video_database", "--raw_dir=nowhere"],
            "Error: Unreadable folder",
        ),
    ],
)
def test_an_invalid_flag_is_named_and_nothing_written(
    tmp_path, capsys, flags, message
):
    output_dir = tmp_path / "made"
    assert prepare.main([f"--output_dir={output_dir}", *flags]) in (1, 2)
    assert message in capsys.readouterr().err
    assert contents(output_dir) == {}


def test_an_output_directory_that_cannot_be_made_is_an_error(tmp_path, capsys):
    (tmp_path / "file").touch()
    code = prepare.main(["--dataset=demo", f"--output_dir={tmp_path}/file/a"])
    assert code == 1
    error = capsys.readouterr().err
    assert error.startswith(f"Error: Not a directory: '{tmp_path}/file")


def test_a_truncated_video_has_an_exit_code_of_its_own(
    raw_dir, tmp_path, capsys
):
    path = raw_dir / "videos" / "Yan.avi"
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"movi") + 1000])
    code = prepare.main(
        [
            "--dataset=video_database",
            f"--raw_dir={raw_dir}",
            f"--output_dir={tmp_path / 'a'}",
            "--workers=1",
        ]
    )
    assert code == UNREADABLE == 3
    lines = capsys.readouterr().out.split("unreadable:")[1]
    assert "Yan: Truncated video" in lines
    assert "Yan.avi" in lines


def test_the_demo_needs_no_folder(tmp_path, capsys):
    code = prepare.main(
        [
            *("--dataset=demo", f"--output_dir={tmp_path}", "--demo_videos=3"),
            *("--height=48", "--width=64", "--workers=1", "--max_size=60"),
            "--frames_per_second=5",
        ]
    )
    assert code == 0, capsys.readouterr().err
    info = read_dataset_info(tmp_path)
    assert sum(s.num_videos for s in info.splits.values()) == 3
    assert info.truth_num_components > 0
    assert info.max_size == 60
    assert info.frames_per_second == 5
    assert info.splits["train"].num_frames == 96 / 15 * 5
