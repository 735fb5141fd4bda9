"""A network gets all of its weights from a file, or an error."""

import keras
import numpy as np
import pytest

from rmdn_tf.files.keras_weights import check_size, load_weights


def network_of(*widths):
    inputs = outputs = keras.Input([3])
    for width in widths:
        outputs = keras.layers.Dense(width)(outputs)
    return keras.Model(inputs, outputs)


@pytest.fixture
def saved(tmp_path):
    network = network_of(4, 4, 2)
    network.save_weights(tmp_path / "a.weights.h5")
    return network, tmp_path / "a.weights.h5"


def test_all_weights_come_back(saved):
    network, path = saved
    again = network_of(4, 4, 2)
    load_weights(again, path)
    for one, other in zip(
        network.get_weights(), again.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("widths", [(4, 4), (4, 4, 3), (4, 4, 2, 2)])
def test_a_file_of_another_network_is_an_error(saved, widths):
    with pytest.raises(ValueError, match="a.weights.h5'.*arrays of shapes"):
        load_weights(network_of(*widths), saved[1])


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_damaged_file_is_an_error(saved, share):
    network, path = saved
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="Invalid file '.*a.weights.h5'"):
        load_weights(network, path)


def test_a_missing_file_is_no_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such file"):
        load_weights(network_of(2), tmp_path / "a.weights.h5")


def test_a_network_larger_than_its_files_is_refused():
    check_size(lambda: network_of(2), 4 * 8)
    with pytest.raises(ValueError, match="a network of 8 weights"):
        check_size(lambda: network_of(2), 4 * 8 - 1)
