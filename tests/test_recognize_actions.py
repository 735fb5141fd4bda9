"""`python -m rmdn_tf.recognize_actions` on datasets as users hold them."""

import csv
import dataclasses
import json
import os
import shutil

import keras
import matplotlib.image
import numpy as np
import pytest
from made_datasets import make_dataset, make_record
from raw_frames import prepare_small
from sklearn.metrics import average_precision_score
from test_actions_in_the_eye import write_gaze
from test_hollywood2 import write_labels
from test_video import write_video

from rmdn_tf.action_recognition.attention_sources import WatchedVideo
from rmdn_tf.action_recognition.described_clips import PARTS
from rmdn_tf.action_recognition.descriptor_store import describe_dataset
from rmdn_tf.action_recognition.recognizer import load_recognizer
from rmdn_tf.model import build_rmdn, save_model
from rmdn_tf.recognize_actions import main
from rmdn_tf.records import read_dataset_info
from rmdn_tf.video_reader import VideoReader
from tfrecords_tools.prepare import prepare
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.ucf101 import Ucf101
from tfrecords_tools.video_records import FrameFormat


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory, tiny_model):
    """A run whose network describes clips, and tells where people look."""
    directory = tmp_path_factory.mktemp("run")
    config = dataclasses.replace(tiny_model, filters=((4,),) * 5)
    keras.utils.set_random_seed(0)
    save_model(build_rmdn(config), config, directory / "best")
    return str(directory)


