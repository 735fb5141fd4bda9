"""What an exported network says of itself, in every format."""

import keras
import tensorflow as tf

import rmdn_tf
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.config_json import config_to_json
from rmdn_tf.model.moments import COMPONENT, COORDINATES, DENSITY
from rmdn_tf.model.parts import initial_state
from rmdn_tf.runs.source_commit import git_commit

# Licences of this package and of the pretrained encoders that it brings.
LICENCES = {
    "rmdn-tf": "Apache-2.0",
    "efficientnet_lite0": "Apache-2.0",
    "blazeface": "Apache-2.0",
}


def describe_network(
    model: keras.Model, config: ModelConfig, name: str, run: dict | None = None
) -> dict:
    """Collects the facts of a network.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        name: name under which the model is exported.
        run: result of `rmdn_tf.runs.run_facts.describe_run`.

    Returns:
        `name`; `model`, the settings that this network uses; `num_components`;
        `component`, what the six numbers of a component are; `coordinates` and
        `density`, in words; `clip_stride`, `frames_per_second` (0: any) and
        `state` (shape by name); `run`; `licences`; `git_commit` of the source,
        None outside a repository; `versions` of the packages.
    """
    state = initial_state(model, 1)
    return {
        "name": name,
        "model": config_to_json(config),
        "num_components": model.output["parameters"].shape[2],
        "component": [number._asdict() for number in COMPONENT],
        "coordinates": COORDINATES,
        "density": DENSITY,
        "clip_stride": config.clip_stride,
        "frames_per_second": config.frames_per_second,
        "state": {name: list(part.shape[1:]) for name, part in state.items()},
        "run": run or {},
        "licences": licences_of(config),
        "git_commit": git_commit(),
        "versions": {
            "rmdn-tf": rmdn_tf.__version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
    }


def licences_of(config: ModelConfig) -> dict[str, str]:
    """Returns the licence of each part whose weights a network holds."""
    parts = {"rmdn-tf", config.encoder}
    if config.faces:
        parts.add("blazeface")
    return {name: one for name, one in LICENCES.items() if name in parts}
