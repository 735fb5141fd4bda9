"""What a SavedModel says of itself: JSON, an asset of it, and an answer."""

import dataclasses
import importlib.metadata
import json
import os
import pathlib
import subprocess

import keras
import tensorflow as tf

from rmdn_tf.model_config import ModelConfig, config_from_json
from rmdn_tf.request_limits import RequestLimits, limits_in
from rmdn_tf.run_directory import BEST, TRAINING_FILE, VALIDATION_FILE
from rmdn_tf.windows import CONTEXT

METADATA_FILE = "metadata.json"
TEST_SCORES_FILE = "test_scores.json"


def describe_model(
    config: ModelConfig,
    name: str,
    state_shapes: dict[str, tuple[int, ...]],
    limits: RequestLimits,
    run: dict | None = None,
) -> dict:
    """Says what a client, and who finds the file later, has to know.

    Args:
        config: of the model.
        name: that it is exported under.
        state_shapes: of each part of the state, without the batch.
        limits: what a request may hold.
        run: what is known of its training, see `describe_run`.

    Returns:
        `name`; `model`, the configuration; `clip_stride`,
        `frames_per_second` (0: any), `context_frames` and `state` (shape by
        name), which streaming needs; `limits` of a request, see
        `rmdn_tf.request_limits`, which earlier releases left out; `run`;
        `git_commit` of the source, None where it is in no repository;
        `versions` of the packages.
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


def describe_run(directory: str | os.PathLike) -> dict:
    """Reads what a run of training left beside its best model.

    Args:
        directory: of the run; or any other, of which nothing is known.

    Returns:
        As far as there is such: `dataset`, its name; `validation`, epoch and
        scores of the best model; `test`, means of its scores.

    Raises:
        ValueError: a file of the run is damaged.
    """
    directory = pathlib.Path(directory)
    known = {}
    try:
        for key, file in (
            ("dataset", TRAINING_FILE),
            ("validation", f"{BEST}/{VALIDATION_FILE}"),
            ("test", TEST_SCORES_FILE),
        ):
            if (directory / file).exists():
                known[key] = json.loads((directory / file).read_text())
        if "dataset" in known:
            known["dataset"] = known["dataset"]["dataset"]["name"]
        if "test" in known:
            scores = known["test"]["scores"]["model"]
            known["test"] = {key: s["mean"] for key, s in scores.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"Invalid run in '{directory}'. Expected the files that training "
            f"and evaluation left. Received: {error!r}"
        ) from error
    return known


def read_metadata(version: str | os.PathLike) -> dict:
    """Reads the metadata of a SavedModel back.

    Args:
        version: its directory, `saved_models/<name>/<version>`.

    Raises:
        ValueError: it has none, or is damaged; an earlier release wrote none.
    """
    file = pathlib.Path(version) / tf.saved_model.ASSETS_DIRECTORY
    file = file / METADATA_FILE
    try:
        return check_metadata(json.loads(file.read_text()))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"Invalid metadata '{file}'. Expected the JSON that "
            f"`rmdn_tf.export` writes. Received: {error}"
        ) from error


def check_metadata(metadata: dict) -> dict:
    """Returns metadata that streaming can rely on.

    Raises:
        ValueError: something is missing, or of another kind.
    """
    try:
        config = config_from_json(metadata["model"])
        limits_in(metadata)
        is_ours = (
            config.clip_stride == metadata["clip_stride"]
            and metadata["context_frames"] == CONTEXT
            and isinstance(metadata["state"], dict)
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{error!r} in the metadata of a model") from error
    if not is_ours:
        raise ValueError("metadata of another model or release")
    return metadata


def _git_commit() -> str | None:
    """The commit of this source, with "-dirty" where it was changed since."""
    here = os.path.dirname(__file__)
    try:
        # Fails for a copy in an environment that lies in some repository.
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
        return None  # It runs from a checkout that was not installed.
