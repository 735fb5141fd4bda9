"""Flags made from the fields of dataclasses, see `settings.setting`."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from absl import flags

DEFINE: dict[type, Callable] = {
    bool: flags.DEFINE_boolean,
    float: flags.DEFINE_float,
    int: flags.DEFINE_integer,
    str: flags.DEFINE_string,
}


class _Words(flags.ArgumentParser):
    """Parses one value of a `tuple[str, ...]`."""

    def __init__(self, choices: Sequence[str]):
        self._choices = choices

    def parse(self, argument: str) -> tuple[str, ...]:
        if self._choices and argument not in self._choices:
            raise ValueError(f"expected one of {', '.join(self._choices)}")
        return (argument,)


class _Integers(flags.ArgumentParser):
    """Parses "1,3" for a `tuple[int, ...]`."""

    def parse(self, argument: str) -> tuple[int, ...]:
        try:
            return tuple(int(part) for part in argument.split(",") if part)
        except ValueError:
            raise ValueError("expected integers such as 1,3") from None


class _Groups(flags.ArgumentParser):
    """Parses "8;16;32,32" for a `tuple[tuple[int, ...], ...]`."""

    def parse(self, argument: str) -> tuple[tuple[int, ...], ...]:
        return tuple(_Integers().parse(part) for part in argument.split(";"))


def settings_of(config: type) -> Iterator[tuple[dataclasses.Field, Any]]:
    """Yields the settings of a dataclass with their types; `T | None` as T."""
    hints = typing.get_type_hints(config)
    for field in dataclasses.fields(config):
        hint = hints[field.name]
        if typing.get_origin(hint) in (types.UnionType, typing.Union):
            (hint,) = set(typing.get_args(hint)) - {types.NoneType}
        if "help" in field.metadata:
            yield field, hint


def is_argument(field: dataclasses.Field) -> bool:
    """Returns whether a setting has no flag, see `settings.argument`."""
    return field.metadata.get("is_argument", False)


def follows_dashes(field: dataclasses.Field) -> bool:
    """Returns whether it takes only the words after `--`."""
    return field.metadata.get("follows_dashes", False)


def define(values: flags.FlagValues, configs: Iterable[type]) -> None:
    """Defines a flag for each setting; settings of the same name share one.

    Flags have no defaults: those of the dataclasses count.
    """
    for config in configs:
        for field, hint in settings_of(config):
            if not is_argument(field) and field.name not in values:
                _define(values, field, hint)


def _define(
    values: flags.FlagValues, field: dataclasses.Field, hint: Any
) -> None:
    name, text = field.name, field.metadata["help"]
    choices = field.metadata.get("choices", ())
    if typing.get_origin(hint) is tuple:
        of = typing.get_args(hint)[0]
        parser: Any = _Words(choices) if of is str else _Integers()
        if typing.get_origin(of) is tuple:
            parser = _Groups()
        to_text: Any = None
        flags.DEFINE_multi(parser, to_text, name, None, text, values)
    elif choices:
        flags.DEFINE_enum(name, None, choices, text, values)
    else:
        DEFINE[hint](name, None, text, flag_values=values)
