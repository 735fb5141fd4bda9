"""Tests of `rmdn_tf.files.json_parts`."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmdn_tf.files.json_parts import json_parts

KEYS = st.text(max_size=3) | st.integers() | st.booleans() | st.none()
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3)
    ),
)


def text_of(document):
    return "".join(json_parts(document))


@given(DOCUMENTS)
def test_the_text_is_that_of_the_library(document):
    assert text_of(document) == json.dumps(document, indent=2)


@dataclasses.dataclass
class Point:
    """A place."""

    x: int
    names: tuple = ()


def test_a_dataclass_is_an_object_of_its_fields():
    points = [Point(1, ("a", Point(2)))]
    expected = [dataclasses.asdict(point) for point in points]
    assert text_of(points) == json.dumps(expected, indent=2)


def test_a_value_that_json_does_not_know_is_an_error():
    with pytest.raises(TypeError):
        text_of({"a": {1}})


def test_parts_of_a_long_list_come_one_by_one():
    parts = json_parts([[index] for index in range(1000)])
    assert max(map(len, parts)) < 20
