"""Converts a network to OpenVINO, by its own reader of TensorFlow's files."""

import pathlib

import openvino
from openvino.frontend import FrontEndManager

from rmdn_tf.files.checksums import write_checksums
from rmdn_tf.runtimes.description import KEY
from rmdn_tf.runtimes.formats import OPENVINO_FILE, OPENVINO_WEIGHTS
from rmdn_tf.runtimes.source import Source


def write(source: Source, directory: str) -> None:
    """Writes a graph, its weights and their checksums.

    Raises:
        ValueError: the network has an operation that OpenVINO lacks.
    """
    network = _read(source.saved_model)
    network.set_rt_info(source.description.to_json(), KEY)
    openvino.save_model(
        network,
        pathlib.Path(directory, OPENVINO_FILE),
        compress_to_fp16=source.description.precision == "float16",
    )
    write_checksums(directory, (OPENVINO_FILE, OPENVINO_WEIGHTS))


def _read(saved_model: str) -> openvino.Model:
    # `openvino.convert_model` would do the same and report it to its makers.
    reader = FrontEndManager().load_by_framework("tf")
    try:
        return reader.convert(reader.load(saved_model))
    except Exception as error:
        raise ValueError(
            f"OpenVINO cannot take the network: {error}"
        ) from error
