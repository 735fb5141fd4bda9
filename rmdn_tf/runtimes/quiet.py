"""Silences converters, which report what a user cannot change."""

import contextlib
import logging
from collections.abc import Iterator


@contextlib.contextmanager
def errors_only(logger: logging.Logger) -> Iterator[None]:
    """Hides what a logger reports below an error; a context."""
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
