"""`python -m rmdn_tf.recognize_actions` on datasets as users hold them."""

import csv
import dataclasses
import json
import shutil

import keras
import matplotlib.image
import numpy as np
import pytest

from rmdn_tf.action_recognition.attention_sources import WatchedVideo
from rmdn_tf.action_recognition.choices import PARTS
from rmdn_tf.action_recognition.descriptor_store import compute_descriptors
from rmdn_tf.action_recognition.linear_svm import (
    load_classifier,
    save_classifier,
)
from rmdn_tf.action_recognition.recipes import AttentionConfig, NetworkConfig
from rmdn_tf.action_recognition.recognizer import FrameForm, Recognizer
from rmdn_tf.files.locks import LOCK_FILE
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.recognize_actions import main
from rmdn_tf.video.reader import VideoReader
from tests.helpers.made_actions import recognize, write_action
from tests.helpers.made_datasets import make_dataset, make_record
from tests.helpers.source_checks import prepare_small
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.folder import Folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """A folder of bright and of dark videos."""
    folder = tmp_path_factory.mktemp("raw")
    for number in range(6):
        write_action(folder / "day" / f"{number}.avi", True, number)
        write_action(folder / "night" / f"{number}.avi", False, number)
    return folder


@pytest.fixture(scope="module")
def data_dir(videos, tmp_path_factory):
    directory = tmp_path_factory.mktemp("data")
    prepare_small(Folder(videos, labels_from_folders=True), directory)
    return str(directory)


@pytest.fixture(scope="module")
def trained(data_dir, action_run, tmp_path_factory):
    """The output of a run; tests that change it take a copy."""
    directory = tmp_path_factory.mktemp("trained")
    flags = ("--folds", "3", "--pca")
    recognize("folder", data_dir, directory, action_run, *flags)
    return directory


@pytest.fixture
def copied(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "copied")


def predict(recognizer, *arguments):
    return main(["--predict", *arguments, "--recognizer", str(recognizer)])


def test_a_users_folder_is_recognised_in_folds(trained):
    summary = json.loads((trained / "actions.json").read_text())
    assert summary["classes"] == ["day", "night"]
    assert summary["metric"] == "accuracy"
    assert list(summary["results"]) == ["context", "attention", "both"]
    context = summary["results"]["context"]
    assert context["score"]["mean"] == 1
    assert context["confusion"] == [[6, 0], [0, 6]]
    assert context["by_class"] == {"day": 1, "night": 1}
    assert [one["num_test"] for one in context["partitions"]] == [4, 4, 4]
    assert list(summary["differences"]) == [
        "attention - context",
        "both - context",
    ]
    rows = list(csv.DictReader((trained / "actions.csv").open()))
    assert len(rows) == 3 * 12
    assert {row["use"] for row in rows} == set(summary["results"])
    for row in rows:
        highest = max(("day", "night"), key=lambda name: float(row[name]))
        assert row["predicted"] == highest
    assert matplotlib.image.imread(trained / "actions.png").std() > 0


def test_the_saved_recognizer_tells_other_videos_and_names_a_bad_one(
    videos, trained, tmp_path, capsys
):
    other = tmp_path / "other.mkv"
    write_action(other, True, 99)
    night = str(videos / "night" / "1.avi")
    bad = tmp_path / "bad.avi"
    bad.write_bytes(b"no video")
    table = tmp_path / "scores.csv"
    paths = (str(other), str(bad), night)
    assert predict(trained, *paths, "--output", str(table)) == 1
    told = capsys.readouterr()
    first, second = told.out.splitlines()
    assert f"{other}: day +" in first and "1.avi: night +" in second
    assert f"Unreadable video '{bad}'" in told.err
    rows = list(csv.DictReader(table.open()))
    assert [row["video"] for row in rows] == [str(other), night]
    assert float(rows[0]["day"]) > 0 > float(rows[1]["day"])


@pytest.mark.parametrize(
    "form",
    [{"frames_per_second": 50.0}, {"max_size": 32}],
)
def test_a_video_is_encoded_as_it_was_when_it_was_stored(
    videos, action_run, tmp_path, form
):
    """In every form of the dataset; only JPEG lies between."""
    names = ("day/1", "night/2")
    for name in names:
        path = tmp_path / "raw" / f"{name}.avi"
        path.parent.mkdir(parents=True)
        shutil.copy(videos / f"{name}.avi", path)
    info = prepare(
        Folder(tmp_path / "raw", labels_from_folders=True),
        tmp_path / "data",
        FrameFormat((16, 20), **form),
        num_shards=1,
        num_workers=1,
    )
    recognizer = Recognizer(
        None,
        "both",
        NetworkConfig(action_run, "pool5"),
        AttentionConfig(model=action_run),
        FrameForm.of(info),
    )
    stored = compute_descriptors(recognizer._recipe, tmp_path / "data", PARTS)
    for name in names:
        with VideoReader(videos / f"{name}.avi") as reader:
            rate = form.get("frames_per_second", 25.0)
            computed = recognizer._encode(
                recognizer.frames.frames_of(reader), WatchedVideo(name, rate)
            )
        for part in PARTS:
            known = stored.of_use(part)[stored.rows[name]]
            scale = np.abs(known).max()
            # Noise, of which JPEG keeps the most; another frame differs by
            # tens of per cent.
            np.testing.assert_allclose(
                computed[part], known, rtol=0, atol=0.05 * scale
            )


