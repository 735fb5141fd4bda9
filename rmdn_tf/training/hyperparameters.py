"""Settings and final scores of a run, as the columns of TensorBoard's HPARAMS.

TensorBoard describes the columns of all runs by the first run that it finds, so
every run names all settings and scores.
"""

import dataclasses
import json
from collections.abc import Iterator

from tensorboard.plugins.hparams import api

from rmdn_tf.model.presets import KINDS
from rmdn_tf.training.config import RunConfig, TrainingConfig
from rmdn_tf.training.curves import CURVES

# The first columns, which TensorBoard shows without a click.
FIRST = (
    "learning_rate",
    "loss_reduction",
    "optimizer",
    "batch_size",
    "num_components",
)
# Scores of `rmdn_tf.training.best_model`, in the order of the columns.
SCORES = (
    "loss",
    "bits",
    "nss",
    "auc_judd",
    "cc",
    "sim",
    "kl",
    "epoch",
    "density_loss",
    "action_loss",
    "action_accuracy",
    "action_map",
)
# What is known from the dataset, or decides only the speed.
_LEFT_OUT = {"actions", "calibrated_components"} | {
    field.name
    for field in dataclasses.fields(RunConfig)
    if field.name != "precision"
}


def columns() -> dict[str, api.HParam]:
    """Returns the column of each setting, by its name."""
    texts = {
        "dataset": "Name of the dataset.",
        "mixed": "Names of the datasets that are mixed in.",
        "c3d_weights": "Checksum of the pretrained weights of C3D.",
        "init_from": "Checksum of the weights that training started from.",
    }
    for kind in (TrainingConfig, *KINDS, RunConfig):
        for field in dataclasses.fields(kind):
            if field.name not in _LEFT_OUT:
                texts.setdefault(field.name, field.metadata["help"])
    order = [*FIRST, *(name for name in texts if name not in FIRST)]
    # TensorBoard sorts the columns by this number and shows the name.
    return {
        name: api.HParam(
            f"{place:02d}", display_name=name, description=texts[name]
        )
        for place, name in enumerate(order)
    }


def write_hyperparameters(settings: dict) -> None:
    """Writes the settings of a run, and describes settings and scores.

    Args:
        settings: of `rmdn_tf.training.run.TrainingRun`. A setting without a
            value is left out.
    """
    known = columns()
    api.hparams_config(
        list(known.values()),
        [
            api.Metric(
                CURVES[name].tag,
                display_name=CURVES[name].title,
                description=CURVES[name].text,
            )
            for name in SCORES
        ],
    )
    api.hparams({known[name]: value for name, value in _values(settings)})


def _values(settings: dict) -> Iterator[tuple[str, bool | float | str]]:
    """Yields names and values of the settings that have a value."""
    yield "dataset", settings["dataset"]["name"]
    yield "precision", settings["precision"]
    if settings.get("mixed"):
        yield "mixed", ", ".join(one["name"] for one in settings["mixed"])
    for name in ("c3d_weights", "init_from"):
        if settings.get(name):
            yield name, settings[name][:12]
    for name, value in (settings["model"] | settings["training"]).items():
        if name in _LEFT_OUT:
            continue
        if isinstance(value, (bool, int, float, str)):
            yield name, value
        elif value:
            yield name, json.dumps(value)
