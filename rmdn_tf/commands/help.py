"""The text that a command prints at `--help`."""

import dataclasses
import inspect
import textwrap
from collections.abc import Sequence
from typing import Any

from rmdn_tf.commands.flags import is_argument, settings_of

WIDTH = 80


def help_text(description: str, configs: Sequence[type]) -> str:
    """Returns a command's description and flags.

    The first line of each dataclass's docstring heads its flags.
    """
    lines = [inspect.cleandoc(description)]
    shown = set()
    for config in configs:
        heading = (inspect.getdoc(config) or "").partition("\n")[0]
        lines.append(f"\n{heading}")
        for field, hint in settings_of(config):
            if field.name not in shown:
                shown.add(field.name)
                lines += _describe(field, hint)
    return "\n".join(lines)


def _describe(field: dataclasses.Field, hint: Any) -> list[str]:
    if is_argument(field):
        name = field.name.upper()
    else:
        name = f"--[no]{field.name}" if hint is bool else f"--{field.name}"
    text = field.metadata["help"] + _describe_values(field)
    indent = " " * 6
    wrapped = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [f"  {name}", *wrapped]


def _describe_values(field: dataclasses.Field) -> str:
    notes = []
    if field.metadata.get("choices"):
        notes.append("one of " + ", ".join(field.metadata["choices"]))
    if field.default is dataclasses.MISSING:
        notes.append("required")
    elif not any(field.default is empty for empty in (None, (), False, "")):
        notes.append(f"default: {_show(field.default)}")
    return f" ({'; '.join(notes)})" if notes else ""


def _show(value: object) -> str:
    """Formats a value as its flag takes it."""
    if not isinstance(value, tuple):
        return str(value)
    separator = ";" if any(isinstance(part, tuple) for part in value) else ","
    return separator.join(map(_show, value))
