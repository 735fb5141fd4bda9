"""A directory holds one run of one dataset, by one process at a time."""

import dataclasses
import json

import pytest

from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.files.locks import InUseError
from rmdn_tf.files.settings_file import OtherSettingsError
from rmdn_tf.runs.directory import TrainingError
from rmdn_tf.training.config import TrainingConfig
from rmdn_tf.training.trainer import Trainer
from tests.helpers.held_directories import held_by_another
from tfrecords_tools.prepare import prepare
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.sources.demo import Demo

CONFIG = TrainingConfig(
    num_epochs=1, batch_size=4, fixations_per_frame=4, train_c3d=True
)


@pytest.fixture(scope="module")
def run_dir(demo_dir, tiny_model, tmp_path_factory):
    """A run of one epoch."""
    directory = tmp_path_factory.mktemp("run")
    Trainer(tiny_model, CONFIG, demo_dir, directory).train()
    return directory


@pytest.fixture(scope="module")
def other_dir(tmp_path_factory):
    """As `demo_dir`, from another seed."""
    directory = tmp_path_factory.mktemp("demo")
    size = (48, 64)
    source = Demo(12, seed=1, size=size)
    prepare(source, directory, FrameFormat(size), num_workers=1)
    return directory


def test_a_run_does_not_go_on_with_another_dataset_of_the_same_name(
    run_dir, demo_dir, other_dir, tiny_model
):
    one, other = map(read_dataset_info, (demo_dir, other_dir))
    assert one.name == other.name
    lengths = [i.splits["train"].num_frames for i in (one, other)]
    assert lengths[0] == lengths[1]
    with pytest.raises(OtherSettingsError, match="dataset/sha256 was"):
        Trainer(tiny_model, CONFIG, other_dir, run_dir)


def test_a_run_that_does_not_name_its_dataset_is_refused_and_says_so(
    run_dir, demo_dir, tiny_model, tmp_path
):
    file = run_dir / "training.json"
    text = file.read_text()
    settings = json.loads(text)
    del settings["dataset"]["sha256"]
    file.write_text(json.dumps(settings))
    try:
        with pytest.raises(OtherSettingsError, match="/sha256 was missing"):
            Trainer(tiny_model, CONFIG, demo_dir, run_dir)
    finally:
        file.write_text(text)


def test_a_directory_that_another_trains_in_is_left_as_it_is(
    demo_dir, tiny_model, tmp_path
):
    Trainer(tiny_model, CONFIG, demo_dir, tmp_path)
    before = (tmp_path / "training.json").read_bytes()
    other = dataclasses.replace(CONFIG, learning_rate=1.0)
    with held_by_another(tmp_path):
        with pytest.raises(InUseError, match=f"'{tmp_path}' is in use"):
            Trainer(tiny_model, other, demo_dir, tmp_path)
    assert (tmp_path / "training.json").read_bytes() == before


def test_a_trainer_does_not_go_on_where_another_has_trained_meanwhile(
    demo_dir, tiny_model, tmp_path
):
    first = Trainer(tiny_model, CONFIG, demo_dir, tmp_path)
    Trainer(tiny_model, CONFIG, demo_dir, tmp_path).train()
    with pytest.raises(TrainingError, match="Another process trained in"):
        first.train()
