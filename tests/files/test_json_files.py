"""Tests of `rmdn_tf.files.json_files`."""

import dataclasses
import json
import re

import pytest

from rmdn_tf.files import json_files
from rmdn_tf.files.json_files import (
    JsonError,
    check_json,
    dataclass_schema,
    parse_json,
    read_json,
    with_tuples,
)

SCHEMA = {
    "type": "object",
    "properties": {
        "size": {
            "type": "array",
            "items": {"type": "integer", "minimum": 1},
            "minItems": 2,
            "maxItems": 2,
        },
        "rate": {"type": ["number", "null"]},
        "version": {"const": 1, "description": "1, which this release knows"},
    },
    "required": ["size"],
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.json"


@pytest.mark.parametrize(
    "document", [{"size": [1, 2]}, {"size": [1, 2], "rate": 0.5}]
)
def test_a_document_of_the_schema_is_read(path, document):
    path.write_text(json.dumps(document))
    assert read_json(path, SCHEMA) == read_json(str(path), SCHEMA) == document


def test_numbers_that_are_not_finite_are_read_where_the_caller_allows_them(
    path,
):
    path.write_text("[NaN, -Infinity, 1e999]")
    number, *others = read_json(path, {}, finite=False)
    assert number != number
    assert others == [-float("inf"), float("inf")]


def test_texts_of_all_languages_are_read(path):
    path.write_text('{"名": "\\ud83d\\ude00 ä"}', encoding="utf-8")
    assert read_json(path, {}) == {"名": "\N{GRINNING FACE} ä"}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "Expecting value"),
        (b'{"size": [1,', "Expecting value"),
        (b"\xff\xfe{}", "utf-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"\0", "Expecting value"),
        (b'{"a": NaN}', "NaN, which is not a finite"),
        (b'{"a": -Infinity}', "-Infinity, which is not a finite"),
        (b'{"a": 1e999}', "1e999, which is not a finite"),
        (b'{"a": 9223372036854775808}', "more than 64 bits"),
        (b'{"a": ' + b"9" * 5000 + b"}", "5000 digits"),
        (b'{"a": 1, "b": 2, "a": 1}', "the key 'a' twice"),
        (b'{"a": "\\ud800"}', "surrogates"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
    ],
)
def test_what_is_not_strict_json_is_one_error_that_names_the_file(
    path, content, cause
):
    path.write_bytes(content)
    with pytest.raises(JsonError) as error:
        read_json(path, {})
    message = str(error.value)
    assert message.startswith(f"Invalid '{path}'. Expected JSON. Received: ")
    assert cause in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("document", "place", "expected", "received"),
    [
        ([], "$", "a value of type object", "[]"),
        (None, "$", "a value of type object", "None"),
        ({}, "$", "the key 'size'", "{}"),
        ({"size": 3}, "$.size", "a value of type array", "3"),
        ({"size": [1]}, "$.size", "at least 2 of them", "[1]"),
        ({"size": [1, 2, 3]}, "$.size", "at most 2 of them", "[1, 2, 3]"),
        ({"size": [1, 0]}, "$.size[1]", "1 or more", "0"),
        ({"size": [1, 2.0]}, "$.size[1]", "a value of type integer", "2.0"),
        ({"size": [1, True]}, "$.size[1]", "a value of type integer", "True"),
        (
            {"size": [1, 1], "rate": "25"},
            "$.rate",
            "a value of type number or null",
            "'25'",
        ),
        (
            {"size": [1, 1], "version": 2},
            "$.version",
            "1, which this release knows",
            "2",
        ),
    ],
)
def test_an_error_says_where_what_was_expected_and_received(
    path, document, place, expected, received
):
    path.write_text(json.dumps(document))
    with pytest.raises(JsonError) as error:
        read_json(path, SCHEMA)
    assert str(error.value) == (
        f"Invalid '{path}' at {place}. Expected {expected}. "
        f"Received: {received}."
    )


def test_an_error_shortens_what_it_shows():
    schema = {"additionalProperties": {"type": "integer"}}
    document = {"k" * 10**5: {str(i): ["v" * 100] * 99 for i in range(99)}}
    with pytest.raises(JsonError) as error:
        check_json(document, schema)
    assert len(str(error.value)) < 1000


def test_the_caller_chooses_the_class_of_the_error(path):
    class OwnError(ValueError):
        pass

    for content in ("{", "{}"):
        path.write_text(content)
        with pytest.raises(OwnError, match="a.json"):
            read_json(path, SCHEMA, error=OwnError)


def test_a_missing_file_and_a_directory_are_errors_of_the_file_system(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.json"):
        read_json(tmp_path / "nowhere.json", {})
    with pytest.raises(OSError, match=re.escape(str(tmp_path))):
        read_json(tmp_path, {})


def test_a_file_that_is_too_long_is_refused_unread(path, monkeypatch):
    monkeypatch.setattr(json_files, "MAX_BYTES", 10)
    path.write_text('{"a": 123}')
    assert read_json(path, {}) == {"a": 123}
    path.write_text('{"a": 1234}')
    with pytest.raises(JsonError, match="at most 10 bytes. Received: 11 bytes"):
        read_json(path, {})


def test_a_text_is_checked_as_a_file_is():
    assert parse_json('{"size": [1, 2]}', SCHEMA, "an answer")["size"] == [1, 2]
    with pytest.raises(JsonError, match=r"Invalid an answer at \$. Expected"):
        parse_json("[]", SCHEMA, "an answer")
    with pytest.raises(JsonError, match="Invalid an answer. .* type int"):
        parse_json(3, SCHEMA, "an answer")


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of `Settings`."""

    name: str
    size: tuple[int, int] = (1, 1)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings with fields of every kind."""

    part: Part
    blocks: tuple[tuple[int, ...], ...] = ()
    rate: float = 0.0
    limit: int | None = None
    flip: bool = False


SETTINGS = Settings(Part("a"), ((1,), (2, 3)))
VALUES = json.loads(json.dumps(dataclasses.asdict(SETTINGS)))


def test_what_a_dataclass_was_written_as_matches_its_schema():
    check_json(VALUES, dataclass_schema(Settings))
    check_json({"part": {"name": "a"}}, dataclass_schema(Settings))
    assert with_tuples(VALUES["blocks"]) == SETTINGS.blocks


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"part": None}, r"\$.part. Expected a value of type object"),
        ({"part": {}}, r"\$.part. Expected the key 'name'"),
        ({"part": {"name": 1}}, r"\$.part.name. .* type string"),
        ({"blocks": [[1], [2.5]]}, r"\$.blocks\[1\]\[0\]. .* type integer"),
        ({"rate": "1"}, r"\$.rate. .* type number. Received: '1'"),
        ({"limit": "1"}, r"\$.limit. .* type"),
        ({"flip": 1}, r"\$.flip. .* type boolean. Received: 1"),
        ({"colour": 1}, r"release knows. .* 'colour', perhaps of a newer"),
    ],
)
def test_a_value_of_another_type_than_the_field_is_refused(changes, message):
    with pytest.raises(JsonError, match=message):
        check_json(VALUES | changes, dataclass_schema(Settings))


def test_places_and_required_fields_of_a_dataclass_can_be_given():
    schema = dataclass_schema(
        Settings, required=["rate"], rate={"type": "number", "minimum": 1}
    )
    for values in ({"part": {"name": "a"}}, VALUES):
        with pytest.raises(JsonError, match="rate"):
            check_json(values, schema)
