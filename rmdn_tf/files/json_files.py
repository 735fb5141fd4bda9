"""JSON from files and servers: read within bounds, checked by a schema.

    SCHEMA = {
        "type": "object",
        "properties": {"epoch": {"type": "integer", "minimum": 1}},
        "required": ["epoch"],
    }
    epoch = read_json("run/best/validation.json", SCHEMA)["epoch"]

A schema lies in the module that owns its files. A document that matches its
schema has all keys, of the expected types: no later line needs to check them.
"""

import collections
import dataclasses
import functools
import json
import math
import os
import reprlib
import types
import typing
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rmdn_tf.files.quick_schema import matches
from rmdn_tf.files.reading import InvalidFileError, read_content

if TYPE_CHECKING:  # Its import takes up to 3 s: see `_validator_class`.
    import jsonschema

# Parsed, a file takes up to 25 times as much memory.
MAX_BYTES = 32 * 2**20

# NumPy and TensorFlow hold no larger integers.
MAX_INTEGER = 2**63 - 1

# Most characters of a place or value that an error shows.
MAX_SHOWN = 200


class JsonError(ValueError):
    """A document is not JSON, or does not match its schema."""


def read_json(
    path: str | os.PathLike,
    schema: Mapping,
    *,
    error: type[Exception] = JsonError,
    finite: bool = True,
    max_bytes: int | None = None,
) -> Any:
    """Reads a JSON file and checks it.

    Args:
        schema: JSON Schema, draft 2020-12. An error quotes the `description` of
            a place as the expected value.
        error: class of the error for a file that is too long, is not JSON, or
            does not match the schema.
        finite: whether to refuse NaN and infinite numbers.
        max_bytes: of the file; by default `MAX_BYTES`.
    """
    try:
        content = read_content(path, max_bytes or MAX_BYTES)
    except InvalidFileError as cause:
        raise error(str(cause)) from cause
    return parse_json(content, schema, f"'{path}'", error=error, finite=finite)


def parse_json(
    content: str | bytes,
    schema: Mapping,
    source: str,
    *,
    error: type[Exception] = JsonError,
    finite: bool = True,
) -> Any:
    """Parses a JSON text and checks it; see `read_json`.

    Also refuses text that is not UTF-8, integers of more than 64 bits, and
    objects with a repeated key. Errors name the `source`, such as
    "'model.json'".
    """
    try:
        document = _parse(content, finite)
    except RecursionError as cause:
        raise error(
            f"Invalid {source}. Expected JSON. Received: lists or objects that "
            "are nested too deeply."
        ) from cause
    except ValueError as cause:  # Includes errors of UTF-8 and of JSON.
        raise error(
            f"Invalid {source}. Expected JSON. Received: {_shorten(str(cause))}"
        ) from cause
    try:
        check_json(document, schema)
    except JsonError as cause:
        raise error(f"Invalid {source} {cause}") from cause
    return document


def check_json(document: object, schema: Mapping) -> None:
    """Checks a parsed document; raises `JsonError` if it does not match."""
    if matches(document, schema):
        return
    found = next(_validator_class()(schema).iter_errors(document), None)
    if found is not None:
        from jsonschema.exceptions import best_match

        # Of several alternatives, report the error of the nearest.
        found = best_match([found])
        expected, received = _expected_received(found)
        raise JsonError(
            f"at {_shorten(found.json_path)}. Expected {expected}. "
            f"Received: {received}."
        )


def dataclass_schema(
    cls: type, *, required: Iterable[str] = (), **places: Mapping
) -> dict:
    """Makes the schema of the result of `dataclasses.asdict`.

    The schema allows no other keys than the fields.

    Args:
        cls: a dataclass; its fields are dataclasses, tuples, or of type int,
            float, str, bool, None or several of these.
        required: names of fields that are required although they have a
            default.
        **places: schemas that replace those of some fields' types.
    """
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)
    return {
        "type": "object",
        "properties": {
            one.name: places.get(one.name) or _type_schema(hints[one.name])
            for one in fields
        },
        "required": [
            one.name
            for one in fields
            if one.name in required
            or one.default is one.default_factory is dataclasses.MISSING
        ],
        "additionalProperties": False,
    }


