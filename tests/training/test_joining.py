"""Networks side by side in one."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.files.settings_file import OtherSettingsError
from rmdn_tf.model.parts import initial_state, recurrence
from rmdn_tf.runs.loading import load_keras
from rmdn_tf.training.joining import join_models, joined
from tests.helpers.runs_of_seeds import CONFIG, networks_of, write_runs

pytestmark = pytest.mark.slow


def _run(model, frames):
    return model(
        {
            "frames": tf.constant(frames),
            "is_first": tf.constant([True]),
            "clip_mask": tf.fill([1, frames.shape[1] - CONTEXT], True),
        }
        | initial_state(model, 1),
        training=False,
    )


@pytest.mark.parametrize("lags", [(1, 3), ()])
def test_a_joined_network_has_the_mean_score_of_its_parts(lags):
    config = dataclasses.replace(CONFIG, motion_lags=lags)
    networks = networks_of(config)
    model, wider = joined(networks, config)
    assert (wider.units, wider.context_units) == (48, 48)
    assert recurrence(model).units == 48
    frames = np.random.default_rng(0).integers(
        0, 255, (1, CONTEXT + 3, 32, 64, 3), np.uint8
    )
    logits = [_run(one, frames)["parameters"][..., 0] for one in networks]
    got = _run(model, frames)["parameters"][..., 0]
    np.testing.assert_allclose(got, np.mean(logits, 0), rtol=1e-4, atol=1e-4)
    assert np.std([one[0, 0] for one in logits], axis=0).max() > 0.1


def test_equal_networks_joined_give_what_one_gives():
    network = networks_of(CONFIG, 1)[0]
    model, _ = joined([network, network], CONFIG)
    frames = np.random.default_rng(1).integers(
        0, 255, (1, CONTEXT + 2, 32, 64, 3), np.uint8
    )
    got, expected = (
        _run(one, frames)["parameters"] for one in (model, network)
    )
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_networks_that_cannot_be_joined_are_refused(tiny_model):
    with pytest.raises(ValueError, match="spatial heads with context="):
        joined([], tiny_model)
    first, second = networks_of(CONFIG, 2)
    second.get_layer("projection").bias.assign_add(np.ones(9))
    with pytest.raises(ValueError, match="same weights of .*'projection'"):
        joined([first, second], CONFIG)


@pytest.mark.parametrize("units", [12, 18])
def test_networks_whose_outputs_for_cues_do_not_add_up_are_refused(units):
    config = dataclasses.replace(CONFIG, context_units=units, units=units)
    message = f"multiple of 4 that is 16 or more.*context_units={units}"
    with pytest.raises(ValueError, match=message):
        joined(networks_of(config), config)
    without = dataclasses.replace(config, motion_lags=())
    _, wider = joined(networks_of(without), without)
    assert wider.context_units == 3 * units


@pytest.fixture
def runs(tmp_path):
    """Two runs of other seeds, with one encoder."""
    runs = [tmp_path / f"seed{seed}" for seed in range(2)]
    write_runs(runs)
    return runs


def test_runs_are_joined_and_saved(runs, tmp_path):
    model = join_models(runs, tmp_path / "joined")
    saved, config = load_keras(tmp_path / "joined")
    assert config.units == 2 * CONFIG.units
    for got, kept in zip(model.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(got, kept)


def test_runs_of_other_settings_are_refused(runs, tmp_path):
    output = tmp_path / "joined"
    with pytest.raises(ValueError, match=r"another seed.*seeds \[0, 0\]"):
        join_models([runs[0], runs[0]], output)
    path = runs[1] / "training.json"
    settings = json.loads(path.read_text())
    settings["training"]["learning_rate"] = 0.2
    path.write_text(json.dumps(settings))
    message = "learning_rate was 0.1 and is now 0.2. .*not '.*seed1'"
    with pytest.raises(OtherSettingsError, match=message):
        join_models(runs, output)
    assert not output.exists()
