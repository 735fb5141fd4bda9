"""Pretrained weights of C3D: reads any form, checks, fills the network.

    weights = read_c3d_weights("conv3d_deepnetA_sport1m_iter_1900000")
    save_c3d_weights("c3d.npz", weights)
    assign_c3d_weights(build_c3d(), weights)

Weights are a dict of float32 arrays: `conv1a/kernel`, `conv1a/bias`, ...,
`conv5b/bias`, and, if the file has them, `fc6/...` and `fc7/...`. For axes and
file forms see `rmdn_tf.encoders.c3d_weight_files`. The Sports-1M classifier,
fc8, is left out.
"""

import os
import pathlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from rmdn_tf.encoders.c3d_constants import (
    CHANNELS,
    PIXEL_SCALE,
    THEANO_FLIPS,
)
from rmdn_tf.encoders.c3d_layers import CONVOLUTIONS, DENSE
from rmdn_tf.encoders.c3d_weight_files import (
    MAX_BYTES,
    FoundWeights,
    find_form,
    read_any_npz,
    read_caffe,
    read_keras,
    read_keras_hdf5,
    read_npz,
    read_pytorch,
)
from rmdn_tf.files.arrays import write_arrays
from rmdn_tf.files.reading import clear_errors, read_content

if TYPE_CHECKING:
    import keras

FORMS = {
    "keras_hdf5": "a Keras HDF5 file of C3D's weights",
    "pytorch": "a PyTorch state dict of C3D, of tensors only",
    "caffe": "a .caffemodel of C3D",
    "npz": "a .npz of C3D's weights",
    "arrays": "a .npz of C3D's arrays, as PyTorch or Keras has them",
    "keras": "a .keras of C3D",
}
KIND = "C3D weights"
OURS = ("npz", "keras")

# Limit for the places of pool5 that fc6 sees; the paper's network has 4 x 4.
MAX_PLACES = 32 * 32


def read_c3d_weights(
    path: str | os.PathLike,
    channels: str = "bgr",
    theano_flip: str | None = None,
    report: Callable[[str], None] | None = None,
) -> dict[str, np.ndarray]:
    """Reads C3D's weights, RGB; finds the file's form by its content.

    Layers are found by their names, otherwise by order and shapes, see
    `rmdn_tf.encoders.c3d_layers`.

    Args:
        path: a local file.
        channels: "bgr" or "rgb", the colours that the first kernel of a
            foreign file takes; our own files always take RGB.
        theano_flip: "thw" or "hw", the axes flipped in kernels for Theano.
        report: takes lines, such as `print`: which array of the file was taken
            for which layer, and how its axes and colours were understood.

    Returns:
        "<layer>/kernel" and "<layer>/bias" -> float32 array, for the layers in
        the file.

    Raises:
        ValueError: the file is of an unknown form, damaged or lacks layers,
            or its layers do not fit each other; or an argument is invalid.
        ImportError: a PyTorch file, and PyTorch 2.6 is missing.
        OSError: the file cannot be read.
    """
    check_choice(CHANNELS, channels=channels)
    check_choice((None, *THEANO_FLIPS), theano_flip=theano_flip)
    path = pathlib.Path(path)
    content = read_content(path, MAX_BYTES)
    form = _form_of(path, content)
    with clear_errors(path, FORMS[form], KIND):
        found = _read(path, content, form, theano_flip)
        _check_whole(found, f"; found: {found.listed}")
    if channels == "bgr" and form not in OURS:
        found["conv1a/kernel"] = found["conv1a/kernel"][..., ::-1, :]
    weights = {name: np.ascontiguousarray(found[name]) for name in found}
    if report is not None:
        for line in _taken(found, form, channels, theano_flip):
            report(line)
    return weights


def _taken(found: FoundWeights, form, channels, theano_flip) -> list[str]:
    """Tells which array was taken for which layer, and as what."""
    lines = [
        f"{name:14} {' x '.join(map(str, array.shape)):24} "
        f"from {found.sources[name]}"
        for name, array in found.items()
    ]
    if form in OURS:
        return lines
    flip = f"flipped along {theano_flip}" if theano_flip else "not flipped"
    return [*lines, f"kernels {flip}, colours {channels.upper()}"]


def require_npz(path: str | os.PathLike) -> None:
    """Makes sure that a path is one for `save_c3d_weights`.

    Raises:
        ValueError: the path does not end in `.npz`.
    """
    if not os.fspath(path).endswith(".npz"):
        raise ValueError(
            "Invalid output. Expected a name ending in .npz. "
            f"Received: '{path}'."
        )


def save_c3d_weights(
    path: str | os.PathLike, weights: dict[str, np.ndarray]
) -> None:
    """Writes the weights as `.npz`, whole or not at all.

    Args:
        path: name of the file, ending in `.npz`.
        weights: of `read_c3d_weights`.

    Raises:
        ValueError: weights are missing, or the path does not end in `.npz`.
        OSError: the file cannot be written.
    """
    require_npz(path)
    with clear_errors(path, "all weights of C3D", KIND):
        _check_whole(weights)
    write_arrays(path, **weights)


