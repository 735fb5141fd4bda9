"""C3D's weights in the forms of others: written here, read back, computed."""

import io
import json
import os
import pickle
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmdn_tf import convert_weights
from rmdn_tf.encoders.c3d import build_c3d
from rmdn_tf.encoders.c3d_weights import (
    assign_c3d_weights,
    read_c3d_weights,
    save_c3d_weights,
)
from tests.helpers.foreign_network import (
    FRAMES,
    assert_close,
    c3d_with_fc7,
    features_of,
    read_foreign,
    reference_features,
)
from tests.helpers.foreign_weights import (
    FILTERS,
    FOREIGN,
    LAYERS,
    PLACES,
    WRITERS,
    write_caffe,
    write_keras_1,
    write_theano,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def weights(tmp_path_factory):
    return read_foreign(tmp_path_factory.mktemp("foreign"))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "file"  # No suffix: the content tells.


def assert_refused(path, message):
    with pytest.raises(ValueError, match=message):
        read_c3d_weights(path)


each_form = pytest.mark.parametrize("write", WRITERS)


@each_form
def test_a_foreign_file_gives_the_features_of_its_own_network(file, write):
    write(file, FOREIGN)
    weights = read_c3d_weights(file)
    assert weights["conv1a/kernel"].shape == (3, 3, 3, 3, 2)
    assert {array.dtype for array in weights.values()} == {np.dtype("f4")}
    assert_close(features_of(weights), reference_features(FRAMES))


@each_form
def test_fc6_sees_every_place_and_channel_where_it_learned_them(file, write):
    write(file, FOREIGN)
    weights = read_c3d_weights(file)
    pool5 = np.random.default_rng(2).normal(size=(3, *PLACES))
    hidden = FOREIGN["fc6"][0] @ pool5.ravel() + FOREIGN["fc6"][1]
    expected = FOREIGN["fc7"][0] @ hidden + FOREIGN["fc7"][1]
    found = np.moveaxis(pool5, 0, -1).ravel() @ weights["fc6/kernel"]
    found = (found + weights["fc6/bias"]) @ weights["fc7/kernel"]
    assert_close(found + weights["fc7/bias"], expected)


@pytest.mark.parametrize(("flip", "axes"), [("thw", (2, 3, 4)), ("hw", (3, 4))])
def test_a_theano_file_is_read_once_its_turned_axes_are_named(
    file, weights, flip, axes
):
    write_theano(file, FOREIGN, axes)
    assert_refused(file, "theano_flip.*thw, hw")
    found = read_c3d_weights(file, theano_flip=flip)
    for name, array in weights.items():
        np.testing.assert_array_equal(found[name], array)


def test_rgb_kernels_are_left_as_they_are(file, weights):
    write_keras_1(file, FOREIGN)
    rgb = read_c3d_weights(file, channels="rgb")
    np.testing.assert_array_equal(
        rgb["conv1a/kernel"], weights["conv1a/kernel"][..., ::-1, :]
    )


def test_what_is_saved_is_read_back(tmp_path, weights):
    save_c3d_weights(tmp_path / "c3d.npz", weights)
    again = read_c3d_weights(tmp_path / "c3d.npz")
    assert again.keys() == weights.keys()
    for name, array in weights.items():
        np.testing.assert_array_equal(again[name], array)
    assert os.listdir(tmp_path) == ["c3d.npz"]


def test_half_a_set_of_weights_is_not_saved(tmp_path, weights):
    del weights["conv5a/bias"], weights["fc6/kernel"]
    with pytest.raises(ValueError, match="without conv5a/bias, fc6/kernel"):
        save_c3d_weights(tmp_path / "c3d.npz", weights)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("build", "num_arrays"),
    [(lambda: build_c3d((16, 16), FILTERS), 16), (c3d_with_fc7, 20)],
)
def test_a_network_saved_as_keras_is_read_back(
    tmp_path, weights, build, num_arrays
):
    network = build()
    assign_c3d_weights(network, weights)
    network.save(tmp_path / "c3d.keras")
    again = read_c3d_weights(tmp_path / "c3d.keras")
    for name, array in again.items():
        np.testing.assert_array_equal(array, weights[name])
    assert len(again) == num_arrays
    network.save_weights(tmp_path / "c3d.weights.h5")
    assert_refused(tmp_path / "c3d.weights.h5", "our model 'c3d'.*scaled")


@each_form
def test_a_partial_file_is_told_what_it_lacks(file, write):
    write(file, {n: FOREIGN[n] for n in LAYERS if n != "conv4a"})
    assert_refused(file, "Received: without conv4a/kernel, conv4a/bias")


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("conv3a", (4, 2, 3, 3, 3), r"'conv3a/kernel'.*not \(3, 3, 3, 3, 4\)"),
        ("conv1", (2, 3, 1, 3, 3), r"'conv1a/kernel'.*not \(3, 3, 3, 3, 2\)"),
        ("fc6", (5, 13), r"'fc6/kernel' of shape \(13, 5\), not"),
        ("fc7", (4, 6), r"'fc7/kernel' of shape \(6, 4\), not \(5, 4\)"),
    ],
)
def test_layers_that_do_not_fit_are_named(file, name, shape, expected):
    kernel = np.zeros(shape, np.float32)
    write_caffe(file, {**FOREIGN, name: [kernel, FOREIGN[name][1]]})
    assert_refused(file, expected)


def test_a_layer_that_is_there_twice_is_refused(file):
    write_caffe(file, FOREIGN)
    file.write_bytes(2 * file.read_bytes())
    assert_refused(file, "layer 'conv1a' is there twice")
    write_keras_1(file, FOREIGN)
    with h5py.File(file, "a") as root:
        root["conv1a/kernel:0"] = root["conv1/conv1_W"][()]
    assert_refused(file, "more than one array for 'conv1a")


