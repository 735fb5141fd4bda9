"""A weight file of C3D in any form -> arrays in one form.

The one form: cross-correlation kernels [t, h, w, in, out]; dense kernels [in,
out] for pool5 flattened with channels last; float32, RGB. Published weights
take pixels of 0 to 255 minus the Sports-1M mean.

| form | kernels | flipped | colours | inputs of fc6 |
|---|---|---|---|---|
| Caffe | [out, in, t, h, w], [out, in] | no | BGR | channels first |
| PyTorch | [out, in, t, h, w], [out, in] | no | BGR | channels first |
| Keras, TensorFlow | [t, h, w, in, out], [in, out] | no | BGR | last |
| Keras, Theano | [out, in, t, h, w], [in, out] | yes | BGR | first |
| other `.npz` | of PyTorch or TensorFlow, by shape | no | BGR | likewise |
| ours, `.npz` and `.keras` | as above | no | RGB | channels last |

`rmdn_tf.encoders.c3d_layers` tells which array belongs to which layer.

BGR is OpenCV's order. Caffe's video layer and the public converter [2] keep it;
for the other ports it is assumed, although their examples feed RGB. `channels`
can say otherwise.

Theano convolves where the others correlate. Its converters flip all three axes
or only h and w: `theano_flip` says which. A TensorFlow file converted from a
Theano file may hold flipped kernels, too; the file does not show it.

pool5 turns 2x7x7 into 1x4x4. In Caffe, and with `padding="same"`, its windows
begin at 0, 2, 4, 6 and the last one is cut off. The ports begin at -1, 1, 3, 5;
the weights were trained with Caffe's.

References:
    1. https://github.com/facebookarchive/C3D, src/caffe/util/image_io.cpp
    2. https://github.com/axon-research/c3d-keras, convert_caffe_model.py
    3. https://github.com/adamcasson/c3d, c3d.py
    4. https://github.com/DavideA/c3d-pytorch, C3D_model.py
"""

import pathlib
from collections.abc import Mapping

import h5py
import numpy as np

from rmdn_tf.encoders.c3d_constants import PIXEL_SCALE, THEANO_FLIPS
from rmdn_tf.encoders.c3d_layers import LAYERS, find_layers
from rmdn_tf.encoders.caffe import read_caffe_arrays
from rmdn_tf.files.archives import open_archive
from rmdn_tf.files.arrays import list_shapes, unpack_arrays
from rmdn_tf.files.hdf5 import check_datasets, datasets_of, open_hdf5
from rmdn_tf.files.json_files import parse_json
from rmdn_tf.files.pytorch import read_state_dict

# Names of the models of `build_c3d` and `build_rmdn`.
OUR_MODELS = ("c3d", "rmdn")

# Limit for all arrays of a file. C3D with fc8 has 8e7 numbers.
MAX_NUMBERS = 2**27

# A Caffe file may hold each number and its gradient.
MAX_BYTES = 8 * MAX_NUMBERS

MAX_CONFIG_BYTES = 2**20
# Schema of the part of a .keras file's `config.json` that is read.
NAMED = {
    "type": "object",
    "properties": {
        "config": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
        }
    },
    "required": ["config"],
}

# Name of the weights inside a .keras file.
WEIGHTS_FILE = "model.weights.h5"


class FoundWeights(dict[str, np.ndarray]):
    """Weights by our names, float32.

    Attributes:
        sources: name and shape in the file of each array.
        listed: what the file holds, for errors.
    """

    sources: dict[str, str]
    listed: str


def find_form(content: bytes) -> str | None:
    """Finds a file's form by its first bytes; None if unknown."""
    if content[:8] == b"\x89HDF\r\n\x1a\n":
        return "keras_hdf5"
    if content[:4] == b"PK\x03\x04":
        return _find_zipped_form(content)
    if content[:1] == b"\x80":  # Begins every pickle of protocol 2 and later.
        return "pytorch"
    # Begins with the field `name` or with a layer.
    if content[:1] in (b"\x0a", b"\x12") or content[:2] == b"\xa2\x06":
        return "caffe"
    return None


def _find_zipped_form(content):
    with open_archive(content, MAX_BYTES) as file:
        names = file.namelist()
    if WEIGHTS_FILE in names:
        return "keras"
    if any(name.endswith("data.pkl") for name in names):
        return "pytorch"
    if all(name.endswith(".npy") for name in names):
        return "npz" if "conv1a/kernel.npy" in names else "arrays"
    return None


def read_caffe(content: bytes) -> FoundWeights:
    """Reads `layers` of 2014 or `layer` of today; also layers fc6-1, fc7-1."""
    arrays = {}
    for name, blobs in read_caffe_arrays(content).items():
        if name in LAYERS and len(blobs) != 2:
            raise ValueError(f"layer '{name}' with {len(blobs)} arrays, not 2")
        kernel, bias = blobs if len(blobs) == 2 else (blobs[0], None)
        if set(kernel.shape[:-2]) == {1}:  # [1, 1, 1, out, in]
            kernel = kernel.reshape(kernel.shape[-2:])
        arrays[f"{name}/0"] = kernel
        if bias is not None:
            arrays[f"{name}/1"] = bias.reshape(-1)
    return _from_channels_first(_named(arrays))


def read_pytorch(path: pathlib.Path, content: bytes) -> FoundWeights:
    """Reads a state dict; layer names may have any prefix."""
    state = read_state_dict(path, content, MAX_NUMBERS)
    return _from_channels_first(_named(state))


