"""Metadata of a SavedModel: a JSON asset that servers also send to clients."""

import dataclasses
import os
import pathlib

import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.files.json_files import parse_json, read_json
from rmdn_tf.model.config_json import CONFIG_SCHEMA, config_from_json
from rmdn_tf.model.request_limits import RequestLimits

METADATA_FILE = "metadata.json"


# The metadata that streaming needs.
METADATA_SCHEMA = {
    "type": "object",
    "properties": {
        "model": CONFIG_SCHEMA,
        "num_components": {"type": "integer", "minimum": 1},
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


def read_metadata(version: str | os.PathLike) -> dict:
    """Reads the metadata of a SavedModel.

    Args:
        version: directory of a SavedModel, `saved_models/<name>/<version>`.

    Returns:
        See `describe_model`.

    Raises:
        ValueError: the metadata are invalid or missing; names the file.
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

    Args:
        text: JSON, at most as large as a file of JSON may be.

    Returns:
        See `describe_model`.

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
