"""Puts the arrays of a file into the layers of a network, by name."""

import os

import keras

from rmdn_tf.files.arrays import read_arrays
from rmdn_tf.files.reading import clear_errors


def assign_layer_weights(
    network: keras.Model, path: str | os.PathLike, description: str
) -> None:
    """Puts arrays `<layer>/kernel` and `<layer>/bias` of an `.npz` into layers.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is damaged, or weights are missing or of another
            shape; names the file, and the description of what was expected.
    """
    layers = [layer for layer in network.layers if layer.weights]
    found = read_arrays(path)
    with clear_errors(path, description):
        for layer in layers:
            names = [f"{layer.name}/kernel", f"{layer.name}/bias"]
            missing = [name for name in names if name not in found]
            if missing:
                raise ValueError(f"a file without {', '.join(missing)}")
            layer.set_weights([found[name] for name in names])
