"""Metadata of a SavedModel: a JSON asset that servers also send to clients."""

import dataclasses
import importlib.metadata
import math
import os
import pathlib
import subprocess

import keras
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.files.json_files import parse_json, read_json
from rmdn_tf.model.config import (
    CONFIG_SCHEMA,
    ModelConfig,
    config_from_json,
)
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.runs.directory import (
    TRAINING_FILE,
    TRAINING_SCHEMA,
    RunDirectory,
)

METADATA_FILE = "metadata.json"
TEST_SCORES_FILE = "test_scores.json"


def describe_model(
    config: ModelConfig,
    name: str,
    state_shapes: dict[str, tuple[int, ...]],
    limits: RequestLimits,
    run: dict | None = None,
) -> dict:
    """Makes the metadata of a model.

    Args:
        config: settings of the model.
        name: name under which the model is exported.
        state_shapes: shape of each part of the state, without the batch.
        limits: limits of a request.
        run: result of `describe_run`.

    Returns:
        `name`; `model`, the settings; `clip_stride`, `frames_per_second` (0:
        any), `context_frames` and `state` (shape by name), for streaming;
        `limits`, missing in earlier releases; `run`; `git_commit` of the
        source, None outside a repository; `versions` of the packages.
    """
    return {
        "name": name,
        "model": dataclasses.asdict(config),
        "clip_stride": config.clip_stride,
        "frames_per_second": config.frames_per_second,
        "context_frames": CONTEXT,
        "state": {part: list(shape) for part, shape in state_shapes.items()},
        "limits": dataclasses.asdict(limits),
        "run": run or {},
        "git_commit": _git_commit(),
        "versions": {
            "rmdn-tf": _version("rmdn-tf"),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
    }


# The metadata that streaming needs.
METADATA_SCHEMA = {
    "type": "object",
    "properties": {
        "model": CONFIG_SCHEMA,
        "clip_stride": {"type": "integer"},
        "context_frames": {
            "const": CONTEXT,
            "description": f"{CONTEXT}, which this release knows",
        },
        "state": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {"type": "integer", "minimum": 1},
            },
        },
        # A later release may name further limits.
        "limits": {
            "type": "object",
            "properties": {
                field.name: {"type": "integer", "minimum": 1}
                for field in dataclasses.fields(RequestLimits)
            },
        },
    },
    "required": ["model", "clip_stride", "context_frames", "state"],
}

# Infinite numbers are texts; null is the mean over no frames.
_NUMBER = {"type": ["number", "string", "null"]}

# The part of `TEST_SCORES_FILE` that this package reads.
TEST_SCORES_SCHEMA = {
    "type": "object",
    "properties": {
        "dataset": {"type": "string"},
        "num_videos": {"type": "integer"},
        "scores": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": dict.fromkeys(
                        ("mean", "low", "high"), _NUMBER
                    ),
                    "required": ["mean"],
                },
            },
        },
    },
    "required": ["scores"],
}


def describe_run(directory: str | os.PathLike) -> dict:
    """Reads dataset and scores of a run's best model.

    Args:
        directory: the run; any other directory gives an empty dict.

    Returns:
        `dataset`, its name; `validation`, epoch and scores of the best model,
        None for a score that is not finite; `test`, means of its test scores.
        Keys of missing files are left out.

    Raises:
        OSError, ValueError: a file of the run is damaged; names it.
    """
    run_dir = RunDirectory(directory)
    known = {}
    if (run_dir.path / TRAINING_FILE).exists():
        settings = read_json(run_dir.path / TRAINING_FILE, TRAINING_SCHEMA)
        known["dataset"] = settings["dataset"]["name"]
    if run_dir.validation.exists():
        known["validation"] = {
            key: value if math.isfinite(value) else None
            for key, value in run_dir.read_validation().items()
        }
    if (run_dir.path / TEST_SCORES_FILE).exists():
        test = read_json(run_dir.path / TEST_SCORES_FILE, TEST_SCORES_SCHEMA)
        scores = test["scores"].get("model", {})
        known["test"] = {key: score["mean"] for key, score in scores.items()}
    return known


def read_metadata(version: str | os.PathLike) -> dict:
    """Reads the metadata of a SavedModel, `saved_models/<name>/<version>`.

    Raises a ValueError that names the file if they are invalid or missing.
    """
    file = pathlib.Path(version) / tf.saved_model.ASSETS_DIRECTORY
    file = file / METADATA_FILE
    if not file.exists():
        raise ValueError(
            f"Missing metadata '{file}': an earlier release wrote this "
            "SavedModel without them. Export the model again."
        )
    return _checked(read_json(file, METADATA_SCHEMA), f"'{file}'")


def parse_metadata(text: str | bytes) -> dict:
    """Reads the metadata, JSON, that a server sends.

    Raises:
        ValueError: a key is missing or invalid, or from another release.
    """
    metadata = parse_json(text, METADATA_SCHEMA, "metadata")
    return _checked(metadata, "metadata")


def _checked(metadata: dict, source: str) -> dict:
    """Refuses metadata whose values contradict each other."""
    try:
        stride = config_from_json(metadata["model"]).clip_stride
    except ValueError as error:
        raise ValueError(f"Invalid {source}. {error}") from error
    if metadata["clip_stride"] != stride:
        raise ValueError(
            f"Invalid {source}. Expected the `clip_stride` of `model`, "
            f"{stride}. Received: clip_stride={metadata['clip_stride']}."
        )
    return metadata


def _git_commit() -> str | None:
    """Returns the commit of this source, with "-dirty" if changed since."""
    here = os.path.dirname(__file__)
    try:
        # `ls-files` fails for an installed copy inside another repository.
        for command in (
            ("ls-files", "--error-unmatch", os.path.basename(__file__)),
            ("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"),
        ):
            done = subprocess.run(
                ["git", "-C", here, *command],
                capture_output=True,
                text=True,
                check=True,
                timeout=10,
            )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None  # A checkout that was not installed.
