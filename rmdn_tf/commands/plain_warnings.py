"""Warnings as a user of a command reads them."""

import contextlib
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def plain_warnings() -> Iterator[None]:
    """Shows warnings without the line of code that warns; also a decorator."""
    before = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"Warning: {message}\n"
    try:
        yield
    finally:
        warnings.formatwarning = before
