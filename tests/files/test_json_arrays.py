"""Tests of `rmdn_tf.files.json_arrays`."""

import json

import numpy as np
import pytest

from rmdn_tf.files.json_arrays import from_json, to_json
from rmdn_tf.metrics.remapping import RemappingSums


def through_json(value):
    return from_json(json.loads(json.dumps(to_json(value))))


@pytest.mark.parametrize(
    "array",
    [
        np.array([0.1, -0.0, np.nan, np.inf, -np.inf, 5e-324]),
        np.arange(12).reshape(2, 3, 2)[:, ::2],
        np.zeros([0, 3], np.float32),
        np.array([True, False]),
        np.array(7, np.uint8),
    ],
)
def test_arrays_keep_every_bit_in_nested_values(array):
    value = {"base64": [array, 0.1], "of": {"a": array, "none": None}}
    found = through_json(value)
    assert found["of"]["none"] is None
    assert found["base64"][1] == 0.1
    for same in (found["base64"][0], found["of"]["a"]):
        assert (same.dtype, same.shape) == (array.dtype, array.shape)
        assert same.tobytes() == array.tobytes()
        same[...] = 0  # It can be changed.


def test_a_dataclass_becomes_its_fields():
    generator = np.random.default_rng(0)
    maps = generator.random((2, 3, 4))
    sums = RemappingSums.of_maps(maps, maps**2, maps[0])
    found = RemappingSums(**through_json(sums))
    for name, value in vars(sums).items():
        np.testing.assert_array_equal(getattr(found, name), value)
