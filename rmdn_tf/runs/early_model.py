"""Looks at a model without loading it, and without importing TensorFlow."""

import importlib.util
import os

from rmdn_tf.files.json_files import read_json
from rmdn_tf.model.config_json import CONFIG_SCHEMA, config_from_json
from rmdn_tf.model.file_names import CONFIG_FILE, WEIGHTS_FILE
from rmdn_tf.runs.paths import model_directory, no_model, require_model
from rmdn_tf.runtimes.formats import FORMATS, missing_library, portable_format


def stored_stride(path: str | os.PathLike) -> int | None:
    """Reads the clip stride of a model, and finds what would fail later.

    Args:
        path: of a model; see `rmdn_tf.runs.loading.load_stateful`.

    Returns:
        The clip stride; None for a checkpoint or an exported network, which
        tell it only when they are loaded.

    Raises:
        FileNotFoundError: the model, or one of its files, is missing.
        PermissionError: its settings or weights cannot be read.
        ImportError: the runtime of a portable file is not installed.
        ValueError: its settings are damaged.
    """
    require_model(path)
    directory = model_directory(path)
    name = portable_format(directory)
    if name:
        module = FORMATS[name].library.replace("-", "_")
        if not importlib.util.find_spec(module):
            raise missing_library(
                name, ImportError(f"No module named '{module}'")
            )
        return None
    files = [directory / file for file in (CONFIG_FILE, WEIGHTS_FILE)]
    if not any(file.exists() for file in files):
        if directory.is_dir() and not any(directory.iterdir()):
            raise no_model(directory)
        return None
    for file in files:
        if not file.exists():
            raise FileNotFoundError(
                f"No trained model in '{directory}': '{file.name}' is missing."
            )
        with open(file, "rb"):  # Raises if it cannot be read.
            pass
    config = config_from_json(read_json(files[0], CONFIG_SCHEMA))
    return config.clip_stride


def require_same_stride(models: dict[str, str]) -> None:
    """Makes sure that models can be scored in one run.

    Args:
        models: name -> path.

    Raises:
        ValueError: two models have different clip strides.
        FileNotFoundError, PermissionError, ImportError: see `stored_stride`.
    """
    first: int | None = None
    for name, path in models.items():
        stride = stored_stride(path)
        if None not in (first, stride) and stride != first:
            raise ValueError(
                f"Invalid model '{name}'. Expected the clip stride {first} of "
                "the models before it; score it in a run of its own. Received: "
                f"clip_stride={stride}."
            )
        first = first or stride