def test_files_of_two_runs_make_no_recognizer(copied, capsys):
    path = copied / "classifier.npz"
    classifier = load_classifier(path)
    changed = dataclasses.replace(classifier, bias=classifier.bias + 1)
    save_classifier(path, changed)
    assert predict(copied, "x.avi") == 1
    assert "different runs" in capsys.readouterr().err


def test_another_network_than_the_one_trained_with_is_refused(
    trained, tmp_path, tiny_model, capsys
):
    config = dataclasses.replace(tiny_model, filters=((4,),) * 5)
    keras.utils.set_random_seed(1)
    save_model(build_rmdn(config), config, tmp_path)
    assert predict(trained, "a.avi", "--network", str(tmp_path)) == 1
    message = capsys.readouterr().err
    assert "recognizer.json'" in message and "/weights was '" in message


def test_moved_networks_can_be_named(videos, copied, action_run, capsys):
    path = copied / "recognizer.json"
    path.write_text(path.read_text().replace(action_run, "/moved"))
    video = str(videos / "day" / "1.avi")
    assert predict(copied, video) == 1
    now = ("--network", action_run, "--attention_model", action_run)
    assert predict(copied, video, *now) == 0
    assert "1.avi: day" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--folds", "40"], "Invalid `folds`"),
        (["--folds", "gone.csv"], "gone.csv"),
        (["--features", "fc6"], "Invalid `features`"),
        (["--attention_model", "/gone"], "/gone"),
        (["--attention", "fixations"], "No fixation in"),
        (["--attention", "tcb"], "Received: 0 fixations"),
        (
            ["--attention", "tcb", "--tcb_data_dir", "DATA"],
            "name a dataset that has them by --tcb_data_dir",
        ),
        (["--folds", "FOLDS"], "Unknown video 'day/9' in"),
        (["--c3d_weights", "/gone.npz"], "/gone.npz"),
        (["--data_dir", "/gone"], "No prepared dataset in '/gone'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    data_dir, action_run, tmp_path, capsys, flags, message
):
    (tmp_path / "folds.csv").write_text("video,fold\nday/1,a\nday/9,b\n")
    shutil.copytree(data_dir, tmp_path / "copy")
    named = {
        "FOLDS": str(tmp_path / "folds.csv"),
        "DATA": str(tmp_path / "copy"),
    }
    arguments = ["--dataset", "folder", "--data_dir", data_dir]
    arguments += ["--network", action_run, "--attention_model", action_run]
    arguments += ["--folds", "2", "--output_dir", str(tmp_path / "out")]
    assert main([*arguments, *(named.get(f, f) for f in flags)]) == 1
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith("Error: ")
    assert message in error
    left = {path.name for path in (tmp_path / "out").glob("*")}
    assert left <= {LOCK_FILE}


def test_a_dataset_without_classes_is_an_error(
    numbered_dataset, action_run, tmp_path, capsys
):
    data_dir = tmp_path / "data"
    shutil.copytree(numbered_dataset, data_dir)
    code = main(
        [
            *("--dataset", "numbered", "--data_dir", str(data_dir)),
            *("--network", action_run, "--use", "context"),
        ]
    )
    assert code == 1
    assert "Expected videos of two or more actions" in capsys.readouterr().err


def test_shots_are_no_videos(action_run, tmp_path, capsys):
    data_dir = tmp_path / "data"
    records = [make_record("a", "train", labels=("x",))]
    make_dataset(
        data_dir,
        {"train.tfrecord-00000-of-00001": records},
        num_videos_before_cutting=1,
    )
    code = main(
        [
            *("--dataset", "hollywood2", "--data_dir", str(data_dir)),
            *("--network", action_run, "--use", "context"),
        ]
    )
    assert code == 1
    assert "holds shots" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--predict", "a.mp4", "--recognizer", "b", "--features", "fc7"],
        ["--predict", "a.mp4", "--recognizer", "b", "--pca"],
        ["--dataset", "folder", "--recognizer", "b"],
        ["--dataset", "folder", "--output", "scores.csv"],
    ],
)
def test_a_flag_that_would_be_passed_over_is_refused(arguments, capsys):
    assert main(arguments) == 2
    assert "has no meaning with" in capsys.readouterr().err


def test_a_missing_folder_is_told_before_the_networks_are_loaded(capsys):
    flags = ["--recognizer", "b", "--output", "gone/a.csv"]
    assert main(["--predict", "a.mp4", *flags]) == 1
    assert "Missing folder 'gone'" in capsys.readouterr().err


def test_prediction_asks_for_a_recognizer(tmp_path, capsys):
    assert main(["--predict", "a.mp4"]) == 2
    assert main(["--predict", "a.mp4", "--recognizer", str(tmp_path)]) == 1
    assert "No recognizer in" in capsys.readouterr().err
