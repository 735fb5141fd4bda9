"""Recognition as the protocols of Hollywood2 and UCF101 ask for it."""

import csv
import json
import shutil

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.recognize_actions import main
from tests.helpers.made_actions import recognize, write_action
from tests.helpers.raw_writers import write_gaze, write_labels
from tests.helpers.source_checks import prepare_small
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.ucf101 import Ucf101

pytestmark = pytest.mark.slow

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
    hollywood2_dir, action_run, tmp_path
):
    summary = recognize("hollywood2", hollywood2_dir, tmp_path, action_run)
    assert summary["metric"] == "mAP"
    info = read_dataset_info(hollywood2_dir)
    for use, result in summary["results"].items():
        (partition,) = result["partitions"]  # The official one.
        splits = info.splits
        assert partition["num_test"] == splits["test"].num_videos == 8
        held_out = partition["num_held_out"]
        assert held_out == splits["validation"].num_videos > 0
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
    hollywood2_dir, action_run, tmp_path, source, place
):
    summary = recognize(
        "hollywood2",
        hollywood2_dir,
        tmp_path,
        action_run,
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


@pytest.fixture(scope="module")
def ucf101_dir(tmp_path_factory):
    """One split is prepared; all three are scored."""
    directory = tmp_path_factory.mktemp("ucf101")
    raw = write_ucf101(directory / "raw")
    prepare_small(Ucf101(raw, official_split=1), directory / "data")
    return directory / "data"


def scores_of_splits(data_dir, action_run, output_dir, use):
    summary = recognize(
        "ucf101", data_dir, output_dir, action_run, "--use", use
    )
    result = summary["results"][use]
    partitions = result["partitions"]
    names = ["split 1", "split 2", "split 3"]
    assert [one["name"] for one in partitions] == names
    assert [one["num_test"] for one in partitions] == [2, 2, 2]
    rows = list(csv.DictReader((output_dir / "actions.csv").open()))
    for split, pair in zip((1, 2, 3), np.reshape(rows, [3, 2]), strict=True):
        assert [row["partition"] for row in pair] == [f"split {split}"] * 2
        assert [row["video"] for row in pair] == [
            f"v_{name}_g0{split}_c01" for name in UCF_CLASSES
        ]
    each = [one["score"] for one in partitions]
    assert result["score"]["mean"] == pytest.approx(np.mean(each))
    return each


def test_ucf101_is_scored_on_its_three_splits(ucf101_dir, action_run, tmp_path):
    each = scores_of_splits(ucf101_dir, action_run, tmp_path, "context")
    assert each == [1, 1, 1]


def test_real_videos_of_ucf101_are_recognised_on_its_splits(
    action_run, tmp_path, real_data
):
    raw = write_ucf101(tmp_path / "raw", real_data / "ucf101")
    prepare_small(Ucf101(raw, official_split=1), tmp_path / "data")
    each = scores_of_splits(tmp_path / "data", action_run, tmp_path, "both")
    assert each[1:] == [1, 1]  # The made ones are told apart still.


def test_a_ucf101_without_its_splits_is_to_be_prepared_again(
    ucf101_dir, tmp_path, capsys
):
    data_dir = shutil.copytree(ucf101_dir, tmp_path / "data")
    path = data_dir / "dataset_info.json"
    info = json.loads(path.read_text())
    del info["folds"]
    path.write_text(json.dumps(info))
    arguments = ["--dataset", "ucf101", "--data_dir", str(data_dir)]
    assert main([*arguments, "--output_dir", str(tmp_path / "out")]) == 1
    assert "Prepare it again" in capsys.readouterr().err
