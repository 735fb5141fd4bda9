"""Several spatial networks -> one wider network that computes their mean.

Networks that are trained alike, but from other seeds, make different mistakes.
They share the encoder, and their heads are small beside it. So all heads in one
network cost little more than one head.
"""

import dataclasses
import os
from collections.abc import Sequence

import keras
import numpy as np

from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.settings_file import refuse_changes
from rmdn_tf.model.config import ModelConfig, SpatialConfig
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.model.spatial_context import CellContext
from rmdn_tf.runs.directory import MAY_CHANGE, TRAINING_FILE, TRAINING_SCHEMA
from rmdn_tf.runs.loading import load_keras


def join_models(
    runs: Sequence[str | os.PathLike], output_dir: str | os.PathLike
) -> keras.Model:
    """Joins the best models of runs that differ only in their seeds; saves it.

    The score of a cell is the mean of the models' scores. See `joined`.

    ```python
    model = join_models(["runs/seed0", "runs/seed1"], "models/joined")
    ```

    Args:
        runs: directories of two or more runs.
        output_dir: directory to write, which `rmdn_tf.load` can read.

    Returns:
        The joined network.

    Raises:
        FileNotFoundError: a run or its best model is missing.
        OtherSettingsError: a run has other settings than the first.
        ValueError: the runs are fewer than two, two have the same seed, or the
            networks cannot be joined.
    """
    settings = [
        read_json(os.path.join(run, TRAINING_FILE), TRAINING_SCHEMA)
        for run in runs
    ]
    _check_alike(runs, settings)
    models, configs = zip(*map(load_keras, runs), strict=True)
    model, config = joined(models, configs[0])
    save_model(model, config, output_dir)
    return model


def joined(
    models: Sequence[keras.Model], config: ModelConfig
) -> tuple[keras.Model, ModelConfig]:
    """Joins networks of the same settings, side by side, into one.

    The score of a cell is the mean of the networks' scores, so the density is
    about the geometric mean of theirs. What places and scales are computed from
    is averaged, too.

    Args:
        models: networks of `build_rmdn`, with equal encoders and projections.
        config: their settings, with a residual context and a leaky mean.

    Returns:
        The network; and its settings, with the units of all networks together.

    Raises:
        ValueError: the networks have another head, `context_units` that cannot
            be joined, or differ before the head.
    """
    if not isinstance(config, SpatialConfig) or (
        config.context != "residual" or config.recurrent != "leaky"
    ):
        raise ValueError(
            "Invalid networks. Expected spatial heads with context='residual' "
            f"and recurrent='leaky', which can be joined. Received: {config}."
        )
    wider = dataclasses.replace(
        config,
        units=config.units * len(models),
        context_units=config.context_units * len(models),
    )
    model = build_rmdn(wider)
    _check_cues([one.get_layer("context") for one in models], model)
    kinds = {
        "context": _join_context,
        "leaky": lambda layers: [np.concatenate(_nth(layers, 0))],
        "mixture": _join_mixture,
    }
    for layer in model.layers:
        layers = [one.get_layer(layer.name) for one in models]
        join = kinds.get(layer.name, _equal)
        layer.set_weights(join(layers))
    return model, wider


def _check_cues(contexts: Sequence[CellContext], model: keras.Model) -> None:
    """Refuses networks whose outputs for the cues do not fill the joined one.

    These outputs are a share of the units, rounded, and at least a few.
    """
    joined_context = model.get_layer("context")
    outputs = sum(one.units_of_cues for one in contexts)
    if joined_context.num_cues and joined_context.units_of_cues != outputs:
        raise ValueError(
            "Invalid `context_units`. Expected a multiple of 4 that is 16 or "
            "more: only such networks with cues can be joined. "
            f"Received: context_units={contexts[0].units}."
        )


def _nth(layers: Sequence[keras.Layer], number: int) -> list[np.ndarray]:
    return [layer.get_weights()[number] for layer in layers]


def _equal(layers: Sequence[keras.Layer]) -> list[np.ndarray]:
    """Returns the weights of a layer that all networks have in common."""
    first, *others = (layer.get_weights() for layer in layers)
    for other in others:
        if not all(map(np.array_equal, first, other)):
            raise ValueError(
                "Invalid networks. Expected the same weights of the layer "
                f"'{layers[0].name}' in all of them. Received: other weights."
            )
    return first


def _join_context(layers: Sequence[keras.Layer]) -> list[np.ndarray]:
    """Puts convolutions side by side; each sees only its own network's."""
    first = layers[0]
    groups = {
        "mix": [first.units, first.units_of_cues],
        "widen": [first.units],
    }
    found = {}
    for name in ("reduce", "reduce_motion", "mix", "widen"):
        own = [getattr(layer, name) for layer in layers]
        if not own[0].weights:  # Without cues.
            continue
        kernels, biases = _nth(own, 0), _nth(own, 1)
        kernel = (
            _block_diagonal(kernels, groups[name])
            if name in groups
            else np.concatenate(kernels, -1)
        )
        weights = getattr(first, name).weights
        found[id(weights[0])] = kernel
        found[id(weights[1])] = np.concatenate(biases)
    return [found[id(weight)] for weight in first.weights]


def _block_diagonal(
    kernels: Sequence[np.ndarray], groups: Sequence[int]
) -> np.ndarray:
    """Joins kernels `[k, k, inputs, outputs]` whose inputs lie in groups.

    The inputs of the joined kernel are the first groups of all networks, then
    the second groups. Without cues the second groups are empty.
    """
    joined = []
    begin = 0
    for size in groups:
        rows = [kernel[:, :, begin : begin + size] for kernel in kernels]
        begin += size
        for number, block in enumerate(rows):
            blocks = [np.zeros_like(block)] * len(kernels)
            blocks[number] = block
            joined.append(np.concatenate(blocks, -1))
    return np.concatenate(joined, 2)


def _join_mixture(layers: Sequence[keras.Layer]) -> list[np.ndarray]:
    """Averages the outputs of the networks for a cell."""
    kernels, *others = zip(
        *(layer.get_weights() for layer in layers), strict=True
    )
    kernel = np.concatenate(kernels) / len(layers)
    return [kernel, *(np.mean(own, 0) for own in others)]


def _check_alike(
    runs: Sequence[str | os.PathLike], settings: Sequence[dict]
) -> None:
    """Refuses runs that differ in more than their seeds, or not in these."""
    seeds = [one["training"]["seed"] for one in settings]
    if len(set(seeds)) < max(2, len(runs)):
        raise ValueError(
            "Invalid `runs`. Expected two or more runs, each of another seed. "
            f"Received: {len(runs)} runs of the seeds {seeds}."
        )
    for run, one in zip(runs, settings, strict=True):
        refuse_changes(
            runs[0],
            settings[0],
            one,
            [*MAY_CHANGE, "training/seed", "init_from"],
            f"Only runs of the same settings can be joined, not '{run}'.",
        )
