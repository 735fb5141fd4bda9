"""A JSON file with the settings that the files of a directory are made with.

A run locks the directory and writes its settings before the other files. A
later run with the same settings continues; other settings are refused:

    settings_file = SettingsFile("features/manifest.json", SCHEMA)
    with one_at_a_time("features", "computing features"):
        settings_file.check(settings)
        settings_file.write(settings)
"""

import json
import os
import reprlib
from collections.abc import Collection, Mapping, Sequence

from rmdn_tf.files.file_systems import file_length
from rmdn_tf.files.json_files import JsonError, read_json
from rmdn_tf.files.published import write_json

# Differences that an error lists.
MAX_NAMED = 5

ADVICE = (
    "Repeat the earlier settings, choose another directory or remove this one."
)

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = 80


class OtherSettingsError(ValueError):
    """A directory holds files that were made with other settings."""


class SettingsFile:
    """A JSON file of settings.

    Args:
        may_change: names of settings that a later run may change, such as
            "shards" or, in a nested dict, "training/num_epochs". The name of a
            dict stands for its whole content.
        error: class of the error for a damaged file.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        schema: Mapping,
        *,
        may_change: Collection[str] = (),
        error: type[Exception] = JsonError,
    ):
        self.path = path
        self._schema = schema
        self._may_change = may_change
        self._error = error

    def read(self) -> dict | None:
        """Returns the content of the file; None if the file is missing."""
        if file_length(os.fspath(self.path)) is None:
            return None
        return read_json(self.path, self._schema, error=self._error)

    def check(self, settings: Mapping) -> dict | None:
        """Refuses settings that differ from those in the file; see `read`.

        Raises:
            OtherSettingsError: the settings differ; lists the differences.
        """
        earlier = self.read()
        if earlier is not None:
            refuse_changes(self.path, earlier, settings, self._may_change)
        return earlier

    def write(self, settings: Mapping) -> None:
        """Writes the settings; the caller holds the lock of the directory."""
        write_json(self.path, settings)


def refuse_changes(
    path: str | os.PathLike,
    earlier: Mapping,
    now: Mapping,
    may_change: Collection[str] = (),
    advice: str = ADVICE,
) -> None:
    """Refuses settings that differ from earlier ones, which `path` holds.

    A missing setting equals None: an earlier release may not have written it.

    Args:
        may_change: see `SettingsFile`.
        advice: last sentence of the error.

    Raises:
        OtherSettingsError: the settings differ; lists the differences.
    """
    # Converted through JSON: tuples become lists, as in the file.
    before, after = (
        _flatten(json.loads(json.dumps(settings)), may_change)
        for settings in (earlier, now)
    )
    differences = [
        f"{name} was {_show(before, name)} and is now {_show(after, name)}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    refuse_differences(path, differences, advice)


def refuse_differences(
    path: str | os.PathLike,
    differences: Sequence[str],
    advice: str = ADVICE,
    total: int | None = None,
) -> None:
    """Raises an `OtherSettingsError` if `differences` is not empty.

    A difference is a phrase such as "seed was 1 and is now 2". If they are only
    the first ones, `total` is the number of all.
    """
    if differences:
        raise OtherSettingsError(
            f"Invalid settings. Expected those in '{path}', which the files "
            f"there were made with. Received: {name_some(differences, total)}."
            f" {advice}"
        )


def name_some(items: Sequence[str], total: int | None = None) -> str:
    """Joins the first items, followed by the number of the others."""
    named = ", ".join(items[:MAX_NAMED])
    rest = (len(items) if total is None else total) - MAX_NAMED
    return f"{named} and {rest} more" if rest > 0 else named


def _flatten(
    settings: Mapping, left_out: Collection[str], prefix: str = ""
) -> dict[str, object]:
    """Turns {"model": {"units": 4}} into {"model/units": 4}."""
    flat: dict[str, object] = {}
    for key, value in settings.items():
        name = prefix + key
        if name in left_out:
            continue
        if isinstance(value, Mapping):
            flat |= _flatten(value, left_out, f"{name}/")
        else:
            flat[name] = value
    return flat


def _show(settings: Mapping, name: str) -> str:
    return _SHOWN.repr(settings[name]) if name in settings else "missing"
