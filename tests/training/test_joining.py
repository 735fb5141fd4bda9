"""Networks side by side in one."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.files.settings_file import OtherSettingsError
from rmdn_tf.model.config import SpatialConfig
from rmdn_tf.model.parts import initial_state, recurrence
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.runs.loading import load_keras
from rmdn_tf.training.joining import join_models, joined

CONFIG = SpatialConfig(
    encoder="efficientnet_lite0",
    input_size=(32, 64),
    features="stage5",
    motion_lags=(1, 3),
    projection=5,
    recurrent="leaky",
    context="residual",
    units=16,
    context_units=16,
)


def _networks(config, number=3):
    """Makes networks with one encoder and heads of their own."""
    networks = []
    for seed in range(number):
        keras.utils.set_random_seed(seed)
        model = build_rmdn(config)
        for layer in model.layers:
            if layer.name in ("projection", "efficientnet_lite0") and networks:
                layer.set_weights(
                    networks[0].get_layer(layer.name).get_weights()
                )
        generator = np.random.default_rng(seed)
        for layer in ("context", "leaky", "mixture"):
            for weight in model.get_layer(layer).weights:
                noise = generator.normal(0, 0.3, weight.shape)
                weight.assign(weight + noise)
        networks.append(model)
    return networks


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
    networks = _networks(config)
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
    network = _networks(CONFIG, 1)[0]
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
    first, second = _networks(CONFIG, 2)
    second.get_layer("projection").bias.assign_add(np.ones(9))
    with pytest.raises(ValueError, match="same weights of .*'projection'"):
        joined([first, second], CONFIG)


@pytest.fixture
def runs(tmp_path):
    """Two runs of other seeds, with one encoder."""
    for seed, model in enumerate(_networks(CONFIG, 2)):
        run = tmp_path / f"seed{seed}"
        save_model(model, CONFIG, run / "best")
        settings = {
            "dataset": {"name": "made"},
            "model": dataclasses.asdict(CONFIG),
            "training": {"seed": seed, "learning_rate": 0.1},
            "init_from": str(seed) * 64,
        }
        (run / "training.json").write_text(json.dumps(settings))
    return [tmp_path / f"seed{seed}" for seed in range(2)]


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
