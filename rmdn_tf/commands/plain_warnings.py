"""Warnings as a user of a command reads them."""

import contextlib
import warnings
from collections.abc import Iterator

from rmdn_tf.files.shown_paths import redacted


def _plain(message: object, *_: object, **__: object) -> str:
    return f"Warning: {redacted(str(message))}\n"


@contextlib.contextmanager
def plain_warnings() -> Iterator[None]:
    """Shows warnings without the line of code that warns; also a decorator."""
    before = warnings.formatwarning
    warnings.formatwarning = _plain
    try:
        yield
    finally:
        warnings.formatwarning = before
