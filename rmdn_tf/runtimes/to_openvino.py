"""Converts a network to OpenVINO, by its own readers of other files."""

import pathlib
import tempfile

import openvino
from openvino.frontend import FrontEndManager

from rmdn_tf.files.checksums import write_checksums
from rmdn_tf.runtimes.description import KEY
from rmdn_tf.runtimes.formats import INT8, OPENVINO_FILE, OPENVINO_WEIGHTS
from rmdn_tf.runtimes.source import Source


def write(source: Source, directory: str) -> None:
    """Writes a graph, its weights and their checksums.

    OpenVINO reads TensorFlow's file, or for int8 that of ONNX, whose
    convolutions are quantized.

    Raises:
        ValueError: the network has an operation that OpenVINO lacks.
    """
    if source.description.precision == INT8:
        network = _read_int8(source)
    else:
        network = _read("tf", source.saved_model)
    network.set_rt_info(source.description.to_json(), KEY)
    openvino.save_model(
        network,
        pathlib.Path(directory, OPENVINO_FILE),
        compress_to_fp16=source.description.precision == "float16",
    )
    write_checksums(directory, (OPENVINO_FILE, OPENVINO_WEIGHTS))


def _read_int8(source: Source) -> openvino.Model:
    from rmdn_tf.runtimes import to_onnx  # Its libraries are for int8 only.

    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, "network.onnx")
        to_onnx.write(source, str(file))
        return _read("onnx", str(file))


def _read(framework: str, path: str) -> openvino.Model:
    # `openvino.convert_model` would do the same and report it to its makers.
    reader = FrontEndManager().load_by_framework(framework)
    try:
        return reader.convert(reader.load(path))
    except Exception as error:
        raise ValueError(
            f"OpenVINO cannot take the network: {error}"
        ) from error
