"""The text that a command prints at `--help`."""

import dataclasses
import inspect
import textwrap
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from rmdn_tf.commands.flags import is_argument, settings_of

WIDTH = 80

# A space where no line ends.
_JOINED = "\xa0"

# Name of a preset -> dataclasses whose values are its settings.
Presets = Mapping[str, Sequence[Any]]


def help_text(
    description: str, configs: Sequence[type], presets: Presets | None = None
) -> str:
    """Returns a command's description and flags.

    The first line of each dataclass's docstring heads its flags.
    """
    lines = [inspect.cleandoc(description)]
    shown = set()
    for config in configs:
        heading = (inspect.getdoc(config) or "").splitlines()[0]
        lines.append(f"\n{heading.rstrip('.:')}:")
        for field, hint in settings_of(config):
            if field.name not in shown:
                shown.add(field.name)
                values = _values_of(field.name, presets or {})
                lines += _describe(field, hint, values)
    return "\n".join(lines)


def _values_of(name: str, presets: Presets) -> dict[str, Any]:
    """Returns the value of a setting in each preset that has the setting."""
    return {
        preset: getattr(config, name)
        for preset, configs in presets.items()
        for config in configs
        if name in {field.name for field in dataclasses.fields(config)}
    }


def _describe(
    field: dataclasses.Field, hint: Any, values: Mapping[str, Any]
) -> list[str]:
    notes = [*_choices(field, hint), *_default(field, values)]
    text = field.metadata["help"]
    if notes:
        text = f"{text} ({'; '.join(notes)})"
    indent = " " * 6
    wrapped = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    name = f"  {_name(field, hint, values)}"
    return [name, *(line.replace(_JOINED, " ") for line in wrapped)]


def _name(field: dataclasses.Field, hint: Any, values: Mapping) -> str:
    if is_argument(field):
        return field.name.upper()
    is_off = field.default is False and not any(values.values())
    no = "[no]" if hint is bool and not is_off else ""
    return f"--{no}{field.name}"


def _choices(field: dataclasses.Field, hint: Any) -> list[str]:
    choices = ", ".join(field.metadata.get("choices", ()))
    kind = "any" if typing.get_origin(hint) is tuple else "one"
    return [f"{kind} of: {choices}"] if choices else []


def _default(field: dataclasses.Field, values: Mapping[str, Any]) -> list[str]:
    """Says what a setting is if the command line does not give it."""
    if field.default is dataclasses.MISSING:
        return ["required"]
    if field.metadata.get("default_text"):
        return [f"default: {field.metadata['default_text']}"]
    distinct = list(dict.fromkeys(values.values())) or [field.default]
    if len(distinct) > 1:
        told = [f"{name}:{_JOINED}{_show(v)}" for name, v in values.items()]
        return [", ".join(told)]
    is_empty = any(distinct[0] is empty for empty in (None, (), "", False))
    return [] if is_empty else [f"default:{_JOINED}{_show(distinct[0])}"]


def _show(value: Any) -> str:
    """Formats a value as its flag takes it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, tuple):
        return str(value)
    separator = ";" if any(isinstance(part, tuple) for part in value) else ","
    return separator.join(map(_show, value)) or "none"
