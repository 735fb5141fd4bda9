"""Every command tells an error in one line and ends with its exit code."""

import re

import pytest
import tensorflow as tf

import train_tf
from rmdn_tf import (
    compress,
    convert_weights,
    evaluate,
    export,
    predict,
    recognize_actions,
)
from rmdn_tf.encoders import efficientnet_weights
from tfrecords_tools import demo_video, prepare, show_records

COMMANDS = {  # A command that reads PATH.
    predict: "--video PATH --output out.mp4",
    compress: "--video PATH --output out.mp4",
    evaluate: "--data_dir PATH --output_dir out",
    export: "--model PATH --output out",
    recognize_actions: "--predict video.mp4 --recognizer PATH",
    convert_weights: "PATH out.npz",
    efficientnet_weights: "PATH out.npz",
    prepare: "--dataset video_database --raw_dir PATH --output_dir out",
    show_records: "--data_dir PATH",
    train_tf: "--dataset demo --c3d_weights PATH",
}


def name_of(entry):
    return entry.__name__.split(".")[-1]


of_each = pytest.mark.parametrize("entry", [*COMMANDS, demo_video], ids=name_of)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in an empty directory, on a path there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    monkeypatch.setattr(
        "rmdn_tf.prediction.attention_model.load", lambda *_: None
    )

    def run(entry, path):
        words = COMMANDS.get(entry, "PATH").replace("PATH", path).split()
        return entry.main(words)

    return run


def assert_one_line(capsys, *words):
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("Error: ")
    for word in words:
        assert word in line


@pytest.mark.parametrize("path", ["missing", "folder"])
@pytest.mark.parametrize("entry", COMMANDS, ids=name_of)
def test_a_missing_file_and_a_folder_in_its_place_are_errors(
    run, entry, path, capsys
):
    assert run(entry, path) == 1
    assert_one_line(capsys, path)


@of_each
def test_an_unknown_flag_is_a_usage_error(entry, capsys):
    assert entry.main(["--surplus"]) == 2
    assert_one_line(capsys, "surplus")


@of_each
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (tf.errors.InternalError(None, None, "two\nlines"), 1),
        (IsADirectoryError(21, "Is a directory", "out"), 1),
        (KeyboardInterrupt(), 130),
    ],
    ids=["OpError", "IsADirectoryError", "KeyboardInterrupt"],
)
def test_what_breaks_off_the_work_ends_with_a_code(
    run, entry, error, code, capsys, monkeypatch
):
    def fail(*_, **__):
        raise error

    first_calls = {
        demo_video: "published",
        **dict.fromkeys((predict, compress), "check_outputs"),
    }
    first_call = first_calls.get(entry, "refuse_overwriting")
    monkeypatch.setattr(entry, first_call, fail)
    assert run(entry, "in.npz") == code
    if code == 1:
        assert_one_line(capsys)
    else:
        assert capsys.readouterr() == ("", "Stopped by Ctrl-C.\n")


@of_each
def test_help_tells_what_the_command_does_and_its_flags(entry, capsys):
    assert entry.main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(entry.__doc__.splitlines()[0])
    assert "absl" not in printed
    words = COMMANDS.get(entry, "").split()
    for flag in (word for word in words if word.startswith("--")):
        assert f"  {flag}\n" in printed
    assert max(map(len, printed.splitlines())) <= 80
    for described in re.split(r"\n  (?=\S)", printed)[1:]:
        text = described.partition("\n\n")[0]
        assert len(re.findall("default:|default is|by default", text)) <= 1
