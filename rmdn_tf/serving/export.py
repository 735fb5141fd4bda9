"""Exports a model as a SavedModel that TensorFlow Serving loads.

A version gets its number only when it is complete, so a server that watches the
directory never loads half of it.
"""

import json
import os
import pathlib
import sys

import keras
import tensorflow as tf

from rmdn_tf.files.checksums import write_checksums
from rmdn_tf.files.file_systems import require_utf8
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.published import (
    publish,
    temporary_path,
    write_content,
    write_json,
)
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.runs.metadata import METADATA_FILE
from rmdn_tf.serving.description import README_FILE, describe_model, readme
from rmdn_tf.serving.limits import limits_of
from rmdn_tf.serving.signatures import (
    ServedModel,
    metadata_signature,
    state_shapes,
)
from rmdn_tf.serving.tensors import describe_signature
from rmdn_tf.serving.warm_up import write_warm_up


def export(
    model: keras.Model,
    config: ModelConfig,
    directory: str | os.PathLike,
    run: dict | None = None,
) -> pathlib.Path:
    """Writes the next version of a SavedModel, whole or not at all.

    With the extra `serving` it includes requests that warm a server up; without
    the extra, a message tells that they are missing.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its configuration.
        directory: `saved_models/<name>`; made if absent. Several processes may
            export there at once: each gets its own version.
        run: facts about the training, of
            `rmdn_tf.runs.run_facts.describe_run`.

    Returns:
        `<directory>/<version>`, one above the highest version there. Its
        `README.md` explains it.

    Raises:
        OSError: the directory cannot be written.
    """
    require_utf8(directory)
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    # A server watches for numbers: write under another name, then rename.
    name = directory / "version"
    with temporary_path(name, shown=directory) as temporary:
        os.mkdir(temporary)
        _write(model, config, directory.resolve().name, run, temporary)
        with one_at_a_time(directory, "exporting", wait=True):
            target = _next_version(directory)
            publish(temporary, target)
    return target


def _next_version(directory: pathlib.Path) -> pathlib.Path:
    versions = [int(p.name) for p in directory.iterdir() if p.name.isdigit()]
    return directory / str(max(versions, default=0) + 1)


def _write(model, config, name: str, run, path: str) -> None:
    """Writes all files of a version."""
    limits = limits_of(model, config)
    served = ServedModel(model, config, limits)
    signatures = served.signatures()
    metadata = _describe(model, config, name, limits, signatures, run)
    # Outside the version, in the temporary folder, and removed with it.
    metadata_file = pathlib.Path(path).with_name(METADATA_FILE)
    write_json(metadata_file, metadata)
    text = metadata_file.read_text()
    served.metadata_asset = tf.saved_model.Asset(str(metadata_file))
    signatures["metadata"] = metadata_signature(text)
    tf.saved_model.save(served, path, signatures)
    try:
        write_warm_up(path, name, state_shapes(model))
    except ImportError as error:
        print(f"Without warm-up requests: {error}", file=sys.stderr)
    _write_checksums(path)
    # Without a checksum: whoever serves the model may add to the page.
    page = readme(json.loads(text))
    write_content(os.path.join(path, README_FILE), page.encode())


def _describe(model, config, name: str, limits, signatures, run) -> dict:
    """Makes the metadata, which describe also the signature that tells them."""
    described = {
        one: describe_signature(function)
        for one, function in signatures.items()
    }
    described["metadata"] = describe_signature(metadata_signature(""))
    return describe_model(model, config, name, described, limits, run)


def _write_checksums(path: str) -> None:
    files = (file for file in pathlib.Path(path).rglob("*") if file.is_file())
    names = sorted(file.relative_to(path).as_posix() for file in files)
    write_checksums(path, names)
