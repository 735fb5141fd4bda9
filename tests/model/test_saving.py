"""A trained model on disk: written, read back, and named if it is damaged."""

import dataclasses
import json

import h5py
import numpy as np
import pytest

from rmdn_tf.files.checksums import CHECKSUM_FILE
from rmdn_tf.files.hdf5 import datasets_of
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import (
    CONFIG_FILE,
    FILES,
    WEIGHTS_FILE,
    _file_bytes,
    load_model,
    save_model,
)
from tests.helpers.full_disk import full_disk


@pytest.fixture(scope="module")
def model(tiny_model):
    return build_rmdn(tiny_model)


@pytest.fixture
def saved(model, tiny_model, tmp_path):
    """The directory of a saved model."""
    save_model(model, tiny_model, tmp_path / "new" / "model")
    return tmp_path / "new" / "model"


def assert_same_weights(one, other):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    for found, expected in pairs:
        np.testing.assert_array_equal(found, expected)


def test_a_model_comes_back_from_disk_bit_for_bit(model, tiny_model, saved):
    again, config = load_model(saved)
    assert config == tiny_model
    assert_same_weights(again, model)
    assert {path.name for path in saved.iterdir()} == {CHECKSUM_FILE, *FILES}


def test_a_second_save_replaces_the_first(tiny_model, saved):
    narrow = dataclasses.replace(tiny_model, units=2)
    save_model(build_rmdn(narrow), narrow, saved)
    assert load_model(saved)[1] == narrow


def test_a_model_of_an_earlier_release_takes_the_defaults(
    model, tiny_model, saved
):
    values = json.loads((saved / CONFIG_FILE).read_text())
    for name in ("features", "projection", "recurrent"):
        del values[name]
    (saved / CONFIG_FILE).write_text(json.dumps(values))
    (saved / CHECKSUM_FILE).unlink()
    with pytest.warns(UserWarning, match="an earlier release"):
        again, config = load_model(saved)
    assert config == tiny_model
    assert_same_weights(again, model)


def test_weights_have_the_names_that_later_releases_will_look_for(saved):
    with h5py.File(saved / WEIGHTS_FILE) as root:
        names = sorted(datasets_of(root))
    # Keras names them after classes, so no class may be called another name.
    network = "layers/functional/layers/conv3d"
    parts = [
        *(network + suffix for suffix in ("", "_1", "_2", "_3", "_4")),
        "layers/mixture_density/linear",
        "layers/recurrent_core",
    ]
    expected = [f"{part}/vars/{i}" for part in parts for i in (0, 1)]
    assert names == [*expected, "layers/recurrent_core/vars/2"]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_of_a_model_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(FileNotFoundError) as error:
        load_model(saved)
    assert str(saved) in str(error.value)
    assert f"'{name}' is missing" in str(error.value)


def test_a_full_disk_is_told_of_the_weights_and_the_old_ones_stay(
    model, tiny_model, saved
):
    with pytest.raises(OSError, match="File too large") as raised:
        with full_disk(5000):
            save_model(model, tiny_model, saved)
    assert raised.value.filename == str(saved / WEIGHTS_FILE)
    assert_same_weights(load_model(saved)[0], model)
    assert {path.name for path in saved.iterdir()} == {CHECKSUM_FILE, *FILES}


def test_the_room_asked_for_is_enough_and_hardly_too_much(model, saved):
    size = (saved / WEIGHTS_FILE).stat().st_size
    assert size <= _file_bytes(model) <= size + 8192 * len(model.variables)
