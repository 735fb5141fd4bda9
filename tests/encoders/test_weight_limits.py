"""Pretrained weights from strangers: bounded, and no code of theirs is run."""

import io
import json
import struct
import sys
import tracemalloc
import types
import zipfile

import h5py
import numpy as np
import pytest

from rmdn_tf.encoders import c3d_weight_files, efficientnet_weights
from rmdn_tf.encoders.c3d_mean import read_mean_rgb
from rmdn_tf.encoders.c3d_weights import read_c3d_weights
from rmdn_tf.files import pytorch
from tests.helpers.foreign_weights import (
    FOREIGN,
    blob_of_2014,
    field,
    needs_torch,
    state_dict,
    varint,
    write_caffe,
    write_keras_1,
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "file"


def error_of(path, read=read_c3d_weights):
    with pytest.raises(ValueError, match=r"^Invalid .* '") as error:
        read(path)
    message = str(error.value)
    assert message.count(f"'{path}'") == 1
    return message


def write_huge(path, shape, name="conv2/conv2_W", **options):
    """C3D with one array of zeros that takes a few bytes of the file."""
    write_keras_1(path, FOREIGN)
    with h5py.File(path, "a") as root:
        del root[name]
        root.create_dataset(name, shape, "f4", **options)


@pytest.mark.parametrize("chunks", [None, (2**10, 2**10)])
def test_an_hdf5_of_few_bytes_and_many_numbers_is_not_read(file, chunks):
    write_huge(file, (2**14, 2**14), chunks=chunks)
    assert file.stat().st_size < 2**16
    assert f"more than {c3d_weight_files.MAX_NUMBERS} numbers" in error_of(file)


def test_the_arrays_of_an_hdf5_are_bounded_together(file, monkeypatch):
    write_keras_1(file, FOREIGN)
    numbers = sum(array.size for arrays in FOREIGN.values() for array in arrays)
    monkeypatch.setattr(c3d_weight_files, "MAX_NUMBERS", numbers)
    assert len(read_c3d_weights(file)) == 20
    monkeypatch.setattr(c3d_weight_files, "MAX_NUMBERS", numbers - 1)
    assert "numbers in all" in error_of(file)


def test_a_part_of_an_array_that_unpacks_to_too_much_is_not_read(file):
    write_huge(file, (3,), "conv2/conv2_b", maxshape=(None,), chunks=(2**28,))
    assert f"more than {c3d_weight_files.MAX_NUMBERS} numbers" in error_of(file)


@pytest.mark.parametrize(
    "link", [h5py.SoftLink("/conv1"), h5py.ExternalLink("secret", "/conv1")]
)
def test_a_layer_that_lies_in_another_place_is_not_followed(file, link):
    write_keras_1(file, FOREIGN)
    with h5py.File(file, "a") as root:
        del root["conv2"]
        root["conv2"] = link
    assert "a link to another place, 'conv2'" in error_of(file)


@pytest.mark.parametrize("kind", ["S4", "c8", h5py.string_dtype()])
def test_an_hdf5_of_other_than_numbers_is_not_read(file, kind):
    write_keras_1(file, FOREIGN)
    with h5py.File(file, "a") as root:
        del root["conv2/conv2_b"]
        root.create_dataset("conv2/conv2_b", (3,), kind)
    assert "'conv2/conv2_b' of type" in error_of(file)


def zip_of(members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize("name", ["a.npy", "data.pkl", "model.weights.h5"])
def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(
    file, monkeypatch, name
):
    monkeypatch.setattr(c3d_weight_files, "MAX_BYTES", 2**20)
    members = {name: bytes(2**19), f"b/{name}": bytes(2**19 + 1)}
    file.write_bytes(zip_of(members))
    assert "unpacks to 1048577 bytes" in error_of(file)


@pytest.mark.parametrize(
    ("config", "cause"),
    [
        (b"[" * 100_000, "nested too deep"),
        (b"[]", "of type object"),
        (b"{}", "the key 'config'"),
        (b" " * 2**21, "config.json over"),
        (b"\xff", "utf-8"),
    ],
)
def test_the_description_in_a_keras_file_is_damaged(file, config, cause):
    file.write_bytes(zip_of({"config.json": config, "model.weights.h5": b""}))
    assert cause in error_of(file)


def layer_of(*arrays, name=b"conv1a"):
    layer = field(4, name) + b"".join(field(6, array) for array in arrays)
    return field(1, b"net") + field(2, layer)


CLAIMS = {
    "a length of 2^40": field(1, b"net") + varint(2 << 3 | 2) + varint(2**40),
    "a length of 2^69": b"\x0a" + b"\xff" * 9 + b"\x7f",
    "a shape of 2^60": layer_of(
        field(1, 2**30) + field(2, 2**30) + field(5, 1)
    ),
    "a shape of no numbers": layer_of(field(7, field(1, varint(2**60) * 2))),
    "a shape of many axes": layer_of(field(7, field(1, b"\1" * 10**6))),
    "half a number": layer_of(field(5, 1) + field(6, b"123")),
    "many arrays": layer_of(*[blob_of_2014(np.zeros(1))] * 10_000),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_what_a_caffe_file_claims_is_compared_with_what_it_has(file, name):
    file.write_bytes(CLAIMS[name])
    error_of(file)


def test_many_small_fields_of_a_caffe_file_take_little_memory(file):
    numbers = [struct.pack("<f", 1)] * 2**13
    single = b"".join(varint(5 << 3 | 5) + number for number in numbers)
    shape = field(7, field(1, varint(2**13)))
    file.write_bytes(layer_of(single + shape))
    tracemalloc.start()
    assert "'conv1a' with 1 arrays" in error_of(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * file.stat().st_size


def test_a_file_larger_than_any_of_its_kind_is_not_read(file, monkeypatch):
    write_caffe(file, FOREIGN)
    monkeypatch.setattr("rmdn_tf.encoders.c3d_weights.MAX_BYTES", 100)
    assert "Expected at most 100 bytes" in error_of(file)


@pytest.mark.parametrize("shape", [(2**40,), (3, 16, 128, 171), (-1, 3)])
def test_a_mean_cube_that_lies_about_its_size_is_an_error(file, shape):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": True, "shape": shape}
    )
    file.write_bytes(header.getvalue() + bytes(64))
    error_of(file, read_mean_rgb)


@pytest.mark.parametrize("version", ["1.13.1", "2.5.1+cu121", "2.0.0a0+git1"])
@pytest.mark.parametrize("read", ["c3d", "efficientnet"])
def test_a_pytorch_that_can_run_hidden_code_is_refused(
    file, monkeypatch, capsys, version, read
):
    def load(*_, **__):
        raise AssertionError("The file was opened.")

    old = types.SimpleNamespace(__version__=version, load=load)
    monkeypatch.setitem(sys.modules, "torch", old)
    file.write_bytes(b"\x80\x02}.")
    expected = f"PyTorch 2.6 or later.*Received: PyTorch {version[:5]}"
    if read == "c3d":
        with pytest.raises(ImportError, match=expected):
            read_c3d_weights(file)
    else:
        output = file.with_name("out.npz")
        assert efficientnet_weights.main([str(file), str(output)]) == 1
        assert "PyTorch 2.6 or later" in capsys.readouterr().err
        assert not output.exists()


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_tensor_that_repeats_one_number_takes_no_memory(file, is_zip):
    torch = needs_torch()
    state = state_dict(torch, FOREIGN)
    state["conv1.bias"] = torch.zeros(1).expand(2**33)
    torch.save(state, file, _use_new_zipfile_serialization=is_zip)
    assert file.stat().st_size < 2**17
    assert "numbers, more than" in error_of(file)


@pytest.mark.parametrize("content", [b"\x80\x02}.", b"\x80\x05.", b"\x80"])
def test_a_pickle_that_is_no_state_dict_is_an_error(file, content):
    needs_torch()
    file.write_bytes(content)
    error_of(file)


def test_efficientnet_of_pytorch_without_a_weight_is_an_error(
    file, monkeypatch, capsys
):
    monkeypatch.setattr(
        efficientnet_weights, "read_state_dict", lambda *_: {"a": np.ones(1)}
    )
    file.write_bytes(json.dumps({}).encode())
    output = file.with_name("out.npz")
    assert efficientnet_weights.main([str(file), str(output)]) == 1
    message = capsys.readouterr().err
    assert f"'{file}'" in message and "_conv_stem.weight" in message
    assert pytorch.MIN_VERSION == (2, 6) and not output.exists()
