"""C3D's weights under any names: recognized by order and shapes, or refused."""

import sys
import types

import h5py
import numpy as np
import pytest

from rmdn_tf import convert_weights
from rmdn_tf.encoders.c3d_layers import CONVOLUTIONS, DENSE, find_layers
from rmdn_tf.encoders.c3d_weights import read_c3d_weights
from rmdn_tf.encoders.efficientnet_weights import convert
from tests.helpers.foreign_network import read_foreign
from tests.helpers.foreign_weights import FOREIGN, channels_last, write_theano

OURS = CONVOLUTIONS + DENSE
RANDOM = np.random.default_rng(4)
# With the classifier, which is to be left out.
LAYERS = FOREIGN | {
    "fc8": [RANDOM.normal(size=(6, 4)).astype("f4"), np.ones(6, "f4")]
}
# Numbers of the layers in a sequence that also has pools and activations.
FEATURES = dict(zip(LAYERS, [0, 3, 6, 8, 11, 13, 16, 18], strict=False))
CLASSIFIER = {"fc6": 0, "fc7": 3, "fc8": 6}
KERAS_0 = dict(zip(LAYERS, [0, 2, 4, 5, 7, 8, 10, 11, 15, 17, 19], strict=True))


class Tensor:
    """In the place of PyTorch's."""

    def __init__(self, array):
        self.numpy = lambda: np.asarray(array, np.float32)
        self.dim, self.numel = lambda: np.ndim(array), lambda: np.size(array)

    def float(self):
        return self


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """Writes a file that a made-up PyTorch reads as a given dictionary."""

    def write(state):
        torch = types.SimpleNamespace(
            __version__="2.6.0", Tensor=Tensor, load=lambda *_, **__: state
        )
        monkeypatch.setitem(sys.modules, "torch", torch)
        path = tmp_path / "c3d.pt"
        path.write_bytes(b"\x80\x02}.")
        return path

    return write


def sequential(front=""):
    """Names of the C3D that stores its layers as two sequences."""
    state = {}
    for name, arrays in LAYERS.items():
        part, numbers = "features", FEATURES
        if name in CLASSIFIER:
            part, numbers = "classifier", CLASSIFIER
        for role, array in zip(("weight", "bias"), arrays, strict=True):
            state[f"{front}{part}.{numbers[name]}.{role}"] = Tensor(array)
    return state


def nested(state, *keys):
    for key in reversed(keys):
        state = {key: state}
    return state


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return read_foreign(tmp_path_factory.mktemp("caffe"))


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


@pytest.mark.parametrize("front", ["", "module.", "backbone.", "a.b.c3d."])
@pytest.mark.parametrize(
    "keys",
    [
        (),
        ("state_dict",),
        ("model_state_dict",),
        ("model",),
        ("net",),
        ("network",),
        ("weights",),
        ("checkpoint", "model", "state_dict"),
    ],
)
def test_numbered_layers_of_pytorch_are_recognized_in_any_wrapper(
    checkpoint, expected, keys, front
):
    moments = {0: {"exp_avg": Tensor(LAYERS["conv1"][0])}}
    state = nested(sequential(front), *keys) | {
        "optimizer_state_dict": {"state": moments, "param_groups": [{"lr": 1}]},
        "optim": {"state": moments},
        "epoch": 3,
        "best": Tensor(np.float32(0.5)),
    }
    assert_equal(read_c3d_weights(checkpoint(state)), expected)


def test_layers_that_are_named_after_their_number_are_recognized(
    checkpoint, expected
):
    """`layer4b.0.weight` comes before `layer5a.0.weight`."""
    state = {}
    for name, arrays in LAYERS.items():
        layer = name.replace("conv", "layer").replace("fc", "linear")
        for role, array in zip(("weight", "bias"), arrays, strict=True):
            state[f"{layer}.0.{role}"] = Tensor(array)
    # Modules may be registered in any order.
    state = dict(reversed(state.items()))
    assert_equal(read_c3d_weights(checkpoint(state)), expected)


