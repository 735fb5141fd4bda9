"""Which split `train_tf.py` scores, and that the model is exported first."""

import dataclasses
import json
import os

import numpy as np
import pytest

from rmdn_tf import evaluate
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import Fixations
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.files.locks import LOCK_FILE
from rmdn_tf.model.saving import load_model
from rmdn_tf.runs.directory import BEST
from rmdn_tf.runs.loading import served_metadata
from rmdn_tf.training.cached_features import filled_splits
from rmdn_tf.training.trainer import Trainer
from tests.helpers.quick_choices import choose_quickly
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo

pytestmark = pytest.mark.slow

SIZE = (24, 32)


class PartlySeen(Demo):
    """The demo, where nobody has looked at the videos of some splits.

    Args:
        unseen: splits without a fixation, as the test split of DHF1K.
        missing: splits without a video.
    """

    def __init__(self, unseen=(), missing=()):
        super().__init__(6, size=SIZE)
        self._unseen, self._missing = unseen, missing

    def entries(self):
        return [e for e in super().entries() if e.split not in self._missing]

    def open(self, entry):
        video = super().open(entry)
        if entry.split not in self._unseen:
            return video
        return dataclasses.replace(video, fixations=Fixations.empty())


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Prepares a dataset once; takes the arguments of `PartlySeen`."""
    made = {}

    def make(**parts):
        key = str(parts)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("partly_seen")
            source = PartlySeen(**parts)
            prepare(source, made[key], FrameFormat(SIZE), num_workers=1)
        return made[key]

    return make


@pytest.fixture
def trained_before(monkeypatch, trained_run):
    """Takes the place of training: a model that was trained before."""

    def train(self):
        print("epoch   1")
        return load_model(trained_run / BEST)[0]

    monkeypatch.setattr(Trainer, "train", train)


@pytest.fixture
def done(monkeypatch, trained_before):
    """What the command does after training, in order, without doing it."""
    steps = []

    def export(model, config, directory, run):
        steps.append("exported")
        return directory

    def score(model, config, data_dir, split, output_dir):
        steps.append(f"scored on {split}")

    monkeypatch.setattr("rmdn_tf.serving.export.export", export)
    monkeypatch.setattr("rmdn_tf.reports.split_report.evaluate_model", score)
    return steps


@pytest.mark.parametrize(
    ("parts", "arguments", "split", "said"),
    [
        ({}, (), "test", None),
        ({"unseen": ("test",)}, (), "validation", "'test' has a fixation"),
        ({"missing": ("test",)}, (), "validation", "'test' has a fixation"),
        (
            {"unseen": ("test",)},
            ("--train_split=train+validation",),
            None,
            "exported without scores",
        ),
        (
            {"unseen": ("validation",)},
            (),
            "test",
            "'validation' has a fixation: all epochs will run",
        ),
        (
            {"missing": ("validation", "test")},
            (),
            None,
            "exported without scores",
        ),
    ],
)
def test_a_split_with_fixations_is_scored_after_the_export(
    parts, arguments, split, said, dataset, main, done, capsys
):
    assert main(dataset(**parts), *arguments) == 0
    assert done == ["exported", *([f"scored on {split}"] if split else [])]
    # Before the hours of training, not after them.
    before_training, _, _ = capsys.readouterr().out.partition("epoch   1")
    if said:
        assert said in before_training
    else:
        assert "fixation" not in before_training


def test_the_files_of_the_scores_are_named_by_their_split(
    dataset, main, tmp_path, monkeypatch
):
    choose_quickly(monkeypatch)
    assert main(dataset(unseen=("test",))) == 0
    run = tmp_path / "run"
    scores = json.loads((run / "validation_scores.json").read_text())
    assert scores["split"] == "validation"
    assert not list(run.glob("test_*"))
    told = served_metadata(tmp_path / "saved")["run"]["validation"]
    model = scores["scores"]["model"]
    for metric in ("bits", "nss"):
        np.testing.assert_allclose(
            told[metric], model[metric]["mean"], rtol=1e-4
        )


def test_a_fault_of_the_scoring_leaves_the_model(
    dataset, main, tmp_path, monkeypatch, capsys, trained_before
):
    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("rmdn_tf.reports.split_report.evaluate_model", fail)
    assert main(dataset()) == 1
    output = capsys.readouterr()
    assert "No space left" in output.err
    assert "SavedModel: saved/1" in output.out
    assert (tmp_path / "saved" / "1" / "saved_model.pb").exists()


def test_scores_of_earlier_weights_are_not_exported(
    dataset, main, tmp_path, monkeypatch, trained_before
):
    monkeypatch.setattr(
        "rmdn_tf.reports.split_report.evaluate_model", lambda *_: None
    )
    (tmp_path / "run").mkdir()
    earlier = {"scores": {"model": {"bits": {"mean": 99.0}}}}
    (tmp_path / "run" / "test_scores.json").write_text(json.dumps(earlier))
    assert main(dataset()) == 0
    assert "test" not in served_metadata(tmp_path / "saved")["run"]


def test_training_videos_without_gaze_are_refused(
    dataset, main, tmp_path, capsys
):
    assert main(dataset(unseen=("train",))) == 1
    error = capsys.readouterr().err
    assert "Invalid `train_split`" in error
    assert "no frame has a fixation" in error
    assert os.listdir(tmp_path / "run") == [LOCK_FILE]


def test_evaluating_a_split_without_gaze_names_those_with(
    dataset, tmp_path, capsys
):
    data_dir = dataset(unseen=("test",))
    arguments = ["--data_dir", str(data_dir), "--output_dir", str(tmp_path)]
    assert evaluate.main(arguments) == 1
    error = capsys.readouterr().err
    assert "fixations, as in ['train', 'validation']" in error
    assert "split='test', 1 video" in error


def test_nothing_is_chosen_on_a_split_without_gaze(dataset):
    evaluation = SplitEvaluation(dataset(unseen=("validation",)), "test")
    assert evaluation.about["chosen_on"] == "train"


def test_features_are_kept_of_the_splits_that_there_are(dataset):
    for missing, expected in (
        ((), "train+validation"),
        (("test",), "train+validation"),
        (("validation", "test"), "train"),
    ):
        info = read_dataset_info(dataset(missing=missing))
        assert filled_splits(info) == expected
