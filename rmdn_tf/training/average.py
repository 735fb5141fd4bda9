"""Averages of weights: over the steps of a run, and over runs."""

import contextlib
import os
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.settings_file import refuse_changes
from rmdn_tf.model.saving import save_model
from rmdn_tf.runs.directory import (
    MAY_CHANGE,
    TRAINING_FILE,
    TRAINING_SCHEMA,
)
from rmdn_tf.runs.loading import load_keras

# Steps after which the average reaches back about a tenth of all steps.
_WARM_UP = 10


class MovingAverage(tf.Module):
    """The exponential moving average of weights over the steps of a run.

    After step n, counted from 0:

        average <- d average + (1 - d) weight,  d = min(decay, n / (n + 10))

    It starts at the weights after the first step, and forgets the first steps
    soon.

    Args:
        weights: the variables; build the average under their strategy's scope.
        decay: d in the long run, in (0, 1).
    """

    def __init__(self, weights: Sequence[keras.Variable], decay: float):
        super().__init__()
        self._weights = [weight.value for weight in weights]
        self._decay = decay
        self.averages = [
            tf.Variable(weight, trainable=False) for weight in self._weights
        ]

    def update(self, step: int) -> None:
        """Adds the weights after a step, counted from 0."""
        decay = min(self._decay, step / (step + _WARM_UP))
        for average, weight in zip(self.averages, self._weights, strict=True):
            average.assign_add((1 - decay) * (weight - average))

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Puts the averages in the place of the weights for a while."""
        learned = [weight.numpy() for weight in self._weights]
        _assign(self._weights, [one.numpy() for one in self.averages])
        try:
            yield
        finally:
            _assign(self._weights, learned)


def _assign(variables: list, values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def average_models(
    runs: Sequence[str | os.PathLike], output_dir: str | os.PathLike
) -> keras.Model:
    """Averages the weights of the best models of some runs, and saves them.

    The runs must have the same settings and other seeds, and start from the
    same weights (`--init_from`): the weights of networks that start apart
    cannot be averaged.

    ```python
    model = average_models(["runs/seed0", "runs/seed1"], "models/mean")
    ```

    Args:
        runs: directories of two runs or more.
        output_dir: directory to write, for `rmdn_tf.load` or `--init_from`.

    Returns:
        The model of the average weights.

    Raises:
        FileNotFoundError: a run or its best model is missing.
        OtherSettingsError: a run has other settings than the first.
        ValueError: the runs are fewer than two, a seed is there twice, or
            the runs do not start from the same weights.
    """
    settings = [
        read_json(os.path.join(run, TRAINING_FILE), TRAINING_SCHEMA)
        for run in runs
    ]
    _check_alike(runs, settings)
    models, configs = zip(*map(load_keras, runs), strict=True)
    every = zip(*(model.get_weights() for model in models), strict=True)
    means = [np.mean(ones, 0, np.float64) for ones in every]
    model = models[0]
    model.set_weights(means)
    save_model(model, configs[0], output_dir)
    return model


def _check_alike(
    runs: Sequence[str | os.PathLike], settings: Sequence[dict]
) -> None:
    """Refuses runs whose weights cannot be averaged."""
    seeds = [one["training"]["seed"] for one in settings]
    if len(set(seeds)) < max(2, len(runs)):
        raise ValueError(
            "Invalid `runs`. Expected two runs or more, each of another seed. "
            f"Received: {len(runs)} runs of the seeds {seeds}."
        )
    for run, one in zip(runs, settings, strict=True):
        if not one.get("init_from"):
            raise ValueError(
                f"Invalid run '{run}'. Expected one that starts from the "
                "weights of another (--init_from), as all others. Received: "
                "a run that starts from random weights."
            )
        refuse_changes(
            runs[0],
            settings[0],
            one,
            [*MAY_CHANGE, "training/seed"],
            f"Only runs of the same settings can be averaged, not '{run}'.",
        )