def test_keras_of_2015_numbers_layers_and_parameters(tmp_path, expected):
    path = tmp_path / "c3d-sports1M_weights.h5"
    write_theano(path, LAYERS)
    with h5py.File(path, "a") as root:
        for name, number in KERAS_0.items():
            group = root.create_group(f"layer_{number}")
            group["param_0"] = root[f"{name}/{name}_W"][()]
            group["param_1"] = root[f"{name}/{name}_b"][()]
            del root[name]
        for number in (1, 3, 6, 9, 12, 13, 14, 16, 18):
            root.create_group(f"layer_{number}")
    with pytest.raises(ValueError, match="theano_flip"):
        read_c3d_weights(path)
    assert_equal(read_c3d_weights(path, theano_flip="thw"), expected)


def default_name(kind, number, first):
    number += first
    return f"{kind}_{number}" if number else kind


@pytest.mark.parametrize("first", [0, 1, 7])  # 7: the third model of a process.
@pytest.mark.parametrize(
    ("place", "conv", "kernel", "bias"),
    [
        ("{0}/{0}_W", "convolution3d", "{0}/{0}_W", "{0}/{0}_b"),
        ("2", "conv3d", "{0}/{0}/kernel:0", "{0}/{0}/bias:0"),
        ("2m", "conv3d", *["model_weights/{0}/{0}/" + n for n in ("k", "b")]),
        ("3", "conv3d", "layers/{0}/vars/0", "layers/{0}/vars/1"),
    ],
)
def test_default_names_of_keras_are_recognized(
    tmp_path, expected, first, place, conv, kernel, bias
):
    path = tmp_path / "c3d.h5"
    with h5py.File(path, "w") as root:
        root["optimizer/vars/1"] = np.zeros((3, 3, 3, 3, 2), "f4")
        for number, (name, arrays) in enumerate(LAYERS.items()):
            layer = default_name(conv, number, first)
            if name.startswith("fc"):
                layer = default_name("dense", number - 8, first)
            root[kernel.format(layer)] = channels_last(name, arrays[0])
            root[bias.format(layer)] = arrays[1]
    assert_equal(read_c3d_weights(path), expected)


@pytest.mark.parametrize("form", [channels_last, lambda name, kernel: kernel])
def test_a_list_of_arrays_is_recognized(tmp_path, expected, form):
    arrays = []
    for name, (kernel, bias) in LAYERS.items():
        arrays += [form(name, kernel), bias]
    np.savez(tmp_path / "list.npz", *arrays)
    assert_equal(read_c3d_weights(tmp_path / "list.npz"), expected)


def test_named_arrays_of_pytorch_in_an_npz_are_recognized(tmp_path, expected):
    arrays = {name: t.numpy() for name, t in sequential("module.").items()}
    np.savez(tmp_path / "state.npz", **arrays)
    assert_equal(read_c3d_weights(tmp_path / "state.npz"), expected)


