"""Imports TensorFlow for a command, without the notices of its libraries."""

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator

# Lines that TensorFlow prints while it is imported, at any log level.
_NOTICES = (b"I0000 ", b"WARNING: All log messages before absl::Init")


def import_tensorflow() -> None:
    """Imports TensorFlow; tells a terminal so, because it takes seconds."""
    if "tensorflow" in sys.modules:
        return
    if sys.stderr is not None and sys.stderr.isatty():
        print("Loading TensorFlow ...", file=sys.stderr, flush=True)
    with without_notices():
        importlib.import_module("tensorflow")


@contextlib.contextmanager
def without_notices(starts: tuple[bytes, ...] = _NOTICES) -> Iterator[None]:
    """Removes a library's notices from standard error; keeps all else.

    Args:
        starts: beginnings of the lines to remove; by default TensorFlow's.
    """
    try:
        error = os.dup(2)
    except OSError:  # A process may begin without it.
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(error, 2)
            held.seek(0)
            for line in held:
                if not line.startswith(starts):
                    os.write(error, line)
            os.close(error)
