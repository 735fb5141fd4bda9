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
    if not members:
        yield json.dumps(document if members is None else type(members)())
        return
    inner = f"{newline}  "
    first, last = "{}" if isinstance(members, dict) else "[]"
    values = members.values() if isinstance(members, dict) else members
    if all(isinstance(value, _SCALARS) for value in values):
        text = _encoder(f",{inner}").encode(members)
        yield f"{first}{inner}{text[1:-1]}{newline}{last}"
        return
    yield first
    separator = inner
    for member in members:
        yield separator
        value = member
        if isinstance(members, dict):
            # Numbers become strings, as in `json.dumps`.
            yield json.dumps({member: 0})[1:-2]
            value = members[member]
        yield from json_parts(value, inner)
        separator = f",{inner}"
    yield f"{newline}{last}"


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