def assign_c3d_weights(
    network: "keras.Model", weights: Mapping[str, np.ndarray]
) -> None:
    """Puts weights into a network of `build_c3d`.

    Weights of layers that the network lacks are ignored. The first kernel is
    divided by `PIXEL_SCALE`, as `c3d_preprocessing` scales its input.

    Args:
        network: of `build_c3d`.
        weights: of `read_c3d_weights`.

    Raises:
        ValueError: the network has other layers or shapes; it is unchanged.
    """
    expected = _expected_shapes(network)
    problems = _differences(expected, weights)
    if problems:
        raise ValueError(
            f"Invalid `weights`. Expected those of network '{network.name}'. "
            f"Received: {'; '.join(problems)}."
        )
    first = weights["conv1a/kernel"] / PIXEL_SCALE
    weights = {**weights, "conv1a/kernel": first}
    for name in _layers_with_weights(network):
        network.get_layer(name).set_weights(
            [weights[f"{name}/kernel"], weights[f"{name}/bias"]]
        )


def check_choice(choices: tuple, **given: str | None) -> None:
    """Refuses an argument other than the choices, by a ValueError."""
    ((name, value),) = given.items()
    if value not in choices:
        raise ValueError(
            f"Invalid `{name}`. Expected one of {choices}. "
            f"Received: {name}={value!r}."
        )


def _form_of(path, content) -> str:
    with clear_errors(path, f"one of {', '.join(FORMS.values())}", KIND):
        form = find_form(content)
        if form is None:
            raise ValueError(f"another form, which begins with {content[:8]}")
        return form


def _read(path, content, form, theano_flip) -> FoundWeights:
    if form == "keras_hdf5":
        return read_keras_hdf5(content, theano_flip)
    if form == "arrays":
        return read_any_npz(content, theano_flip)
    if form == "pytorch":
        return read_pytorch(path, content)
    readers = {"caffe": read_caffe, "npz": read_npz, "keras": read_keras}
    return readers[form](content)


def _check_whole(weights, found: str = "") -> None:
    """Refuses weights that lack layers or do not fit each other."""
    problems = _differences(_shapes_of(weights), weights)
    problems += [
        f"'{name}' holds values that are not finite"
        for name, array in weights.items()
        if not np.all(np.isfinite(array))
    ]
    if problems:
        raise ValueError("; ".join(problems) + found)


def _shapes_of(weights: Mapping[str, np.ndarray]) -> dict[str, tuple]:
    """Returns the shape that each array must have after the layer before it."""
    shapes: dict[str, tuple] = {}
    before: int | str = 3
    for name in CONVOLUTIONS:
        kernel = weights.get(f"{name}/kernel", np.zeros(0))
        width = kernel.shape[-1] if kernel.ndim == 5 else "out"
        shapes[f"{name}/kernel"] = (3, 3, 3, before, width)
        shapes[f"{name}/bias"] = (width,)
        before = width
    for name in _dense_up_to_the_last(weights):
        kernel = weights.get(f"{name}/kernel", np.zeros(0))
        rows, width = kernel.shape if kernel.ndim == 2 else ("in", "out")
        if name == "fc6" and _is_multiple(rows, before):
            before = rows  # pool5 may have any number of places.
        shapes[f"{name}/kernel"] = (before, width)
        shapes[f"{name}/bias"] = (width,)
        before = width
    return shapes


def _dense_up_to_the_last(weights):
    """Names the dense layers that must be there: fc7 needs fc6."""
    present = {name.split("/")[0] for name in weights}
    last = max((i for i, n in enumerate(DENSE, 1) if n in present), default=0)
    return DENSE[:last]


def _is_multiple(rows, channels):
    return (
        isinstance(rows, int)
        and isinstance(channels, int)
        and 0 < rows <= channels * MAX_PLACES
        and rows % channels == 0
    )


def _differences(expected: dict, weights: Mapping) -> list[str]:
    missing = [name for name in expected if name not in weights]
    problems = [f"without {', '.join(missing)}"] if missing else []
    for name, shape in expected.items():
        found = weights[name].shape if name in weights else shape
        if found != shape or 0 in found:
            sizes = ", ".join(map(str, shape))
            problems.append(f"'{name}' of shape {found}, not ({sizes})")
    return problems


def _layers_with_weights(network) -> list[str]:
    """Names all convolutions and the dense layers of a network."""
    found = {layer.name for layer in network.layers}
    missing = [name for name in CONVOLUTIONS if name not in found]
    if missing:
        raise ValueError(
            f"Invalid `network`. Expected C3D's eight convolutions. "
            f"Received: '{network.name}' without {', '.join(missing)}."
        )
    return CONVOLUTIONS + [name for name in DENSE if name in found]


def _expected_shapes(network) -> dict[str, tuple]:
    shapes = {}
    for name in _layers_with_weights(network):
        kernel, bias = network.get_layer(name).get_weights()
        shapes[f"{name}/kernel"] = kernel.shape
        shapes[f"{name}/bias"] = bias.shape
    return shapes
