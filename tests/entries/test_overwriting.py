"""No command writes over what it reads: refused before anything is opened."""

import os
import pathlib

import pytest

import train_tf
from rmdn_tf import (
    convert_weights,
    evaluate,
    export,
    predict,
    recognize_actions,
)
from rmdn_tf.encoders import efficientnet_weights
from tfrecords_tools import prepare, show_records

# A command; "FILE" and "DIR" stand for the input that is the output too.
COMMANDS = {
    "predict, video": (predict.main, "--video FILE --output FILE"),
    "predict, table": (predict.main, "--video FILE --parameters FILE"),
    "predict, maps": (predict.main, "--video v --model DIR --maps DIR"),
    "predict, model": (predict.main, "--video v --model DIR --output DIR/file"),
    "evaluate, data": (evaluate.main, "--data_dir DIR --output_dir DIR"),
    "evaluate, maps": (
        evaluate.main,
        "--data_dir d --maps a=e --maps NAME=DIR --output_dir DIR",
    ),
    "recognize_actions, data": (
        recognize_actions.main,
        "--dataset folder --data_dir DIR --output_dir DIR",
    ),
    "recognize_actions, model": (
        recognize_actions.main,
        "--dataset folder --data_dir d --attention_model DIR --output_dir DIR",
    ),
    "recognize_actions, gaze": (
        recognize_actions.main,
        "--dataset folder --data_dir d --tcb_data_dir DIR --output_dir DIR",
    ),
    "recognize_actions, video": (
        recognize_actions.main,
        "--predict a.mp4 FILE --recognizer r --output FILE",
    ),
    "recognize_actions, recognizer": (
        recognize_actions.main,
        "--predict a.mp4 --recognizer DIR --output DIR/file",
    ),
    "export": (export.main, "--model DIR --output DIR"),
    "convert_weights": (convert_weights.main, "FILE FILE"),
    "convert_weights, mean": (convert_weights.main, "w.h5 FILE --mean FILE"),
    "efficientnet_weights": (
        efficientnet_weights.main,
        "FILE FILE",
    ),
    "prepare": (
        prepare.main,
        "--dataset folder --raw_dir DIR --output_dir DIR",
    ),
    "show_records": (
        show_records.main,
        "--data_dir DIR --output DIR/file",
    ),
    "train_tf, run": (
        train_tf.main,
        "--dataset demo --data_dir DIR --run_dir DIR",
    ),
    "train_tf, export": (
        train_tf.main,
        "--dataset demo --data_dir DIR --export_dir DIR",
    ),
}


@pytest.fixture
def precious(tmp_path, monkeypatch):
    """Makes a directory with a file that must stay; works beside it."""
    directory = tmp_path / "precious"
    directory.mkdir()
    (directory / "file").write_bytes(b"recording")
    (tmp_path / "link").symlink_to(directory)
    os.link(directory / "file", tmp_path / "hard")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return directory


def everything_in(directory):
    return {
        path: path.read_bytes() if path.is_file() else None
        for path in pathlib.Path(directory).rglob("*")
    }


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("way", ["itself", "relative", "link", "slash"])
def test_a_command_does_not_write_over_what_it_reads(
    precious, capfd, name, way
):
    run, line = COMMANDS[name]
    read = str(precious)
    written = {
        "itself": read,
        "relative": "../precious",
        "link": "../link",
        "slash": f"{read}/../precious/",
    }[way]
    words = line.split()
    last = len(words) - 1  # The output, but for the mean of weights.
    if name == "convert_weights, mean":
        last = 1

    def path_of(index, word):
        directory = written if index == last else read
        word = word.replace("FILE", f"{directory}/file")
        return word.replace("DIR", directory)

    before = everything_in(precious.parent)
    assert run([path_of(i, word) for i, word in enumerate(words)]) == 1
    assert (
        "Expected a path that the command does not read"
        in capfd.readouterr().err
    )
    assert everything_in(precious.parent) == before


def test_a_hard_link_to_the_video_is_the_video(precious, capfd):
    assert (
        predict.main(["--video", f"{precious}/file", "--output", "../hard"])
        == 1
    )
    assert "the input of --video" in capfd.readouterr().err


def test_the_outputs_of_a_prediction_do_not_replace_each_other(precious, capfd):
    for outputs in (
        ("--output", "a.npz", "--parameters", "./a.npz"),
        ("--maps", "maps", "--output", "maps/a.mp4"),
        ("--maps", "maps", "--parameters", "maps/../maps"),
    ):
        assert predict.main(["--video", f"{precious}/file", *outputs]) == 1
        assert "lies in the output of" in capfd.readouterr().err
