"""Files that appear under their name only when they are whole."""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator


@contextlib.contextmanager
def published(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Gives a temporary path beside `path`; renames it on success.

    The temporary name keeps the suffix, which some writers choose a format by.

    Args:
        path: of the file to be; its directory exists.

    Yields:
        The path to write to. After an exception nothing is left of it.

    Raises:
        OSError: the file cannot be written.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f"partial.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | os.PathLike, document: object) -> None:
    """Writes a JSON file, whole or not at all."""
    with published(path) as temporary:
        temporary.write_text(json.dumps(document, indent=2) + "\n")