def with_version(key: str, version: int, schema: Mapping) -> dict:
    """Makes the schema of documents whose `key` has this version.

    The version is checked first, since other versions may lack keys.
    """
    first = {
        "type": "object",
        "properties": {
            key: {
                "const": version,
                "description": f"version {version}, which this release reads",
            }
        },
        "required": [key],
    }
    return {"allOf": [first, schema]}


def with_tuples(value: Any) -> Any:
    """Returns a value with tuples in place of lists."""
    if isinstance(value, list):
        return tuple(map(with_tuples, value))
    return value


def _type_schema(hint: type) -> dict:
    if hint in _TYPES:
        return {"type": _TYPES[hint]}
    if dataclasses.is_dataclass(hint):
        return dataclass_schema(hint)
    parts = typing.get_args(hint)
    if isinstance(hint, types.UnionType):
        return {"type": [_TYPES[part] for part in parts]}
    if typing.get_origin(hint) is not tuple:
        raise TypeError(f"Cannot make a schema of {hint}.")
    items = _type_schema(parts[0])  # All items of a tuple are of one type.
    if parts[1:] == (...,):
        return {"type": "array", "items": items}
    length = len(parts)
    return {
        "type": "array",
        "items": items,
        "minItems": length,
        "maxItems": length,
    }


_TYPES = {
    bool: "boolean",
    float: "number",
    int: "integer",
    str: "string",
    types.NoneType: "null",
}


def _is_integer(_: object, value: object) -> bool:
    """Refuses 1.0, which JSON Schema accepts but `range` and shapes do not."""
    return isinstance(value, int) and not isinstance(value, bool)


@functools.cache
def _validator_class() -> "type[jsonschema.protocols.Validator]":
    """Makes the class that checks documents.

    Jsonschema is imported here, not above, since most commands and every
    `--help` read no JSON. With Jupyter's packages its import takes 3 s.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    return extend(
        Draft202012Validator,
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
            "integer", _is_integer
        ),
    )


def _parse(content: str | bytes, finite: bool) -> Any:
    """Parses strict JSON; raises `ValueError` or `RecursionError`."""
    if not isinstance(content, str | bytes):
        raise ValueError(f"a value of type {type(content).__name__}")
    text = content if isinstance(content, str) else content.decode("utf-8")
    to_float = _finite_float if finite else float
    document = json.loads(
        text,
        object_pairs_hook=_object,
        parse_constant=to_float,
        parse_float=to_float,
        parse_int=_integer,
    )
    if "\\ud" in text.lower():  # Half a pair of surrogates is invalid.
        json.dumps(document, ensure_ascii=False).encode()
    return document


def _object(pairs: list[tuple]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = collections.Counter(name for name, _ in pairs)
        ((twice, _),) = names.most_common(1)
        raise ValueError(f"the key {twice!r} twice in one object")
    return found


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text}, which is not a finite number")
    return number


def _integer(text: str) -> int:
    number = int(text)
    if abs(number) > MAX_INTEGER:
        raise ValueError(f"the integer {text}, which has more than 64 bits")
    return number


def _expected_received(
    found: "jsonschema.ValidationError",
) -> tuple[str, str]:
    received = _shorten(reprlib.repr(found.instance))
    rule, value = found.validator, found.validator_value
    if rule == "required":
        missing = next(key for key in value if key not in found.instance)
        return f"the key '{missing}'", received
    if rule == "additionalProperties" and value is False:
        known = found.schema.get("properties", {})
        unknown = next(key for key in found.instance if key not in known)
        return (
            "keys that this release knows",
            f"{_shorten(repr(unknown))}, perhaps of a newer release",
        )
    if "description" in found.schema:
        return found.schema["description"], received
    words = _WORDS.get(rule, "another value")
    return words.format(value=_names(value)), received


# What each rule expects.
_WORDS = {
    "const": "{value}",
    "enum": "{value}",
    "exclusiveMinimum": "more than {value}",
    "maximum": "{value} or less",
    "maxItems": "at most {value} of them",
    "minimum": "{value} or more",
    "minItems": "at least {value} of them",
    "minLength": "a text of {value} or more characters",
    "type": "a value of type {value}",
}


def _names(value: object) -> str:
    values = value if isinstance(value, list | tuple) else [value]
    return " or ".join("null" if one is None else str(one) for one in values)


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."
