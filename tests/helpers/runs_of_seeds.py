"""Networks that learned the same with other seeds, for tests of joining."""

import dataclasses
import json
import pathlib

import keras
import numpy as np

from rmdn_tf.model.config import SpatialConfig
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model

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


def networks_of(config, number=3):
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


def write_runs(runs: list[pathlib.Path]) -> None:
    """Writes runs of other seeds, with one encoder."""
    for seed, model in enumerate(networks_of(CONFIG, len(runs))):
        save_model(model, CONFIG, runs[seed] / "best")
        settings = {
            "dataset": {"name": "made"},
            "model": dataclasses.asdict(CONFIG),
            "training": {"seed": seed, "learning_rate": 0.1},
            "init_from": str(seed) * 64,
        }
        (runs[seed] / "training.json").write_text(json.dumps(settings))
