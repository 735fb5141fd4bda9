"""The flags of `evaluate` for maps of other tools."""

import json
import types

import numpy as np
import pytest

from rmdn_tf import evaluate
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.data.records import Fixations
from rmdn_tf.evaluation.map_errors import MapError
from rmdn_tf.runs.early_model import require_same_stride
from tests.helpers.made_datasets import make_dataset, make_record
from tests.helpers.made_gaze import make_video
from tests.helpers.written_maps import SIZE, made_levels, write_png

VIDEO = make_video("a", num_frames=4)


def survey(directory):
    return directory.survey({"a": VIDEO})


def find_maps(tmp_path, *flags):
    words = ["--data_dir", "d", "--maps", f"peer={tmp_path}", *flags]
    options = CommandLine([evaluate.Options], words).read(evaluate.Options)
    evaluation = types.SimpleNamespace(survey=survey)
    return evaluate._find_maps(options, evaluation)[0]


def test_flags_choose_numbers_folder_and_missing_maps(tmp_path, capsys):
    for folder in ("maps", "peer_predictions"):
        for number in range(49, 53):
            levels = made_levels(number) * (number != 50)
            write_png(tmp_path / f"a/{folder}/{number}.png", levels)
    flags = ["--first_frame", "any", "--map_folder", "peer_predictions"]
    name, path, maps = find_maps(tmp_path, *flags)
    assert (name, path) == ("peer", str(tmp_path))
    printed = capsys.readouterr().out
    assert printed.startswith("peer: 4 maps of 1 video, such as ")
    assert "a/peer_predictions/49.png'" in printed
    # The default: one black map does not end the evaluation.
    densities = maps.densities("a", np.arange(4), *SIZE)
    assert np.isnan(densities[1]).all()
    assert maps.missing == "uniform" and maps.num_without_prediction == 1
    _, _, maps = find_maps(tmp_path, *flags, "--missing_maps", "error")
    with pytest.raises(MapError, match="Black map of frame 1"):
        maps.densities("a", np.arange(4), *SIZE)


def test_a_flag_takes_maps_that_do_not_fit(tmp_path):
    for number in range(1, 7):
        write_png(tmp_path / f"a/{number}.png", made_levels(number))
    with pytest.raises(MapError, match="6 maps.*--nocheck_maps"):
        find_maps(tmp_path)
    _, _, maps = find_maps(tmp_path, "--nocheck_maps")
    assert maps.densities("a", np.arange(4), *SIZE).shape == (4, *SIZE)


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("uniform_share", "2"),
        ("uniform_share", "1"),
        ("uniform_share", "-0.1"),
        ("uniform_share", "nan"),
        ("pixels_per_degree", "nan"),
        ("screen_width", "inf"),
        ("size", "0x8"),
        ("size", "99999x99999"),
        ("human_blur", "0.03"),
        ("human_blur", "0.03:x"),
        ("human_blur", "0.03:0"),
        ("human_blur", "0:0.1"),
        ("human_blur", "2:0.1"),
        ("human_blur", "nan:0.1"),
    ],
)
def test_a_number_that_would_spoil_every_score_is_refused(capsys, flag, value):
    words = "--data_dir d --maps m --output_dir r".split()
    try:
        code = evaluate.main([*words, f"--{flag}={value}"])
    except SystemExit as error:
        code = error.code
    assert code in (1, 2)
    *_, line = capsys.readouterr().err.splitlines()
    assert "Invalid " in line and flag in line


@pytest.fixture
def no_tensorflow(monkeypatch):
    """Fails where the command would begin its long work."""

    def begin():
        raise AssertionError("TensorFlow was imported.")

    monkeypatch.setattr(evaluate, "import_tensorflow", begin)


@pytest.mark.usefixtures("no_tensorflow")
@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--split nowhere", "Invalid `split`"),
        ("--split train", "Expected two videos or more"),
        ("--split test+test", "each split once"),
        ("--split validation", "Received: split='validation', 1 videos"),
        ("--output_dir FILE", "Not a directory"),
        ("--output_dir FILE/deeper", "Not a directory"),
        ("--model nowhere", "No trained model in 'nowhere'"),
        ("--model TCB=default", "Invalid name of a model"),
        ("--model a=default --maps a=DIR", "Invalid name of a model"),
        ("--model a=default --model b=DIR", "'model.weights.h5' is missing"),
        ("--maps FILE", "Missing directory of maps"),
        ("--baseline me", "Invalid `baseline`"),
        ("--baseline human", "a single map of each frame"),
        (
            "--extra human_leave_one_out --baseline human_leave_one_out",
            "a single map of each frame",
        ),
        ("--split train+test --protocol paper", "chooses its blur"),
        ("--tcb_data_dir nowhere", "No prepared dataset in 'nowhere'"),
        ("--tcb_data_dir DATA --split train", "Invalid `tcb_data_dir`"),
    ],
)
def test_bad_input_is_refused_before_the_long_work(
    tmp_path, capsys, flags, message
):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "model.json").write_text("{}")
    shards = {
        "train.tfrecord-00000-of-00001": [make_record("one")],
        "test.tfrecord-00000-of-00001": [make_record("two", "test")],
        "validation.tfrecord-00000-of-00001": [
            make_record("three", "validation", fixations=Fixations.empty())
        ],
    }
    make_dataset(tmp_path / "data", shards)
    places = {
        "FILE": str(tmp_path / "file"),
        "DIR": str(tmp_path / "folder"),
        "DATA": str(tmp_path / "data"),
    }
    for name, path in places.items():
        flags = flags.replace(name, path)
    words = ["--data_dir", places["DATA"]]
    if "--output_dir" not in flags:
        words += ["--output_dir", str(tmp_path / "out")]
    assert evaluate.main([*words, *flags.split()]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_tensorflow")
def test_models_of_two_strides_are_refused_before_they_load(tmp_path):
    for stride in (1, 8):
        folder = tmp_path / str(stride)
        folder.mkdir()
        (folder / "model.weights.h5").touch()
        settings = {"input_size": [32, 32], "clip_stride": stride}
        (folder / "model.json").write_text(json.dumps(settings))
    models = {name: str(tmp_path / name) for name in "18"}
    with pytest.raises(ValueError, match="model '8'.*stride 1.*clip_stride=8"):
        require_same_stride(models)
    require_same_stride({"1": models["1"], "again": models["1"]})
