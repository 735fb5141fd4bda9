"""Tests of `rmdn_tf.files.quick_schema`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmdn_tf.data.dataset_info import (
    DATASET_INFO_SCHEMA,
    VIDEO_SCHEMA,
    list_of,
)
from rmdn_tf.files import json_files
from rmdn_tf.files.quick_schema import matches

VIDEO = {
    "id": "a",
    "num_frames": 3,
    "num_fixations": 0,
    "frames_per_second": 25.0,
}

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from([-0.5, 0.0, 1.0, 2.5, float("nan")])
    | st.sampled_from(["", "a", "b", "ab"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=6,
)

TYPES = "array boolean integer null number object string".split()
SCALARS = st.sampled_from([None, True, False, 0, 1, 1.0, "a", ""])


def _rules(schemas):
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(TYPES)
            | st.lists(st.sampled_from(TYPES), min_size=1, max_size=3),
            "description": st.just("a thing"),
            "enum": st.lists(SCALARS, min_size=1, max_size=3),
            "const": SCALARS | st.just([1]),
            "minimum": st.integers(-1, 2),
            "maximum": st.integers(-1, 2),
            "exclusiveMinimum": st.integers(-1, 2),
            "minLength": st.integers(0, 2),
            "pattern": st.sampled_from(["^a", r"b\Z"]),
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "items": schemas,
            "properties": st.dictionaries(st.sampled_from("ab"), schemas),
            "required": st.lists(st.sampled_from("ab"), unique=True),
            "additionalProperties": schemas | st.booleans(),
            "allOf": st.lists(schemas, min_size=1, max_size=2),
            "anyOf": st.lists(schemas, min_size=1, max_size=2),
            "not": schemas,  # It does not know this rule.
        },
    )


SCHEMAS = st.recursive(st.just({}), _rules, max_leaves=4)


@given(SCHEMAS, VALUES)
def test_what_matches_matches_for_the_library_too(schema, value):
    validator = json_files._validator_class()(schema)
    if matches(value, schema):
        assert validator.is_valid(value)


@given(VALUES)
def test_what_the_library_takes_is_known_to_match(value):
    """Not only what the library takes slowly."""
    schema = {
        "type": ["object", "array", "integer", "string"],
        "additionalProperties": {"type": ["integer", "null"], "minimum": 0},
        "items": {"type": "string", "minLength": 1},
        "maxItems": 2,
        "minimum": 1,
    }
    validator = json_files._validator_class()(schema)
    assert matches(value, schema) == validator.is_valid(value)


@pytest.mark.parametrize(
    "change",
    [{"num_frames": -1}, {"num_frames": 1.0}, {"num_frames": True}, {"id": ""}],
)
def test_a_single_wrong_value_among_many_is_found(change):
    videos = [dict(VIDEO) for _ in range(5)]
    assert matches(videos, list_of(VIDEO_SCHEMA))
    videos[3] |= change
    assert not matches(videos, list_of(VIDEO_SCHEMA))


def test_a_prepared_dataset_matches_without_the_library(demo_dir, monkeypatch):
    monkeypatch.setattr(json_files, "_validator_class", None)
    path = demo_dir / "dataset_info.json"
    json_files.read_json(path, DATASET_INFO_SCHEMA)
