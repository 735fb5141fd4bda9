"""Text of JSON, part by part: as `json.dumps(document, indent=2)`, but in
bounded memory and several times as fast."""

import dataclasses
import functools
import json
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, cast


def json_parts(document: object, newline: str = "\n") -> Iterator[str]:
    """Yields the parts of a document's text.

    Args:
        document: as for `json.dumps`; a dataclass is an object of its fields.
        newline: ends each line and begins the next one.
    """
    members = _members(document)
    text = _flat_text(members, newline)
    if text is not None or members is None:
        yield json.dumps(document) if text is None else text
        return
    inner = f"{newline}  "
    is_object = isinstance(members, dict)
    yield "{" if is_object else "["
    separator = inner
    for member in members:
        # Numbers become strings, as in `json.dumps`.
        key = json.dumps({member: 0})[1:-2] if is_object else ""
        value = members[member] if is_object else member
        text = _flat_text(_members(value), inner)
        if text is not None:  # A part of its own would take longer.
            yield f"{separator}{key}{text}"
        else:
            yield f"{separator}{key}"
            yield from json_parts(value, inner)
        separator = f",{inner}"
    yield f"{newline}{'}' if is_object else ']'}"


def _flat_text(members: dict | list | tuple | None, newline: str) -> str | None:
    """Returns the text of an object or list of scalars; None for others."""
    if members is None:
        return None
    first, last = "{}" if isinstance(members, dict) else "[]"
    if not members:
        return first + last
    values = members.values() if isinstance(members, dict) else members
    for value in values:
        if not isinstance(value, _SCALARS):
            return None
    inner = f"{newline}  "
    text = _encoder(f",{inner}").encode(members)
    return f"{first}{inner}{text[1:-1]}{newline}{last}"


_SCALARS = (str, int, float, type(None))


@functools.cache
def _encoder(separator: str) -> json.JSONEncoder:
    """The library's fast encoder, which knows no lines, but any separator."""
    return json.JSONEncoder(separators=(separator, ": "))


@functools.cache
def _field_names(cls: Any) -> tuple[str, ...] | None:
    """Returns the names of a dataclass's fields; None for another class."""
    if not dataclasses.is_dataclass(cls):
        return None
    return tuple(field.name for field in dataclasses.fields(cls))


def _members(document: object) -> dict | list | tuple | None:
    """Returns the members of an object or a list; None for another value."""
    names = _field_names(cast(Hashable, type(document)))
    if names is not None:
        return {name: getattr(document, name) for name in names}
    if isinstance(document, Mapping):
        return dict(document)
    return document if isinstance(document, list | tuple) else None
