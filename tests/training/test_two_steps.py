"""Training in two steps: pictures first, then videos with pictures."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from rmdn_tf.files.settings_file import OtherSettingsError
from rmdn_tf.model.presets import with_changes
from rmdn_tf.runs.loading import load_keras
from rmdn_tf.training.config import RunConfig, TrainingConfig
from rmdn_tf.training.trainer import Trainer
from tests.conftest import SIZE
from tests.helpers.made_pictures import make_pictures

pytestmark = pytest.mark.slow

ON_PICTURES = TrainingConfig(
    num_epochs=2,
    batch_size=4,
    window_frames=23,
    optimizer="adamw",
    weight_decay=1e-3,
    learning_rate=3e-3,
    schedule="cosine",
    loss_reduction="mean",
    flip=True,
    cache_features=True,
)
ON_BOTH = dataclasses.replace(ON_PICTURES, learning_rate=1e-3, ema_decay=0.9)
NUM_PICTURES = 24


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pictures")
    make_pictures(directory, NUM_PICTURES, size=SIZE)
    return directory


@pytest.fixture(scope="module")
def first(tiny_spatial_model, pictures, tmp_path_factory):
    """The run of the first step."""
    run_dir = tmp_path_factory.mktemp("first")
    trainer = Trainer(tiny_spatial_model, ON_PICTURES, pictures, run_dir)
    assert trainer.num_steps == NUM_PICTURES // ON_PICTURES.batch_size
    trainer.train()
    return run_dir


@pytest.fixture(scope="module")
def second(tiny_spatial_model, first, pictures, demo_dir, tmp_path_factory):
    """Makes a trainer of the second step in a directory."""
    videos = tmp_path_factory.mktemp("videos") / "demo"
    shutil.copytree(demo_dir, videos)

    def make(run_dir, model=tiny_spatial_model, init_from=first, **options):
        return Trainer(
            model,
            ON_BOTH,
            videos,
            run_dir,
            run_config=RunConfig(checkpoint_steps=3),
            init_from=init_from,
            mix_data_dirs=[pictures],
            **options,
        )

    return make


def _weights(model):
    return {weight.path: weight.numpy() for weight in model.weights}


def _assert_equal(got, expected):
    assert len(got) == len(expected)
    for ours, theirs in zip(got.values(), expected.values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture(scope="module")
def whole(second, tmp_path_factory):
    """The run of the second step, and the weights that it learned."""
    run_dir = tmp_path_factory.mktemp("whole")
    trainer = second(run_dir)
    trainer.train()
    return run_dir, _weights(trainer.model)


def test_the_second_step_starts_from_all_weights_of_the_first(
    second, first, tmp_path
):
    learned, _ = load_keras(first)
    _assert_equal(_weights(second(tmp_path).model), _weights(learned))


def test_the_second_step_learns_but_keeps_the_encoder_and_its_features(
    whole, first, pictures
):
    before = _weights(load_keras(first)[0])
    moved = {
        path
        for (path, new), old in zip(
            whole[1].items(), before.values(), strict=True
        )
        if np.any(new != old)
    }
    assert {"mixture/prior", "mixture/kernel", "context/mix/kernel"} <= moved
    assert not {path for path in moved if "projection" in path}
    # Both steps read the same features of the pictures.
    assert len(list((pictures / "features").iterdir())) == 1


def test_the_settings_name_the_weights_and_the_pictures(whole, first):
    settings = json.loads((whole[0] / "training.json").read_text())
    assert len(settings["init_from"]) == 64
    (mixed,) = settings["mixed"]
    assert mixed["num_frames"] == NUM_PICTURES
    assert len(mixed["sha256"]) == 64
    earlier = json.loads((first / "training.json").read_text())
    assert earlier["init_from"] is None and earlier["mixed"] is None


def test_a_run_that_is_interrupted_ends_with_the_same_bits(
    second, whole, tmp_path, monkeypatch
):
    trainer = second(tmp_path)
    run_step = trainer._run_step

    def until_step_7(batch, state):
        if trainer.progress.step == 7:
            raise KeyboardInterrupt
        return run_step(batch, state)

    monkeypatch.setattr(trainer, "_run_step", until_step_7)
    with pytest.raises(KeyboardInterrupt):
        trainer.train()
    resumed = second(tmp_path)
    assert resumed.progress.step == 6
    resumed.train()
    _assert_equal(_weights(resumed.model), whole[1])


def test_other_weights_to_start_from_are_refused_later(
    second, whole, tiny_spatial_model
):
    with pytest.raises(OtherSettingsError, match="init_from was '.* now None"):
        second(whole[0], init_from=None)
    with pytest.raises(OtherSettingsError, match="init_from was '.* is now '"):
        second(whole[0], init_from=whole[0])


def test_a_network_of_other_settings_is_refused(
    second, first, tiny_spatial_model, tmp_path
):
    other = with_changes(tiny_spatial_model, projection=3)
    message = f"'{first}'.* projection was 2 and is now 3. Give the network"
    with pytest.raises(OtherSettingsError, match=message):
        second(tmp_path, model=other)
    with pytest.raises(ValueError, match="Invalid `c3d_weights`.*init_from"):
        second(tmp_path, c3d_weights={"a": np.zeros(1)})
    with pytest.raises(FileNotFoundError, match="No trained model in '/no'"):
        second(tmp_path, init_from="/no")
