"""A setting: a dataclass field that carries the help of its flag."""

import dataclasses
from collections.abc import Iterable
from typing import Any


def setting(
    default: Any = dataclasses.MISSING,
    help: str = "",
    choices: Iterable[str] = (),
    default_text: str = "",
) -> Any:
    """Makes a dataclass field with a flag.

        batch_size: int = setting(16, "Windows per step.")

    Args:
        default: without one, the command line must give the setting.
        help: one sentence.
        choices: the values that the flag takes; any if empty.
        default_text: what the help shows as the default, where that depends on
            other settings or on the data.
    """
    metadata = {
        "help": help,
        "choices": tuple(choices),
        "default_text": default_text,
    }
    return dataclasses.field(default=default, metadata=metadata)


def argument(
    default: Any = dataclasses.MISSING,
    help: str = "",
    follows_dashes: bool = False,
) -> Any:
    """Makes a dataclass field that the command line gives without a flag.

    A field of type `tuple[str, ...]` takes all remaining words.

    Args:
        default, help: as for `setting`.
        follows_dashes: whether it takes only the words after `--`.
    """
    metadata = {
        "help": help,
        "is_argument": True,
        "follows_dashes": follows_dashes,
    }
    return dataclasses.field(default=default, metadata=metadata)
