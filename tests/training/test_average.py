"""Averages of weights, over steps and over runs."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.files.settings_file import OtherSettingsError
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.runs.loading import load_keras
from rmdn_tf.training.average import MovingAverage, average_models


def test_a_moving_average_forgets_the_first_steps_and_then_decays():
    weight = keras.Variable([7.0])
    average = MovingAverage([weight], decay=0.5)
    expected = 0.0
    for step in range(20):
        weight.assign([float(step**2)])
        average.update(step)
        share = min(0.5, step / (step + 10))
        expected = share * expected + (1 - share) * step**2
        np.testing.assert_allclose(average.averages[0], [expected], rtol=1e-5)


def test_averages_are_in_use_for_a_while_even_if_that_fails(two_devices):
    for strategy in (tf.distribute.get_strategy(), two_devices):
        with strategy.scope():
            weight = keras.Variable([1.0, 2.0])
            average = MovingAverage([weight], decay=0.5)
        weight.assign([5.0, 6.0])
        with pytest.raises(KeyError), average.in_use():
            np.testing.assert_array_equal(weight, [1, 2])
            raise KeyError
        np.testing.assert_array_equal(weight, [5, 6])


@pytest.fixture
def runs(tiny_model, tmp_path):
    """Three runs that started from the same weights, by seed."""
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        run = tmp_path / f"seed{seed}"
        save_model(build_rmdn(tiny_model), tiny_model, run / "best")
        settings = {
            "dataset": {"name": "made"},
            "model": dataclasses.asdict(tiny_model),
            "training": {"seed": seed, "learning_rate": 0.1},
            "init_from": "ab" * 32,
        }
        (run / "training.json").write_text(json.dumps(settings))
    return [tmp_path / f"seed{seed}" for seed in range(3)]


def _change(run, *, group=None, **values):
    path = run / "training.json"
    settings = json.loads(path.read_text())
    (settings[group] if group else settings).update(values)
    path.write_text(json.dumps(settings))


def test_the_weights_of_runs_are_averaged_and_saved(runs, tmp_path):
    model = average_models(runs, tmp_path / "mean")
    saved, _ = load_keras(tmp_path / "mean")
    each = [load_keras(run)[0].get_weights() for run in runs]
    for got, kept, *ones in zip(
        model.get_weights(), saved.get_weights(), *each, strict=True
    ):
        np.testing.assert_allclose(got, np.mean(ones, 0), rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(got, kept)


def test_runs_that_cannot_be_averaged_are_refused(runs, tmp_path):
    output = tmp_path / "mean"
    with pytest.raises(ValueError, match=r"another seed.*seeds \[0\]"):
        average_models(runs[:1], output)
    with pytest.raises(ValueError, match=r"seeds \[0, 0\]"):
        average_models([runs[0], runs[0]], output)
    _change(runs[1], group="training", learning_rate=0.2)
    message = "learning_rate was 0.1 and is now 0.2. .*not '.*seed1'"
    with pytest.raises(OtherSettingsError, match=message):
        average_models(runs[:2], output)
    _change(runs[2], init_from="cd" * 32)
    with pytest.raises(OtherSettingsError, match="init_from was 'abab"):
        average_models(runs[::2], output)
    _change(runs[2], init_from=None)
    with pytest.raises(ValueError, match="seed2'. .*--init_from.* random"):
        average_models(runs[::2], output)
    assert not output.exists()
