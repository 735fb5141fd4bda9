"""A damaged model without checksums is refused, and the cause named."""

import dataclasses
import json
import os
import shutil

import h5py
import pytest

from rmdn_tf.files.checksums import CHECKSUM_FILE
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    load_model,
    save_model,
)


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    """A model, and the weights of another beside it."""
    directory = tmp_path_factory.mktemp("saved")
    save_model(build_rmdn(tiny_model), tiny_model, directory)
    # Or it would say no more than that its checksums are wrong.
    (directory / CHECKSUM_FILE).unlink()
    other = build_rmdn(dataclasses.replace(tiny_model, units=5))
    other.save_weights(directory / "other.weights.h5")
    return directory


def _write(content):
    return lambda directory: (directory / CONFIG_FILE).write_text(content)


def _change(**changes):
    def change(directory):
        values = json.loads((directory / CONFIG_FILE).read_text()) | changes
        values = {k: v for k, v in values.items() if v is not None}
        (directory / CONFIG_FILE).write_text(json.dumps(values))

    return change


def _exchange_weights(directory):
    (directory / "other.weights.h5").rename(directory / WEIGHTS_FILE)


def _truncate_weights(length):
    return lambda directory: os.truncate(directory / WEIGHTS_FILE, length)


def _rename_a_layer(directory):
    with h5py.File(directory / WEIGHTS_FILE, "a") as root:
        root.move("layers/recurrent_core", "layers/recurrent_cord")


def _inflate_weights(directory):
    with h5py.File(directory / WEIGHTS_FILE, "a") as root:
        name = "layers/recurrent_core/vars/0"
        del root[name]
        root.create_dataset(name, (2**15, 2**15), "f4", chunks=(64, 64))
    assert (directory / WEIGHTS_FILE).stat().st_size < 2**17


def _link_weights(directory):
    with h5py.File(directory / WEIGHTS_FILE, "a") as root:
        del root["layers/recurrent_core/vars/0"]
        link = h5py.ExternalLink("secret", "/a")
        root["layers/recurrent_core/vars/0"] = link


@pytest.mark.filterwarnings("ignore:No 'checksums")
@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (_write('{"units": 4,'), "Expecting property name"),
        (_write("[1, 2]"), "type object"),
        (_change(input_size=None), "'input_size'"),
        (_change(colour=1), "'colour'"),
        (_change(clip_stride=3), "clip_stride=3"),
        (_exchange_weights, "shape"),
        (_rename_a_layer, "recurrent"),
        (_inflate_weights, "numbers in all"),
        (_link_weights, "a link to another place"),
        (_truncate_weights(10_000), "truncated file"),
        (_truncate_weights(0), "0 bytes of weights"),
    ],
)
def test_a_damaged_model_is_named_with_the_cause(
    saved, tmp_path, damage, cause
):
    copied = shutil.copytree(saved, tmp_path / "copied")
    damage(copied)
    with pytest.raises(ValueError, match=r"^Invalid model in ") as error:
        load_model(copied)
    assert str(copied) in str(error.value)
    assert cause in str(error.value).split("Received: ", 1)[1]