def write_action(path, is_bright, seed):
    """Writes 20 frames of noise; those of one class are bright."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 100, [20, 48, 64, 3], np.uint8)
    write_video(path, frames + np.uint8(150 * is_bright))


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


def recognize(dataset, data_dir, output_dir, run_dir, *flags):
    code = main(
        [
            *("--dataset", dataset),
            *("--data_dir", str(data_dir)),
            *("--output_dir", str(output_dir)),
            *("--network", run_dir),
            *("--features", "pool5"),
            *("--attention_model", run_dir),
            *flags,
        ]
    )
    assert code == 0
    return json.loads((output_dir / "actions.json").read_text())


def test_a_users_folder_is_recognised_in_folds(data_dir, run_dir, tmp_path):
    summary = recognize(
        "folder", data_dir, tmp_path, run_dir, "--folds", "3", "--pca"
    )
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
    rows = list(csv.DictReader((tmp_path / "actions.csv").open()))
    assert len(rows) == 3 * 12
    assert {row["use"] for row in rows} == set(summary["results"])
    for row in rows:
        highest = max(("day", "night"), key=lambda name: float(row[name]))
        assert row["predicted"] == highest
    assert matplotlib.image.imread(tmp_path / "actions.png").std() > 0


def test_the_saved_recognizer_tells_other_videos(
    videos, data_dir, run_dir, tmp_path, capsys
):
    recognize("folder", data_dir, tmp_path, run_dir, "--folds", "2")
    other = tmp_path / "other.mkv"
    write_action(other, True, 99)
    table = tmp_path / "scores.csv"
    capsys.readouterr()
    code = main(
        [
            *("--predict", str(other), str(videos / "night" / "1.avi")),
            *("--recognizer", str(tmp_path)),
            *("--output", str(table)),
        ]
    )
    assert code == 0
    first, second = capsys.readouterr().out.splitlines()
    assert f"{other}: day +" in first and "1.avi: night +" in second
    rows = list(csv.DictReader(table.open()))
    assert float(rows[0]["day"]) > 0 > float(rows[1]["day"])


@pytest.mark.parametrize(
    "form",
    [{"frames_per_second": 50.0}, {"max_size": 32}],
)
def test_a_video_is_described_as_it_was_when_it_was_stored(
    videos, run_dir, tmp_path, form
):
    """Whatever the form of the dataset; only JPEG lies between."""
    data_dir, output_dir = tmp_path / "data", tmp_path / "out"
    prepare(
        Folder(videos, labels_from_folders=True),
        data_dir,
        FrameFormat((16, 20), **form),
        num_workers=1,
    )
    recognize("folder", data_dir, output_dir, run_dir, "--folds", "2")
    recognizer = load_recognizer(output_dir)
    recipe = recognizer._recipe
    stored = describe_dataset(recipe, data_dir, PARTS)
    for name in ("day/1", "night/2"):
        with VideoReader(videos / f"{name}.avi") as reader:
            rate = form.get("frames_per_second", 25.0)
            described = recognizer._describer(
                recognizer._frames.frames_of(reader), WatchedVideo(name, rate)
            )
        for part in PARTS:
            scale = np.abs(stored[name][part]).max()
            # Noise, of which JPEG keeps the most; another frame differs by
            # tens of per cent.
            np.testing.assert_allclose(
                described[part], stored[name][part], rtol=0, atol=0.05 * scale
            )


def test_files_of_two_runs_make_no_recognizer(
    data_dir, run_dir, tmp_path, capsys
):
    for name, folds in (("a", "2"), ("b", "3")):
        flags = ("--folds", folds, "--seed", folds, "--use", "context")
        recognize("folder", data_dir, tmp_path / name, run_dir, *flags)
    shutil.copy(tmp_path / "a/classifier.npz", tmp_path / "b/classifier.npz")
    arguments = ["--predict", "x.avi", "--recognizer", str(tmp_path / "b")]
    assert main(arguments) == 1
    assert "of different runs" in capsys.readouterr().err


def test_a_bad_video_does_not_lose_the_others(
    videos, data_dir, run_dir, tmp_path, capsys
):
    recognize("folder", data_dir, tmp_path, run_dir, "--folds", "2")
    bad = tmp_path / "bad.avi"
    bad.write_bytes(b"no video")
    good = str(videos / "day" / "1.avi")
    table = tmp_path / "scores.csv"
    arguments = ["--predict", str(bad), good, "--recognizer", str(tmp_path)]
    assert main([*arguments, "--output", str(table)]) == 1
    assert f"Unreadable video '{bad}'" in capsys.readouterr().err
    assert [row["video"] for row in csv.DictReader(table.open())] == [good]


def test_another_network_than_the_one_trained_with_is_refused(
    data_dir, run_dir, tmp_path, tiny_model, capsys
):
    recognize("folder", data_dir, tmp_path / "out", run_dir, "--folds", "2")
    config = dataclasses.replace(tiny_model, filters=((4,),) * 5)
    keras.utils.set_random_seed(1)
    save_model(build_rmdn(config), config, tmp_path / "other")
    code = main(
        [
            *("--predict", "a.avi"),
            *("--recognizer", str(tmp_path / "out")),
            *("--network", str(tmp_path / "other")),
        ]
    )
    assert code == 1
    assert "not those that this recognizer was" in capsys.readouterr().err


def test_moved_networks_can_be_named(
    videos, data_dir, run_dir, tmp_path, capsys
):
    moved, again = str(tmp_path / "moved"), str(tmp_path / "again")
    shutil.copytree(run_dir, moved)
    recognize("folder", data_dir, tmp_path / "out", moved, "--folds", "2")
    os.rename(moved, again)
    arguments = ["--recognizer", str(tmp_path / "out"), "--predict"]
    arguments.append(str(videos / "day" / "1.avi"))
    assert main(arguments) == 1
    arguments += ["--network", again, "--attention_model", again]
    assert main(arguments) == 0
    assert "1.avi: day" in capsys.readouterr().out


HOLLYWOOD = ("Kiss", "HugPerson", "Run")


@pytest.fixture(scope="module")
def hollywood2_dir(tmp_path_factory):
    """20 clips that train, 8 that test; of no class, of some, of all three."""
    raw = tmp_path_factory.mktemp("hollywood2")
    members = {}
    for number in range(28):
        split, index = ("train", number) if number < 20 else ("test", number)
        clip = f"actionclip{split}{index:05d}"
        write_action(raw / "AVIClips" / f"{clip}.avi", number % 2, number)
        for bit, name in enumerate(HOLLYWOOD):
            is_of = (number >> bit) & 1
            members.setdefault(f"{name}_{split}", {})[clip] = 2 * is_of - 1
    write_labels(raw, members)
    gaze = {
        f"001_actioncliptrain{number:05d}.avi.txt": [
            (0, 640, 512, "F"),
            (40, 320 + 20 * number, 272, "F"),
        ]
        for number in range(20)
    }
    write_gaze(raw / "gaze", gaze)
    data_dir = tmp_path_factory.mktemp("hollywood2_data")
    prepare_small(Hollywood2(raw), data_dir)
    return str(data_dir)


def test_hollywood2_is_scored_by_the_mean_average_precision(
    hollywood2_dir, run_dir, tmp_path
):
    summary = recognize("hollywood2", hollywood2_dir, tmp_path, run_dir)
    assert summary["metric"] == "mAP"
    info = read_dataset_info(hollywood2_dir)
    for use, result in summary["results"].items():
        (partition,) = result["partitions"]  # The official one.
        splits = info["splits"]
        assert partition["num_test"] == splits["test"]["num_videos"] == 8
        held_out = partition["num_held_out"]
        assert held_out == splits["validation"]["num_videos"] > 0
        assert partition["num_train"] + held_out == 20
        assert len(partition["held_out_scores"]) == 25
        rows = [
            row
            for row in csv.DictReader((tmp_path / "actions.csv").open())
            if row["use"] == use
        ]
        expected = {
            name: average_precision_score(
                [name in row["labels"].split(";") for row in rows],
                [float(row[name]) for row in rows],
            )
            for name in sorted(HOLLYWOOD)
        }
        assert result["by_class"] == pytest.approx(expected)
        mean = np.mean(list(expected.values()))
        assert result["score"]["mean"] == pytest.approx(mean)
    # Bright clips are those of one class.
    assert summary["results"]["context"]["by_class"]["Kiss"] == 1


@pytest.mark.parametrize(
    ("source", "place"),
    [("fixations", "pixels"), ("model+tcb", "features")],
)
def test_every_source_of_attention_weights_pixels_or_features(
    hollywood2_dir, run_dir, tmp_path, source, place
):
    summary = recognize(
        "hollywood2",
        hollywood2_dir,
        tmp_path,
        run_dir,
        *("--attention", source, "--weight", place, "--use", "attention"),
    )
    about = summary["made_by"]["attention"]["attention"]
    assert (about["source"], about["place"]) == (source, place)
    assert (tmp_path / "centre.npz").exists() == ("tcb" in source)
    is_saved = (tmp_path / "recognizer.json").exists()
    assert is_saved == (source != "fixations")


UCF_CLASSES = ("ApplyEyeMakeup", "BaseballPitch")


def write_ucf101(raw, real=None):
    """Five groups of each class; split n tests the n-th group.

    Args:
        real: folder of the real dataset, of which the first video of each
            class takes its place.
    """
    lists = raw / "ucfTrainTestlist"
    lists.mkdir(parents=True)
    (lists / "classInd.txt").write_text("1 ApplyEyeMakeup\n2 BaseballPitch\n")
    names = {
        group: [f"{c}/v_{c}_g{group:02d}_c01.avi" for c in UCF_CLASSES]
        for group in range(1, 6)
    }
    for group, paths in names.items():
        for index, name in enumerate(paths):
            path = raw / "UCF-101" / name
            if group == 1 and real:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.symlink_to(real / "UCF-101" / name)
            else:
                write_action(path, index == 0, group)
    for split in (1, 2, 3):
        train = [
            f"{name} {index}"
            for group in names
            if group != split
            for index, name in enumerate(names[group], start=1)
        ]
        (lists / f"trainlist0{split}.txt").write_text("\n".join(train))
        (lists / f"testlist0{split}.txt").write_text("\n".join(names[split]))
    return raw


def check_ucf101(raw, run_dir, tmp_path):
    """Prepares one split; all three are scored."""
    data_dir = tmp_path / "data"
    prepare_small(Ucf101(raw, official_split=1), data_dir)
    summary = recognize("ucf101", data_dir, tmp_path / "out", run_dir)
    of_context = summary["results"]["context"]["partitions"]
    assert [one["name"] for one in of_context] == [
        "split 1",
        "split 2",
        "split 3",
    ]
    assert [one["num_test"] for one in of_context] == [2, 2, 2]
    rows = [
        row
        for row in csv.DictReader((tmp_path / "out/actions.csv").open())
        if row["use"] == "both"
    ]
    for split, pair in zip((1, 2, 3), np.reshape(rows, [3, 2]), strict=True):
        assert [row["partition"] for row in pair] == [f"split {split}"] * 2
        assert [row["video"] for row in pair] == [
            f"v_{name}_g0{split}_c01" for name in UCF_CLASSES
        ]
    each = [one["score"] for one in of_context]
    mean = summary["results"]["context"]["score"]["mean"]
    assert mean == pytest.approx(np.mean(each))
    return each


def test_ucf101_is_scored_on_its_three_splits(run_dir, tmp_path):
    each = check_ucf101(write_ucf101(tmp_path / "raw"), run_dir, tmp_path)
    assert each == [1, 1, 1]


def test_real_videos_of_ucf101_are_recognised_on_its_splits(
    run_dir, tmp_path, real_data
):
    raw = write_ucf101(tmp_path / "raw", real_data / "ucf101")
    each = check_ucf101(raw, run_dir, tmp_path)
    assert each[1:] == [1, 1]  # The made ones are told apart still.


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--folds", "40"], "Invalid `folds`"),
        (["--folds", "gone.csv"], "gone.csv"),
        (["--features", "fc6"], "Invalid `features`"),
        (["--attention_model", "/gone"], "/gone"),
        (["--attention", "fixations"], "No fixation in"),
        (["--attention", "tcb"], "Invalid `tcb_data_dir`"),
        (
            ["--attention", "tcb", "--tcb_data_dir", "DATA"],
            "No fixation in the training split",
        ),
        (["--folds", "FOLDS"], "No video 'day/9' in the dataset"),
        (["--c3d_weights", "/gone.npz"], "/gone.npz"),
        (["--data_dir", "/gone"], "No prepared dataset in '/gone'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    data_dir, run_dir, tmp_path, capsys, flags, message
):
    (tmp_path / "folds.csv").write_text("video,fold\nday/1,a\nday/9,b\n")
    shutil.copytree(data_dir, tmp_path / "copy")
    named = {
        "FOLDS": str(tmp_path / "folds.csv"),
        "DATA": str(tmp_path / "copy"),
    }
    arguments = ["--dataset", "folder", "--data_dir", data_dir]
    arguments += ["--network", run_dir, "--attention_model", run_dir]
    arguments += ["--folds", "2", "--output_dir", str(tmp_path / "out")]
    assert main([*arguments, *(named.get(f, f) for f in flags)]) == 1
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith("Error: ")
    assert message in error
    assert not list((tmp_path / "out").glob("*"))


def test_a_dataset_without_classes_is_an_error(
    numbered_dataset, run_dir, tmp_path, capsys
):
    data_dir = tmp_path / "data"
    shutil.copytree(numbered_dataset, data_dir)
    code = main(
        [
            *("--dataset", "numbered", "--data_dir", str(data_dir)),
            *("--network", run_dir, "--use", "context"),
        ]
    )
    assert code == 1
    assert "Expected videos of two or more actions" in capsys.readouterr().err


def test_a_ucf101_without_its_splits_is_to_be_prepared_again(
    run_dir, tmp_path, capsys
):
    raw = write_ucf101(tmp_path / "raw")
    data_dir = tmp_path / "data"
    prepare_small(Ucf101(raw), data_dir)
    path = data_dir / "dataset_info.json"
    info = json.loads(path.read_text())
    del info["folds"]
    path.write_text(json.dumps(info))
    arguments = ["--dataset", "ucf101", "--data_dir", str(data_dir)]
    assert main([*arguments, "--output_dir", str(tmp_path / "out")]) == 1
    assert "Prepare it again" in capsys.readouterr().err


def test_shots_are_no_videos(run_dir, tmp_path, capsys):
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
            *("--network", run_dir, "--use", "context"),
        ]
    )
    assert code == 1
    assert "holds shots" in capsys.readouterr().err


def test_prediction_asks_for_a_recognizer(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--predict", "a.mp4"])
    assert main(["--predict", "a.mp4", "--recognizer", str(tmp_path)]) == 1
    assert "No recognizer in" in capsys.readouterr().err
