"""What a SavedModel says of itself: metadata, and a page for people."""

import pathlib

import jinja2
import keras
import tensorflow as tf

import rmdn_tf
from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.config_json import config_to_json
from rmdn_tf.model.moments import COMPONENT, COORDINATES, DENSITY
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.runs.source_commit import git_commit
from rmdn_tf.serving.limits import MEANINGS, all_limits
from rmdn_tf.serving.signatures import state_shapes
from rmdn_tf.serving.tensors import SIGNATURES

README_FILE = "README.md"

# Licences of this package and of the pretrained encoders that it brings.
LICENCES = {
    "rmdn-tf": "Apache-2.0",
    "efficientnet_lite0": "Apache-2.0",
    "blazeface": "Apache-2.0",
}

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def describe_model(
    model: keras.Model,
    config: ModelConfig,
    name: str,
    signatures: dict[str, dict],
    limits: RequestLimits,
    run: dict | None = None,
) -> dict:
    """Makes the metadata of a model.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        name: name under which the model is exported.
        signatures: name -> result of
            `rmdn_tf.serving.tensors.describe_signature`.
        limits: limits of a request.
        run: result of `rmdn_tf.runs.run_facts.describe_run`.

    Returns:
        `name`; `model`, the settings that this network uses; `num_components`;
        `component`, what the six numbers of a component are; `coordinates` and
        `density`, in words; `clip_stride`, `frames_per_second` (0: any),
        `context_frames` and `state` (shape by name), for streaming;
        `signatures`; `limits`; `run`; `licences`; `git_commit` of the source,
        None outside a repository; `versions` of the packages. Earlier releases
        wrote less.
    """
    num_components = model.output["parameters"].shape[2]
    return {
        "name": name,
        "model": config_to_json(config),
        "num_components": num_components,
        "component": [number._asdict() for number in COMPONENT],
        "coordinates": COORDINATES,
        "density": DENSITY,
        "clip_stride": config.clip_stride,
        "frames_per_second": config.frames_per_second,
        "context_frames": CONTEXT,
        "state": {n: list(one) for n, one in state_shapes(model).items()},
        "signatures": {
            one: {"does": SIGNATURES[one], **described}
            for one, described in signatures.items()
        },
        "limits": all_limits(limits, num_components),
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


def readme(metadata: dict) -> str:
    """Writes the page that explains a SavedModel, in Markdown."""
    return _TEMPLATES.get_template("readme.md.j2").render(
        metadata, limit_meanings=MEANINGS
    )
