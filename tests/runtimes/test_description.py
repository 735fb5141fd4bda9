"""Tests of what a portable file says of its network."""

import json

import pytest

from rmdn_tf.model.presets import PRESETS
from rmdn_tf.runtimes.description import (
    MAX_TEXT,
    Description,
    read_description,
)

DESCRIPTION = Description(
    PRESETS["spatial"],
    context=3,
    num_clips=None,
    precision="float16",
    state={"hidden": (28, 28, 32), "a.part": (1,)},
    facts={"name": "größer.als.1"},
)
TEXT = DESCRIPTION.to_json()


def _changed(**values) -> str:
    return json.dumps(json.loads(TEXT) | values)


def test_a_text_tells_all_that_was_described():
    read = read_description(TEXT.encode(), "m.onnx")
    assert read.facts["name"] == "größer.als.1"
    for name in ("config", "context", "num_clips", "precision", "state"):
        assert getattr(read, name) == getattr(DESCRIPTION, name)
    assert read_description(read.to_json(), "m.onnx") == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        b"\xff\xfe",
        "[" * 100_000,
        '{"state": 1, "state": 2}',
        " " * MAX_TEXT + TEXT,
        _changed(context=16),
        _changed(num_clips=0),
        _changed(precision="int4"),
        _changed(state={"hidden": [0]}),
        _changed(state={"hidden": [2**40]}),
        _changed(state={"hidden": [2**40] * 40}),
        _changed(state={f"part{number}": [2**25] for number in range(3)}),
        _changed(model={"input_size": [448, 448], "encoder": "c3d", "x": 1}),
        _changed(model={"input_size": [0, 448]}),
    ],
    ids=range(14),
)
def test_an_invalid_text_is_an_error_that_names_the_file(text):
    with pytest.raises(ValueError, match="description of 'm.onnx'"):
        read_description(text, "m.onnx")