def test_the_command_tells_what_it_took_for_what(checkpoint, capsys):
    path = checkpoint(sequential("module."))
    output = path.with_name("out.npz")
    assert convert_weights.main([str(path), str(output)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("conv5b/kernel ")] == [
        f"conv5b/kernel  {'3 x 3 x 3 x 4 x 3':24} "
        "from features.18.weight (3, 4, 3, 3, 3)"
    ]
    assert "kernels not flipped, colours BGR" in lines
    assert len([line for line in lines if " from " in line]) == 20
    assert not [line for line in lines if "classifier.6" in line]


def test_an_order_that_neither_names_nor_shapes_tell_is_refused(checkpoint):
    words = {}
    state = {}
    for name, tensor in sequential().items():
        layer, role = name.rsplit(".", 1)
        word = words.setdefault(layer, chr(ord("a") + len(words)))
        state[f"{word}.{role}"] = tensor
    with pytest.raises(ValueError, match="their order is unknown") as error:
        read_c3d_weights(checkpoint(state))
    assert "names without numbers" in str(error.value)
    assert "found: a.weight (2, 3, 3, 3, 3), a.bias (2,)" in str(error.value)


# C3D's own widths: the last three kernels are alike.
WIDTHS = [3, 64, 128, 256, 256, 512, 512, 512, 512]


def real_shapes(names):
    """Kernels, biases and dense layers of C3D, by the names of the layers."""
    shapes = {
        f"{name}/kernel": (3, 3, 3, before, after)
        for name, before, after in zip(names, WIDTHS, WIDTHS[1:], strict=False)
    }
    for name, shape in zip(
        names[8:], [(8192, 4096), (4096, 4096), (4096, 487)], strict=True
    ):
        shapes[f"{name}/kernel"] = shape
    biases = {
        name.replace("kernel", "bias"): shape[-1:]
        for name, shape in shapes.items()
    }
    return {
        name: types.SimpleNamespace(shape=shape)
        for name, shape in (shapes | biases).items()
    }


def test_c3d_itself_is_recognized_by_numbers_of_layers():
    names = [f"layer_{number}" for number in KERAS_0.values()]
    found = find_layers(real_shapes(names))
    assert [found[f"{layer}/kernel"] for layer in OURS] == [
        f"{name}/kernel" for name in names[:10]
    ]
    assert found["fc7/bias"] == "layer_17/bias" and len(found) == 20


def test_three_kernels_of_c3d_are_alike_without_numbers():
    names = "one two three four five six seven eight nine ten eleven".split()
    with pytest.raises(ValueError, match="their order is unknown"):
        find_layers(real_shapes(names))
    named = [*names[:5], "b_1", "b_2", "b_3", *names[8:]]
    found = find_layers(real_shapes(named))
    assert found["conv5b/kernel"] == "b_3/kernel"


def test_an_order_that_shapes_alone_tell_needs_no_numbers(checkpoint):
    widths = [3, 2, 4, 5, 6, 7, 8, 9, 10]
    kernels = [
        np.full((after, before, 3, 3, 3), after, "f4")
        for before, after in zip(widths, widths[1:], strict=False)
    ]
    state = {}
    for name, kernel in zip("hfgbdace", kernels, strict=True):
        state[f"{name}.weight"] = Tensor(kernel)
        state[f"{name}.bias"] = Tensor(np.zeros(len(kernel), "f4"))
    found = read_c3d_weights(checkpoint(state))
    assert [found[f"conv{n}/bias"].size for n in ("1a", "3a", "5b")] == [
        2,
        5,
        10,
    ]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda s: s.pop("features.18.weight"), "7 kernels of 3x3x3, not 8"),
        (lambda s: s.pop("features.13.bias"), "without conv4b/bias"),
        (
            lambda s: s.update({"features.1.running_mean": Tensor(np.ones(2))}),
            "batch normalization, which C3D lacks, in 'features.1.running_m",
        ),
        (
            lambda s: s.update(
                {"features.3.weight": Tensor(np.ones((7, 2, 3, 3, 3)))}
            ),
            "do not take what the one before",
        ),
    ],
)
def test_an_error_tells_what_the_file_holds(checkpoint, change, cause):
    state = sequential()
    change(state)
    with pytest.raises(ValueError, match=cause) as error:
        read_c3d_weights(checkpoint(state))
    found = "features.0.weight (2, 3, 3, 3, 3)"
    assert ("batch" in cause) or found in str(error.value)
    assert len(str(error.value)) < 1500


def test_a_file_of_another_network_is_told_by_some_of_its_arrays(checkpoint):
    state = {f"layer{n}.weight": Tensor(np.ones((n, 2))) for n in range(1, 90)}
    with pytest.raises(ValueError) as error:
        read_c3d_weights(checkpoint(state))
    assert "0 kernels of 3x3x3" in str(error.value)
    assert "layer3.weight (3, 2)" in str(error.value)
    assert "and 69 more" in str(error.value)


def test_named_layers_that_are_missing_are_told_with_what_is_there(checkpoint):
    state = {"conv1.weight": Tensor(LAYERS["conv1"][0])}
    state["head.weight"] = Tensor(np.ones((5, 7)))
    with pytest.raises(ValueError, match="without conv1a/bias, c") as error:
        read_c3d_weights(checkpoint(state))
    assert "head.weight (5, 7)" in str(error.value)


def test_efficientnet_may_have_anything_in_front_of_its_names():
    state = {"model.net._conv_stem.weight": np.full((1, 1, 1, 1), 3.0)}
    state["model.net._bn0.weight"] = np.full(1, 2.0)
    state["model.net._bn0.bias"] = np.full(1, 5.0)
    state["criterion.weight"] = np.ones(4)
    with pytest.raises(ValueError, match=r"'_bn0.running_var.*criterion.w"):
        convert(state)
