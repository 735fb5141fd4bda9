"""Opens portable files."""

import os

from rmdn_tf.files.reading import clear_errors
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.processor import warn_without_bfloat16
from rmdn_tf.runtimes.formats import (
    FORMATS,
    check_bfloat16,
    missing_library,
    portable_format,
)
from rmdn_tf.runtimes.session import RuntimeNetwork, Session
from rmdn_tf.runtimes.threads import num_processors


def open_session(
    path: str | os.PathLike,
    num_threads: int | None = None,
    bfloat16: bool = False,
) -> Session:
    """Opens a portable file in its runtime.

    Args:
        path: a file of ONNX or LiteRT, or the directory of OpenVINO.
        num_threads: threads of the runtime; None for one per processor.
        bfloat16: whether to compute in bfloat16, which only OpenVINO does.

    Returns:
        The session, for `rmdn_tf.runtimes.session.RuntimeNetwork`.

    Raises:
        ImportError: the runtime is not installed; names the extra.
        ValueError: the path is not a portable file, or is damaged.
    """
    name = portable_format(path)
    if name is None:
        raise ValueError(
            "Invalid portable file. Expected a file of ONNX or LiteRT, or the "
            f"directory of OpenVINO, by `rmdn export`. Received: '{path}'."
        )
    if bfloat16:
        check_bfloat16(path)
        warn_without_bfloat16()
    num_threads = num_threads or num_processors()
    expected = f"a file of `rmdn export --format {name}`"
    with clear_errors(path, expected, f"{FORMATS[name].title} file"):
        try:
            return _opened(name, os.fspath(path), num_threads, bfloat16)
        except ImportError as error:
            raise missing_library(name, error) from error


def load_portable(
    path: str | os.PathLike, bfloat16: bool = False
) -> tuple[RuntimeNetwork, ModelConfig] | None:
    """Loads a portable file; imports no TensorFlow.

    Args:
        path: any path of a model.
        bfloat16: see `open_session`.

    Returns:
        The network, for `AttentionModel`, and its settings; None if the path is
        not that of a portable file.

    Raises:
        ImportError, ValueError: see `open_session`.
    """
    if not portable_format(path):
        return None
    session = open_session(path, bfloat16=bfloat16)
    return RuntimeNetwork(session), session.description.config


def _opened(name: str, path: str, num_threads: int, bfloat16: bool) -> Session:
    """Imports the runtime only here: each is an extra."""
    if name == "litert":
        from rmdn_tf.runtimes.litert_session import LiteRtSession

        return LiteRtSession(path, num_threads)
    if name == "openvino":
        from rmdn_tf.runtimes.openvino_session import OpenVinoSession

        return OpenVinoSession(path, num_threads, bfloat16)
    from rmdn_tf.runtimes.onnx_session import OnnxSession

    return OnnxSession(path, num_threads)
