"""BlazeFace's weights: the published TensorFlow Lite file -> `.npz` -> network.

    python -m rmdn_tf.encoders.blazeface_weights
    face_detection_full_range_sparse.tflite OUT.npz

The published file comes inside the package `mediapipe` 0.10.21 (Apache-2.0).
The command makes `rmdn_tf/weights/blazeface.npz` of it, a part of this package.
"""

import dataclasses
import os
import pathlib

import keras
import numpy as np

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import argument
from rmdn_tf.encoders.blazeface import build_blazeface, layer_names
from rmdn_tf.encoders.layer_weights import assign_layer_weights
from rmdn_tf.files.arrays import write_arrays
from rmdn_tf.files.reading import clear_errors, read_content
from rmdn_tf.files.safe_names import refuse_overwriting

_PACKAGE = pathlib.Path(__file__).parents[1]
# Arrays `<layer>/kernel` and `<layer>/bias`, float16 as in the published file.
WEIGHTS_FILE = _PACKAGE / "weights/blazeface.npz"

MAX_BYTES = 1 << 24


def convert(content: bytes) -> dict[str, np.ndarray]:
    """Reads the convolutions of a TFLite file, in the file's order.

    Returns arrays by the layer names of `rmdn_tf.encoders.blazeface`.

    Raises:
        ValueError: the file is another network's.
    """
    found = _convolutions(content)
    network = build_blazeface()
    names = list(layer_names())
    if len(found) != len(names):
        raise ValueError(
            f"another network: expected {len(names)} convolutions, found "
            f"{len(found)}"
        )
    weights: dict[str, np.ndarray] = {}
    for name, (kernel, bias) in zip(names, found, strict=True):
        # [out, h, w, in] is [h, w, in, out] here, and a depthwise kernel,
        # [1, h, w, D], is [h, w, D, 1].
        arrays = {"kernel": np.moveaxis(kernel, 0, -1), "bias": bias}
        for (part, array), wanted in zip(
            arrays.items(), network.get_layer(name).weights, strict=True
        ):
            if array.shape != wanted.shape:
                raise ValueError(
                    f"another network: expected {tuple(wanted.shape)} for the "
                    f"{part} of {name}, found {array.shape}"
                )
            weights[f"{name}/{part}"] = array.astype(np.float16)
    return weights


def _convolutions(content: bytes) -> list[tuple[np.ndarray, np.ndarray]]:
    """Lists kernel and bias of each convolution, dense, float32."""
    import tensorflow as tf
    from tensorflow.lite.python import schema_py_generated as schema

    interpreter = tf.lite.Interpreter(
        model_content=content, experimental_preserve_all_tensors=True
    )
    interpreter.allocate_tensors()
    interpreter.invoke()  # Unpacks sparse weights of half precision.
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    wanted = (
        schema.BuiltinOperator.CONV_2D,
        schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    )
    return [
        tuple(interpreter.get_tensor(index) for index in operator.inputs[1:])
        for operator in model.subgraphs[0].operators
        if model.operatorCodes[operator.opcodeIndex].builtinCode in wanted
    ]


def assign_blazeface_weights(
    network: keras.Model, path: str | os.PathLike = WEIGHTS_FILE
) -> None:
    """Puts the weights of an `.npz` into the network of `build_blazeface`.

    Args:
        network: of `build_blazeface`.
        path: the `.npz`; by default the one of this package.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is damaged, or weights are missing or of another
            shape; names the file.
    """
    assign_layer_weights(network, path, "BlazeFace's weights")


@dataclasses.dataclass(frozen=True)
class Options:
    """Arguments:"""

    source: str = argument(help="face_detection_full_range_sparse.tflite.")
    target: str = argument(help="The .npz to write.")


@command(__doc__, Options)
def main(line: CommandLine) -> None:
    """Converts the file that the command names."""
    options = line.read(Options)
    refuse_overwriting({"source": options.source}, {"target": options.target})
    content = read_content(options.source, MAX_BYTES)
    with clear_errors(options.source, "BlazeFace of TensorFlow Lite"):
        weights = convert(content)
    write_arrays(options.target, **weights)
    print(f"{len(weights)} arrays: {options.target}")


if __name__ == "__main__":
    start(main)
