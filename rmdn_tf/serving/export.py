"""Exports a model as a SavedModel that TensorFlow Serving loads.

A version gets its number only when it is complete, so a server that watches the
directory never loads half of it.
"""

import os
import pathlib
import sys

import keras
import tensorflow as tf

from rmdn_tf.files.checksums import write_checksums
from rmdn_tf.files.file_systems import require_utf8
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.published import publish, temporary_path, write_json
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.runs.metadata import METADATA_FILE, describe_model
from rmdn_tf.serving.limits import limits_of
from rmdn_tf.serving.signatures import ServedModel, state_shapes
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
        run: facts about the training; see `rmdn_tf.runs.metadata.describe_run`.

    Returns:
        `<directory>/<version>`, one above the highest version there.

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
    shapes = state_shapes(model)
    # Outside the version, in the temporary folder, and removed with it.
    metadata_file = os.path.join(os.path.dirname(path), METADATA_FILE)
    limits = limits_of(model, config)
    metadata = describe_model(config, name, shapes, limits, run)
    write_json(metadata_file, metadata)
    served = ServedModel(model, config, limits, metadata_file)
    tf.saved_model.save(served, path, served.signatures())
    try:
        write_warm_up(path, name, shapes)
    except ImportError as error:
        print(f"Without warm-up requests: {error}", file=sys.stderr)
    files = (file for file in pathlib.Path(path).rglob("*") if file.is_file())
    names = sorted(file.relative_to(path).as_posix() for file in files)
    write_checksums(path, names)
