"""No command writes over what it reads: refused before anything is opened."""

import os
import pathlib

import pytest

import train_tf
from rmdn_tf import (
    areas,
    calibrate,
    compress,
    convert_weights,
    evaluate,
    export,
    predict,
    quality,
    recognize_actions,
    reframe,
)
from rmdn_tf.encoders import efficientnet_weights
from tfrecords_tools import prepare, show_records

ENTRIES = {
    "areas": areas,
    "calibrate": calibrate,
    "compress": compress,
    "convert": convert_weights,
    "efficientnet": efficientnet_weights,
    "evaluate": evaluate,
    "export": export,
    "predict": predict,
    "prepare": prepare,
    "quality": quality,
    "recognize": recognize_actions,
    "reframe": reframe,
    "show": show_records,
    "train": train_tf,
}
# "FILE" and "DIR" stand for the input that is the output too.
COMMANDS = """
areas --video v --areas FILE --output FILE
areas --video FILE --areas a.csv --summary FILE
areas --video v --areas a.csv --model DIR --output DIR/file
calibrate --data_dir DIR --output DIR
calibrate --data_dir d --model DIR --output DIR
compress --video FILE --output FILE
compress --video FILE --map FILE
compress --video v --model DIR --output DIR/file
predict --video FILE --output FILE
predict --video FILE --parameters FILE
predict --video v --model DIR --maps DIR
predict --video v --model DIR --output DIR/file
quality --reference FILE --video v --json FILE
quality --reference v --video FILE --output FILE
quality --reference v --video v w --model DIR --plot DIR/file
evaluate --data_dir DIR --output_dir DIR
evaluate --data_dir d --maps a=e --maps NAME=DIR --output_dir DIR
recognize --dataset folder --data_dir DIR --output_dir DIR
recognize --dataset folder --data_dir d --attention_model DIR --output_dir DIR
recognize --dataset folder --data_dir d --tcb_data_dir DIR --output_dir DIR
recognize --predict a.mp4 FILE --recognizer r --output FILE
recognize --predict a.mp4 --recognizer DIR --output DIR/file
export --model DIR --output DIR
export --format triton --precision int8 --calibration DIR --output DIR/file
convert FILE FILE
convert w.h5 FILE --mean FILE
efficientnet FILE FILE
reframe --video FILE --output FILE
reframe --video v --model DIR --output DIR/file
prepare --dataset folder --raw_dir DIR --output_dir DIR
show --data_dir DIR --output DIR/file
train --dataset demo --data_dir DIR --run_dir DIR
train --dataset demo --data_dir DIR --export_dir DIR
""".strip().splitlines()


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


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("way", ["itself", "relative", "link", "slash"])
def test_a_command_does_not_write_over_what_it_reads(
    precious, capfd, command, way
):
    entry, *words = command.split()
    read = str(precious)
    written = {
        "itself": read,
        "relative": "../precious",
        "link": "../link",
        "slash": f"{read}/../precious/",
    }[way]
    # The output comes last, but before the mean of weights.
    output = 1 if "--mean" in words else len(words) - 1

    def path_of(index, word):
        directory = written if index == output else read
        word = word.replace("FILE", f"{directory}/file")
        return word.replace("DIR", directory)

    before = everything_in(precious.parent)
    words = [path_of(i, word) for i, word in enumerate(words)]
    assert ENTRIES[entry].main(words) == 1
    message = "Expected a path that the command does not read"
    assert message in capfd.readouterr().err
    assert everything_in(precious.parent) == before


def test_a_hard_link_to_the_video_is_the_video(precious, capfd):
    flags = ["--video", f"{precious}/file", "--output", "../hard"]
    assert predict.main(flags) == 1
    assert "the input of --video" in capfd.readouterr().err


def test_the_outputs_of_a_prediction_do_not_replace_each_other(precious, capfd):
    for outputs in (
        ("--output", "a.npz", "--parameters", "./a.npz"),
        ("--maps", "maps", "--output", "maps/a.mp4"),
        ("--maps", "maps", "--parameters", "maps/../maps"),
    ):
        assert predict.main(["--video", f"{precious}/file", *outputs]) == 1
        assert "lies in the output of" in capfd.readouterr().err
