"""A damaged model without checksums is refused, and the cause named."""

import dataclasses
import json

import h5py
import pytest

from rmdn_tf.files.checksums import CHECKSUM_FILE
from rmdn_tf.model.config import DenseConfig
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    load_model,
    save_model,
)

CONFIG = DenseConfig(
    input_size=(16, 16),
    filters=((2,), (2,), (2,), (2,), (2,)),
    units=4,
    num_components=3,
)


@pytest.fixture(scope="module")
def model():
    return build_rmdn(CONFIG)


def _break_json(directory):
    (directory / CONFIG_FILE).write_text('{"units": 4,')


def _drop_key(directory):
    values = json.loads((directory / CONFIG_FILE).read_text())
    del values["filters"]
    (directory / CONFIG_FILE).write_text(json.dumps(values))


def _add_key(directory):
    values = json.loads((directory / CONFIG_FILE).read_text())
    (directory / CONFIG_FILE).write_text(json.dumps({**values, "colour": 1}))


def _give_list(directory):
    (directory / CONFIG_FILE).write_text("[1, 2]")


def _set_stride_3(directory):
    values = json.loads((directory / CONFIG_FILE).read_text())
    values["clip_stride"] = 3
    (directory / CONFIG_FILE).write_text(json.dumps(values))


def _exchange_weights(directory):
    other = dataclasses.replace(CONFIG, units=5)
    build_rmdn(other).save_weights(directory / WEIGHTS_FILE)


def _truncate_weights(directory):
    content = (directory / WEIGHTS_FILE).read_bytes()
    (directory / WEIGHTS_FILE).write_bytes(content[: len(content) // 2])


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


def _empty_weights(directory):
    (directory / WEIGHTS_FILE).write_bytes(b"")


@pytest.mark.filterwarnings("ignore:No 'checksums")
@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (_break_json, "Expecting property name"),
        (_drop_key, "'filters'"),
        (_add_key, "'colour'"),
        (_give_list, "type object"),
        (_set_stride_3, "clip_stride=3"),
        (_exchange_weights, "shape"),
        (_rename_a_layer, "recurrent"),
        (_inflate_weights, "numbers in all"),
        (_link_weights, "a link to another place"),
        (_truncate_weights, "truncated file"),
        (_empty_weights, "0 bytes of weights"),
    ],
)
def test_a_damaged_model_is_named_with_the_cause(
    model, tmp_path, damage, cause
):
    save_model(model, CONFIG, tmp_path)
    (tmp_path / CHECKSUM_FILE).unlink()  # Or it would say no more than that.
    damage(tmp_path)
    with pytest.raises(ValueError, match=r"^Invalid model in ") as error:
        load_model(tmp_path)
    assert str(tmp_path) in str(error.value)
    assert cause in str(error.value).split("Received: ", 1)[1]
