"""C3D's weights as others keep them: one narrow network, every form."""

import struct

import h5py
import numpy as np
import pytest

FILTERS = ((2,), (3,), (4, 3), (2, 5), (4, 3))
LAYERS = "conv1 conv2 conv3a conv3b conv4a conv4b conv5a conv5b".split()
OURS = {"conv1": "conv1a", "conv2": "conv2a"}
CAFFE = {**OURS, "fc6": "fc6-1", "fc7": "fc7-1"}
PLACES = (1, 2, 2)  # Of pool5, as fc6 sees it.


def make_foreign():
    """Kernels [out, in, t, h, w] and [out, in] for BGR, as Caffe keeps them."""
    random = np.random.default_rng(0)
    widths = [3, *(width for block in FILTERS for width in block)]
    weights = {}
    for name, before, width in zip(LAYERS, widths, widths[1:], strict=False):
        kernel = random.normal(size=(width, before, 3, 3, 3))
        weights[name] = kernel / (27 * before) ** 0.5, random.normal(size=width)
    for name, before, width in [("fc6", 12, 5), ("fc7", 5, 4)]:
        weights[name] = random.normal(size=(width, before)), np.ones(width)
    return {
        name: [array.astype(np.float32) for array in arrays]
        for name, arrays in weights.items()
    }


FOREIGN = make_foreign()


def channels_last(name, kernel):
    """One kernel the way a TensorFlow port keeps it."""
    if name == "fc6":
        kernel = np.moveaxis(kernel.reshape(5, 3, *PLACES), 1, -1)
        kernel = kernel.reshape(5, 12)
    return kernel.transpose(2, 3, 4, 1, 0) if kernel.ndim == 5 else kernel.T


def varint(value):
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def field(number, value):
    """One field of Protocol Buffers: an integer, or bytes with their size."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def blob_of_2014(array):
    sizes = (1,) * (5 - array.ndim) + array.shape
    message = b"".join(field(n, size) for n, size in enumerate(sizes, 1))
    return message + field(6, array.astype("<f4").tobytes())


def blob_of_today(array):
    shape = b"".join(varint(size) for size in array.shape)
    return field(5, array.astype("<f4").tobytes()) + field(7, field(1, shape))


def unpacked_blob(array):
    numbers = (struct.pack("<f", x) for x in array.ravel())
    shape = b"".join(field(1, size) for size in array.shape)
    data = b"".join(varint(5 << 3 | 5) + number for number in numbers)
    return data + field(7, shape)


def write_caffe(path, weights, blob=blob_of_2014, layers=2, name_at=4, at=6):
    message = field(1, b"DeepConv3DNet") + field(
        layers, field(name_at, b"data")
    )
    for name, arrays in weights.items():
        layer = field(name_at, CAFFE.get(name, name).encode())
        layer += b"".join(field(at, blob(array)) for array in arrays)
        message += field(layers, layer)
    path.write_bytes(message)


def write_caffe_of_today(path, weights):
    write_caffe(path, weights, blob_of_today, 100, 1, 7)


def write_caffe_unpacked(path, weights):
    write_caffe(path, weights, unpacked_blob, 100, 1, 7)


def write_keras_1(path, weights):
    with h5py.File(path, "w") as root:
        for name, (kernel, bias) in weights.items():
            group = root.create_group(name)
            group[f"{name}_W"] = channels_last(name, kernel)
            group[f"{name}_b"] = bias


def write_keras_2_model(path, weights):
    with h5py.File(path, "w") as root:
        root["optimizer_weights/conv1/momentum"] = np.zeros(2, np.float32)
        for name, (kernel, bias) in weights.items():
            group = root.create_group(f"model_weights/{name}/{name}")
            group["kernel:0"] = channels_last(name, kernel)
            group["bias:0"] = bias


def write_keras_3(path, weights):
    with h5py.File(path, "w") as root:
        for number, (name, (kernel, bias)) in enumerate(weights.items()):
            group = root.create_group(f"layers/layer_{number}/vars")
            group.attrs["name"] = name
            group["0"], group["1"] = channels_last(name, kernel), bias


def write_theano(path, weights, axes=(2, 3, 4)):
    with h5py.File(path, "w") as root:
        for name, (kernel, bias) in weights.items():
            is_dense = kernel.ndim == 2
            turned = kernel.T if is_dense else np.flip(kernel, axes)
            root[f"{name}/{name}_W"] = turned
            root[f"{name}/{name}_b"] = bias


def state_dict(torch, weights, prefix=""):
    return {
        f"{prefix}{name}.{role}": torch.from_numpy(array)
        for name, arrays in weights.items()
        for role, array in zip(("weight", "bias"), arrays, strict=True)
    }


def needs_torch():
    return pytest.importorskip("torch", reason="PyTorch writes its own files")


def write_torch(path, weights):
    torch = needs_torch()
    torch.save(state_dict(torch, weights), path)


def write_old_torch(path, weights):
    torch = needs_torch()
    state = {"state_dict": state_dict(torch, weights, "module."), "epoch": 3}
    torch.save(state, path, _use_new_zipfile_serialization=False)


WRITERS = [
    write_caffe,
    write_caffe_of_today,
    write_caffe_unpacked,
    write_keras_1,
    write_keras_2_model,
    write_keras_3,
    write_torch,
    write_old_torch,
]
