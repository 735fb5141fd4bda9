"""Paths of trained models on this machine."""

import functools
import importlib
import importlib.util
import os
import pathlib
import warnings

from rmdn_tf.files.file_systems import (
    is_local,
    list_names,
    require_file_system,
)
from rmdn_tf.files.mirror import fetched
from rmdn_tf.files.shown_paths import shown
from rmdn_tf.runs.checkpoints import CHECKPOINT_FILE
from rmdn_tf.runs.directory import BEST
from rmdn_tf.runtimes.formats import (
    check_bfloat16,
    no_bfloat16,
    portable_format,
)

# In every SavedModel.
SAVED_MODEL_FILE = "saved_model.pb"

# What a flag of a model takes.
MODEL_HELP = (
    "Directory of a run; a file of `rmdn export` for ONNX or LiteRT, or its "
    "directory for OpenVINO; or a SavedModel, which is a program: load only "
    "one that you trust."
)

# Name of the model that comes with the package.
DEFAULT = "default"

# The same model for LiteRT, beside its settings and weights.
LITERT_FILE = "network.tflite"


def default_directory() -> pathlib.Path:
    """Returns the directory of the model that comes with the package."""
    return pathlib.Path(__file__).parents[1] / "default_model"


def fastest_form(
    path: str | os.PathLike, bfloat16: bool = False
) -> str | os.PathLike:
    """Finds the form of a model that runs fastest on this machine.

    The model that comes with the package also comes as a file of LiteRT, which
    loads in a second, where TensorFlow takes several, and computes the same in
    less time. It is used if LiteRT is installed, and works on this machine.

    Args:
        path: of a model.
        bfloat16: whether to compute in bfloat16, which LiteRT does not.

    Returns:
        The path of the file, or the path as it is.
    """
    if path == DEFAULT and not bfloat16 and _has_litert():
        return default_directory() / LITERT_FILE
    return path


@functools.cache
def _has_litert() -> bool:
    """Tells whether LiteRT can be imported; warns if it is broken."""
    if not importlib.util.find_spec("ai_edge_litert"):
        return False
    try:
        importlib.import_module("rmdn_tf.runtimes.litert_session")
    except (ImportError, OSError) as error:
        warnings.warn(
            "LiteRT is installed, but cannot be imported, so the model runs "
            f"in TensorFlow, which is slower: {error}",
            stacklevel=2,
        )
        return False
    return True


def model_directory(path: str | os.PathLike) -> pathlib.Path:
    """Returns the directory of a model.

    Args:
        path: "default" for the model that comes with the package; the directory
            of a run, for its `best`; a folder of numbered versions, for the
            highest; or the directory itself. A remote one is copied.

    Raises:
        FileNotFoundError: the path is empty.
        FileSystemError: the path is not UTF-8.
    """
    if not os.fspath(path):  # `pathlib` takes it for the working directory.
        raise FileNotFoundError("Missing path of a model. Received: ''.")
    require_file_system(path)
    if not is_local(path):
        return _fetched_directory(os.fspath(path).rstrip("/"))
    path = default_directory() if path == DEFAULT else pathlib.Path(path)
    if (path / BEST).is_dir():
        path = path / BEST
    return highest_version(path)


def _fetched_directory(path: str) -> pathlib.Path:
    """Copies a remote model to this machine, for as long as the process lives.

    Of a run, copies only the best model; for a checkpoint, the whole run.
    """
    names = list_names(path)
    if BEST in names:
        return fetched(f"{path}/{BEST}")
    versions = [name for name in names if name.isdigit()]
    if versions:
        return fetched(f"{path}/{max(versions, key=int)}")
    folder, _, name = path.rpartition("/")
    if CHECKPOINT_FILE in names:
        return fetched(folder) / name
    if not names and f"{name}.index" in list_names(folder):
        run, _, inner = folder.rpartition("/")
        return fetched(run) / inner / name
    return fetched(path)


def require_model(path: str | os.PathLike) -> None:
    """Makes sure that a path of a model exists, before long work.

    Raises:
        FileNotFoundError: see `model_directory`; or the path is missing.
    """
    directory = model_directory(path)
    is_checkpoint = directory.with_name(f"{directory.name}.index").exists()
    if not directory.exists() and not is_checkpoint:
        raise no_model(directory)


def require_bfloat16(path: str | os.PathLike) -> None:
    """Makes sure that a model computes in bfloat16, before long work.

    Args:
        path: of a model.

    Raises:
        FileNotFoundError: see `require_model`.
        ValueError: the path is that of a SavedModel, or of a portable file
            whose runtime does not compute in bfloat16.
    """
    require_model(path)
    directory = model_directory(path)
    check_bfloat16(directory)
    if (directory / SAVED_MODEL_FILE).exists():
        raise no_bfloat16("a SavedModel", path)


def require_trained(path: str | os.PathLike) -> None:
    """Makes sure that a path is that of a run, before long work.

    Raises:
        FileNotFoundError: see `require_model`.
        ValueError: the path is that of an exported network.
    """
    require_model(path)
    directory = model_directory(path)
    if portable_format(directory) or (directory / SAVED_MODEL_FILE).exists():
        raise ValueError(
            f"Invalid model '{path}'. Expected the directory of a run, its "
            "best model, its checkpoints or one of them. Received: an exported "
            "network, which cannot be calibrated, trained or exported again."
        )


def no_model(path: str | os.PathLike) -> FileNotFoundError:
    """Returns the error of a path without a model."""
    return FileNotFoundError(
        f"No trained model in '{shown(path)}'. Expected the directory of a "
        "run, its best model, its checkpoints or one of them, a SavedModel, a "
        f"file of `rmdn export`, or '{DEFAULT}'."
    )


def highest_version(path: pathlib.Path) -> pathlib.Path:
    """Returns the highest numbered folder in a directory, or the path."""
    folders = path.iterdir() if path.is_dir() else ()
    versions = [folder for folder in folders if folder.name.isdigit()]
    return max(versions, key=lambda one: int(one.name), default=path)
