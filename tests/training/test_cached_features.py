"""What names the directory of cached features."""

import dataclasses
import pathlib

import numpy as np
import pytest

from rmdn_tf.model.config import ModelConfig, SpatialConfig
from rmdn_tf.model.presets import with_changes
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.training import cached_features
from rmdn_tf.training.cached_features import FrozenFeatures
from rmdn_tf.training.config import TrainingConfig
from rmdn_tf.training.run import TrainingRun

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tiny_spatial_model):
    return build_rmdn(tiny_spatial_model)


def test_settings_after_the_features_share_their_directory(
    model, tiny_spatial_model, demo_dir
):
    directory = FrozenFeatures(model, tiny_spatial_model, demo_dir).directory
    other = with_changes(
        tiny_spatial_model,
        **{"recurrent": "gru", "units": 5, "dropout": 0.1, "clip_stride": 4},
        **{"frames_per_second": 25.0, "feature_dropout": 0.0},
    )
    assert FrozenFeatures(model, other, demo_dir).directory == directory
    *name, weights, settings = pathlib.Path(directory).name.split("-")
    assert name == ["stage1", "32x32"]
    assert (len(weights), len(settings)) == (12, 8)


@pytest.mark.parametrize("value", [True, ("faces", "onset")])
def test_a_setting_that_is_new_names_its_own_directory(
    value, model, tiny_spatial_model, demo_dir, monkeypatch
):
    """No setting of an encoder can be forgotten here."""
    before = FrozenFeatures(model, tiny_spatial_model, demo_dir).directory
    new = [("cue", object, dataclasses.field(default=False))]
    kinds = [
        dataclasses.make_dataclass("New", new, bases=(kind,), frozen=True)
        for kind in (ModelConfig, SpatialConfig)
    ]
    monkeypatch.setattr(cached_features, "ModelConfig", kinds[0])
    settings = dataclasses.asdict(tiny_spatial_model)
    without, with_it = (
        FrozenFeatures(model, kinds[1](**settings, cue=cue), demo_dir)
        for cue in (False, value)
    )
    assert without.directory == before
    assert with_it.directory != before
    assert with_it.about["cue"] == value
    assert "cue" not in without.about


def test_other_motion_lags_have_their_own_directory(
    model, tiny_spatial_model, demo_dir
):
    """The weights are the same, and so cannot tell them apart."""
    first, second = (
        FrozenFeatures(
            model, with_changes(tiny_spatial_model, motion_lags=lags), demo_dir
        ).directory
        for lags in ((1, 3), (1, 5))
    )
    assert first != second


def test_runs_of_other_seeds_share_their_features(
    tiny_spatial_model, demo_dir, tmp_path
):
    runs = [
        TrainingRun(
            tiny_spatial_model,
            TrainingConfig(cache_features=True, seed=seed, window_frames=16),
            demo_dir,
            tmp_path / str(seed),
        )
        for seed in (0, 1)
    ]
    first, second = (run.features.directory for run in runs)
    assert first == second
    heads = [run.model.get_layer("context").get_weights()[0] for run in runs]
    assert not np.array_equal(*heads)