def test_values_that_are_not_finite_are_refused(file):
    kernel, bias = FOREIGN["conv2"]
    write_caffe(file, {**FOREIGN, "conv2": [kernel, bias * np.nan]})
    assert_refused(file, "'conv2a/bias' holds values that are")


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def pickled(bomb):
    return pickle.dumps({"conv1.weight": bomb}, protocol=2)


def zipped(bomb):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("archive/data.pkl", pickled(bomb))
        file.writestr("archive/version", "3")
    return data.getvalue()


def in_npz(bomb):
    data = io.BytesIO()
    array = np.array([bomb], dtype=object)
    np.savez(data, **{"conv1a/kernel": array})
    return data.getvalue()


@pytest.mark.parametrize("pack", [pickled, zipped, in_npz])
def test_nothing_of_a_pickle_is_executed(file, tmp_path, pack):
    file.write_bytes(pack(Bomb(tmp_path / "ran")))
    with pytest.raises((ValueError, ImportError)) as caught:
        read_c3d_weights(file)
    assert "weights_only=False" not in str(caught.value)
    assert not (tmp_path / "ran").exists()
    pickle.loads(pickled(Bomb(tmp_path / "ran")))  # The bomb is a live one.
    assert (tmp_path / "ran").exists()


def test_a_kernel_in_another_file_is_not_followed(file, tmp_path):
    write_keras_1(file, FOREIGN)
    with h5py.File(file, "a") as root:
        del root["conv2/conv2_b"]
        outside = [(str(tmp_path / "secret"), 0, 12)]
        root["conv2"].create_dataset("conv2_b", (3,), "f4", external=outside)
    assert_refused(file, "'conv2/conv2_b', whose numbers are")


HDF5, ZIP = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
MAGIC = [HDF5, ZIP, b"\x80\x02", b"\x0a", b"\x12", b""]


@settings(max_examples=60, deadline=None)
@given(start=st.sampled_from(MAGIC), rest=st.binary(max_size=200))
def test_random_bytes_are_an_error_of_ours(tmp_path_factory, start, rest):
    path = tmp_path_factory.mktemp("bytes") / "random"
    path.write_bytes(start + rest)
    with pytest.raises((ValueError, ImportError), match="Expected"):
        read_c3d_weights(path)


@pytest.mark.parametrize("write", [*WRITERS, "npz", "keras"])
def test_a_cut_file_is_an_error_of_ours(file, weights, write):
    named = file.with_suffix(f".{write}")
    if write == "npz":
        save_c3d_weights(named, weights)
        named.rename(file)
    elif write == "keras":
        build_c3d((16, 16), FILTERS).save(named)
        named.rename(file)
    else:
        write(file, {name: FOREIGN[name] for name in LAYERS})
    whole = file.read_bytes()
    for share in (0.01, 0.2, 0.5, 0.77, 0.9):
        file.write_bytes(whole[: int(share * len(whole))])
        assert_refused(file, "Expected")


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_damaged_caffemodel_is_read_or_an_error_of_ours(
    tmp_path_factory, data
):
    path = tmp_path_factory.mktemp("bytes") / "damaged"
    write_caffe(path, {name: FOREIGN[name] for name in LAYERS})
    damaged = bytearray(path.read_bytes())
    at = data.draw(st.integers(1, len(damaged) - 1))
    damaged[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(damaged)
    try:
        weights = read_c3d_weights(path)
    except ValueError as error:
        assert str(error).startswith("Invalid C3D weights")
    else:
        assert len(weights) >= 16


def test_a_file_is_converted_from_the_command_line(tmp_path, weights, capsys):
    write_caffe(tmp_path / "in", FOREIGN)
    output = tmp_path / "out.npz"
    assert convert_weights.main([str(tmp_path / "in"), str(output)]) == 0
    assert "conv1a/kernel  3 x 3 x 3 x 3 x 2" in capsys.readouterr().out
    again = read_c3d_weights(output)
    assert_close(features_of(again), features_of(weights))


def test_the_mean_of_a_cube_goes_into_the_first_bias(tmp_path, weights):
    write_caffe(tmp_path / "in", FOREIGN)
    # One colour everywhere, BGR.
    cube = np.float32([91, 98, 105])[:, None, None, None]
    np.save(tmp_path / "mean.npy", np.broadcast_to(cube, (3, 16, 4, 5)))
    paths = [str(tmp_path / name) for name in ("in", "out.npz", "mean.npy")]
    assert convert_weights.main([*paths[:2], "--mean", paths[2]]) == 0
    again = read_c3d_weights(paths[1])
    red, blue = (
        weights["conv1a/kernel"][..., i, :].sum((0, 1, 2)) for i in (0, 2)
    )
    # (102, 98, 90) - (105, 98, 91).
    expected = weights["conv1a/bias"] - 3 * red - blue
    np.testing.assert_allclose(again["conv1a/bias"], expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("file", "output", "expected"),
    [
        ("none", "out.npz", "No such file"),
        ("text", "out.npz", "another form"),
        ("none", "out.h5", "Invalid output. Expected a name ending in .npz."),
        ("none", "no/out.npz", "Missing folder"),
    ],
)
def test_an_error_of_the_command_is_one_line(
    tmp_path, capsys, file, output, expected
):
    (tmp_path / "text").write_text(json.dumps({"conv1": 0}))
    write_caffe(tmp_path / "good", FOREIGN)
    paths = [str(tmp_path / file), str(tmp_path / output)]
    assert convert_weights.main(paths) == 1
    error = capsys.readouterr().err
    assert expected in error and error.count("\n") == 1
    assert not (tmp_path / output).exists()
