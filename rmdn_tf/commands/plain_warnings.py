"""Warnings as a user of a command reads them."""

import contextlib
import warnings


@contextlib.contextmanager
def plain_warnings():
    """Shows the text of warnings, without the line of code that warns.

    Also a decorator, of an entry's `main`.
    """
    before = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"Warning: {message}\n"
    try:
        yield
    finally:
        warnings.formatwarning = before
