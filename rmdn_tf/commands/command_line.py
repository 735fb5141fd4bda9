"""Reads a command line into dataclasses."""

import dataclasses
import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from absl import flags

from rmdn_tf.commands.flags import (
    define,
    follows_dashes,
    is_argument,
    settings_of,
)

T = TypeVar("T")


class UsageError(ValueError):
    """The command line is invalid."""


class CommandLine:
    """The flags and other words of a command line, in any order.

    A setting of several values takes all words up to the next flag.

    Args:
        configs: dataclasses whose settings are the flags.
        arguments: words of the command line, without the command's name.

    Raises:
        UsageError: a flag is unknown, or its value is missing or invalid.
    """

    def __init__(self, configs: Iterable[type], arguments: Sequence[str]):
        configs = list(configs)
        self._values = flags.FlagValues()
        self._values.set_gnu_getopt(True)
        define(self._values, configs)
        arguments = list(arguments)
        end = arguments.index("--") if "--" in arguments else len(arguments)
        words = ["", *_repeat_flags(self._values, arguments[:end])]
        try:
            self._words = self._values(words)[1:]
        except (flags.Error, ValueError) as error:
            raise UsageError(_told(error)) from error
        self._after_dashes = arguments[end + 1 :]
        kinds = [f for c in configs for f, _ in settings_of(c)]
        if not any(map(follows_dashes, kinds)):
            self._words, self._after_dashes = (
                [*self._words, *self._after_dashes],
                [],
            )
        if not any(is_argument(f) and not follows_dashes(f) for f in kinds):
            _refuse(self._words, self._first_missing(configs))

    def _first_missing(self, configs: Iterable[type]) -> str | None:
        """Returns the first required flag that is not on the line."""
        for config in configs:
            for field, _ in settings_of(config):
                is_required = field.default is dataclasses.MISSING
                if is_required and not self._values[field.name].present:
                    return f"--{field.name}"
        return None

    def given(self, config: type) -> dict[str, Any]:
        """Returns the settings of a dataclass whose flags are on the line.

        Raises:
            UsageError: a setting has too many or too few values.
        """
        found = {}
        for field, hint in settings_of(config):
            if is_argument(field) or not self._values[field.name].present:
                continue
            value: Any = self._values[field.name].value
            if typing.get_origin(hint) is tuple:
                value = sum(value, ())
                _check_length(field.name, value, typing.get_args(hint))
            found[field.name] = value
        return found

    def read(self, config: type[T]) -> T:
        """Makes a dataclass; settings not given take its defaults.

        Raises:
            UsageError: a setting is missing, or a word belongs to no setting.
            ValueError: the dataclass refuses a setting.
        """
        found, words = self.given(config), list(self._words)
        takes_words = False
        for field, hint in settings_of(config):
            name = f"--{field.name}"
            if follows_dashes(field):
                found[field.name] = tuple(self._after_dashes)
            elif is_argument(field):
                name, takes_words = field.name.upper(), True
                if typing.get_origin(hint) is tuple:
                    found[field.name], words = tuple(words), []
                elif words:
                    found[field.name] = words.pop(0)
            if field.name not in found and field.default is dataclasses.MISSING:
                raise UsageError(f"Missing {name}.")
        if takes_words:
            _refuse(words)
        return config(**found)

    def change(self, preset: T, **implied: Any) -> T:
        """Returns a copy of a dataclass, changed by the settings on the line.

        Args:
            **implied: settings that other flags imply; a flag on the line wins.
        """
        changed: Any = preset
        return dataclasses.replace(
            changed, **implied | self.given(type(preset))
        )


def _repeat_flags(
    values: flags.FlagValues, arguments: Iterable[str]
) -> Iterator[str]:
    """Turns "--use a b" into "--use=a --use=b", as absl expects."""
    flag, is_missing = None, False
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            yield f"{flag}={word}" if flag else word
            is_missing = False
            continue
        if is_missing:
            break
        name = word.lstrip("-")
        is_missing = name in values and isinstance(
            values[name], flags.MultiFlag
        )
        flag = word if is_missing else None
        if not is_missing:
            yield word
        if word == "--":
            yield from words
    if is_missing:
        raise UsageError(f"Missing value of {flag}.")


def _told(error: Exception) -> str:
    """Returns the message of an error; flags that it names get dashes."""
    message, _, names = str(error).partition(" Did you mean: ")
    if not names:
        return message
    likely = names.removesuffix(" ?").split(", ")
    return f"{message} Did you mean {' or '.join(f'--{n}' for n in likely)}?"


def _refuse(words: Sequence[str], missing: str | None = None) -> None:
    if not words:
        return
    advice = f" Did you mean {missing} {words[0]}?" if missing else ""
    raise UsageError(f"Unknown argument: {words[0]!r}.{advice}")


def _check_length(name: str, value: tuple, hints: tuple) -> None:
    if ... not in hints and len(value) != len(hints):
        raise UsageError(
            f"Invalid --{name}. Expected {len(hints)} values. "
            f"Received: {', '.join(map(str, value))}."
        )
