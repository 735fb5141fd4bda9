"""Formats of portable files, and how numbers are stored in them."""

import importlib.metadata
import importlib.util
import os
import pathlib
from typing import NamedTuple

# How weights are stored, and with int8 also features between convolutions.
# Frames, state and parameters are always float32.
INT8 = "int8"
PRECISIONS = ("float32", "float16", INT8)


class Format(NamedTuple):
    """A format of portable files.

    Attributes:
        title: name of the runtime, for people.
        suffix: of a file; empty if the format is a directory.
        extra: extra of this package that the format needs; empty for TensorFlow
            alone.
        library: the distribution that runs the format in Python; empty if this
            package does not run it.
        flat: whether C3D is exported without operations on volumes, which the
            runtime lacks or computes slowly.
        converters: libraries of the extra that write the format.
        quantizers: further libraries, for int8.
        any_length: whether the network may take any number of frames at once.
        calibrates: whether int8 needs samples of videos, for the ranges of the
            features; else only weights are in 8 bits.
    """

    title: str
    suffix: str
    extra: str
    library: str = ""
    flat: bool = True
    converters: tuple[str, ...] = ()
    quantizers: tuple[str, ...] = ()
    any_length: bool = False
    calibrates: bool = True


_ONNX = Format(
    "ONNX Runtime",
    ".onnx",
    "onnx",
    "onnxruntime",
    converters=("onnx", "tf2onnx"),
    quantizers=("onnxruntime",),
    any_length=True,
)

FORMATS = {
    "onnx": _ONNX,
    "openvino": Format(
        "OpenVINO",
        "",
        "openvino",
        "openvino",
        flat=False,
        converters=("openvino",),
        quantizers=("onnx", "tf2onnx", "onnxruntime"),
        any_length=True,
    ),
    "litert": Format(
        "LiteRT",
        ".tflite",
        "litert",
        "ai-edge-litert",
        quantizers=("ai_edge_quantizer",),
    ),
    "tfjs": Format("TensorFlow.js", "", "", calibrates=False),
    "triton": _ONNX._replace(title="Triton", suffix="", library=""),
}

# Inputs and outputs of the function of `rmdn_tf.runtimes.portable`. A part of
# the state is NAME_in, and NAME_out after the clips.
FRAMES, PARAMETERS, ACTIONS = "frames", "parameters", "actions"
IN, OUT = "_in", "_out"

# Files of an OpenVINO directory: the graph, and its weights.
OPENVINO_FILE, OPENVINO_WEIGHTS = "network.xml", "network.bin"


def portable_format(path: str | os.PathLike) -> str | None:
    """Tells the format of a file or directory that this package can run.

    Args:
        path: a file of ONNX or LiteRT, or the directory of OpenVINO.

    Returns:
        A key of `FORMATS`; None for anything else.
    """
    path = pathlib.Path(path)
    if (path / OPENVINO_FILE).is_file():
        return "openvino"
    suffix = path.suffix.lower()
    found = (n for n, one in FORMATS.items() if one.suffix == suffix != "")
    return next(found, None) if path.is_file() else None


def check_bfloat16(path: str | os.PathLike) -> None:
    """Makes sure that a portable file can compute in bfloat16.

    Args:
        path: any path of a model.

    Raises:
        ValueError: it is a file of ONNX or LiteRT.
    """
    name = portable_format(path)
    if name not in (None, "openvino"):
        raise no_bfloat16(f"a file of {FORMATS[name].title}", path)


def no_bfloat16(what: str, path: str | os.PathLike) -> ValueError:
    """Returns the error of a model that does not compute in bfloat16.

    Args:
        what: kind of the model, for people.
        path: of the model.
    """
    return ValueError(
        f"Invalid `precision`. Expected float32 in {what}: bfloat16 needs "
        "OpenVINO (`rmdn export --format openvino`), the directory of a run or "
        f"'default'. Received: '{path}'."
    )


def library_of(path: str | os.PathLike) -> str:
    """Returns the name and the version of the library that runs a model.

    Args:
        path: of a model; TensorFlow runs all but portable files. The library
            must be installed. It may have another name, such as
            `onnxruntime-gpu`, which is then returned.
    """
    name = portable_format(path)
    library = FORMATS[name].library if name else "tensorflow"
    try:
        version = importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:  # Under another name.
        modules = importlib.metadata.packages_distributions()
        library = sorted(modules[library.replace("-", "_")])[0]
        version = importlib.metadata.version(library)
    return f"{library} {version}"


def missing_library(name: str, cause: ImportError) -> ImportError:
    """Returns the error of a runtime that is not installed.

    Args:
        name: key of `FORMATS`.
        cause: says what is missing.
    """
    title, extra = FORMATS[name].title, FORMATS[name].extra
    return ImportError(
        f"{title} needs the extra '{extra}': pip install 'rmdn-tf[{extra}]' "
        f"({cause})."
    )


def require_converter(name: str, precision: str) -> None:
    """Makes sure that a format can be written, before long work.

    Args:
        name: key of `FORMATS`.
        precision: of `PRECISIONS`.

    Raises:
        ImportError: a library is not installed; names the extra.
    """
    libraries = FORMATS[name].converters
    if precision == INT8:
        libraries += FORMATS[name].quantizers
    for library in libraries:
        if not importlib.util.find_spec(library):  # Does not import it.
            cause = ImportError(f"No module named '{library}'")
            raise missing_library(name, cause)