def read_keras_hdf5(content: bytes, theano_flip: str | None) -> FoundWeights:
    """Reads weights or a whole model of Keras 0 to 3."""
    with open_hdf5(content) as root:
        name = root["vars"].attrs.get("name") if "vars" in root else None
        if name in OUR_MODELS:
            raise ValueError(
                f"the weights of our model '{name}', which takes scaled "
                "pixels; save its C3D as .keras"
            )
        weights = _named(_hdf5_arrays(root))
    if not _has_channels_first(weights):
        return weights
    if theano_flip is None:
        raise ValueError(
            "kernels [out, in, t, h, w] as for Theano, which convolves; "
            "`theano_flip` must say which axes the file's converter turned: "
            f"one of {', '.join(THEANO_FLIPS)}"
        )
    return _from_theano(weights, theano_flip)


def read_keras(content: bytes) -> FoundWeights:
    """Reads only the arrays of a saved `build_c3d`; executes no code."""
    with open_archive(content, MAX_BYTES) as file:
        if file.getinfo("config.json").file_size > MAX_CONFIG_BYTES:
            raise ValueError(f"a config.json over {MAX_CONFIG_BYTES} bytes")
        text = file.read("config.json")
        name = parse_json(text, NAMED, "'config.json'")["config"]["name"]
        if name != OUR_MODELS[0]:
            raise ValueError(f"a model '{name}', not '{OUR_MODELS[0]}'")
        weights_file = file.read(WEIGHTS_FILE)
    with open_hdf5(weights_file) as root:
        weights = _named(_hdf5_arrays(root))
    if "conv1a/kernel" in weights:
        weights["conv1a/kernel"] = weights["conv1a/kernel"] * PIXEL_SCALE
    return weights


def read_npz(content: bytes) -> FoundWeights:
    """Reads a file of `c3d_weights.save_c3d_weights`."""
    return _named(unpack_arrays(content, MAX_BYTES))


def read_any_npz(content: bytes, theano_flip: str | None) -> FoundWeights:
    """Reads named or numbered arrays in the axes of PyTorch or Keras."""
    weights = _named(unpack_arrays(content, MAX_BYTES))
    if not _has_channels_first(weights):
        return weights
    if theano_flip:
        return _from_theano(weights, theano_flip)
    return _from_channels_first(weights)


def _has_channels_first(weights: FoundWeights) -> bool:
    """Tells by the kernel of colours whether axes are [out, in, t, h, w]."""
    shape = weights.get("conv1a/kernel", np.zeros(0)).shape
    return shape[:4] != (3, 3, 3, 3) and shape[1:] == (3, 3, 3, 3)


def _hdf5_arrays(root: h5py.Group) -> dict[str, h5py.Dataset]:
    """Returns the arrays of a file, not read yet, by names with their layer."""
    arrays = {}
    for path, dataset in datasets_of(root).items():
        # Keras 3 names the layer in an attribute of the group.
        layer = _text(dataset.parent.attrs.get("name", ""))
        if dataset.shape is not None:
            arrays[f"{layer}/{path}" if layer else path] = dataset
    return arrays


def _text(value) -> str:
    return value.decode("utf-8", "replace") if type(value) is bytes else value


def _named(arrays: Mapping[str, np.ndarray | h5py.Dataset]) -> FoundWeights:
    """Reads the arrays of C3D's layers, and names them by layer."""
    names = find_layers(arrays)
    datasets = {name: arrays[name] for name in names.values()}
    if any(isinstance(array, h5py.Dataset) for array in datasets.values()):
        check_datasets(datasets, MAX_NUMBERS)
    weights = FoundWeights()
    for key, name in names.items():
        array = np.asarray(arrays[name])
        if array.dtype.kind != "f":
            raise ValueError(f"'{key}' of type {array.dtype}, not float")
        weights[key] = array.astype(np.float32, copy=False)
    weights.listed = list_shapes(arrays)
    weights.sources = {
        key: f"{name} {tuple(arrays[name].shape)}"
        for key, name in names.items()
    }
    return weights


def _from_channels_first(weights: FoundWeights) -> FoundWeights:
    """Reorders the axes of Caffe and PyTorch."""
    for name, array in weights.items():
        if array.ndim == 5:
            weights[name] = array.transpose(2, 3, 4, 1, 0)
        elif array.ndim == 2:
            weights[name] = array.T
    return _with_channels_last(weights)


def _from_theano(weights: FoundWeights, flip: str) -> FoundWeights:
    """Undoes the converter's flip, then reorders the axes."""
    axes = THEANO_FLIPS[flip]
    for name, array in weights.items():
        if array.ndim == 5:
            weights[name] = np.flip(array, axes).transpose(2, 3, 4, 1, 0)
    return _with_channels_last(weights)


def _with_channels_last(weights: FoundWeights) -> FoundWeights:
    """Reorders the inputs of fc6 to channels last."""
    kernel = weights.get("fc6/kernel", np.zeros(0))
    channels = weights.get("conv5b/bias", np.zeros(0)).size
    # Other shapes are reported later, by the check of all shapes.
    if kernel.ndim == 2 and channels and len(kernel) % channels == 0:
        places = kernel.reshape(channels, -1, kernel.shape[1])
        weights["fc6/kernel"] = places.transpose(1, 0, 2).reshape(kernel.shape)
    return weights
