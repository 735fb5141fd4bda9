"""Flushes standard output and error, and gives them up once they are broken."""

import io
import os
import select
import sys
from typing import Any


def flush_output() -> None:
    """Writes out what was printed, so that the command reports an error of it.

    Raises:
        BrokenPipeError: nobody reads the output, as in `... | head -1`.
        OSError: the output cannot be written.
    """
    for stream in _streams():
        try:
            stream.flush()
        except OSError as error:
            name = str(stream.name).strip("<>")
            raise type(error)(error.errno, error.strerror, name) from error


def give_up_broken_output() -> bool:
    """Discards what a broken output cannot take; returns whether one is broken.

    Otherwise Python itself would report the error when it ends.
    """
    broken = [stream for stream in _streams() if _is_broken(stream)]
    for stream in broken:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    return bool(broken)


def _is_broken(stream: Any) -> bool:
    try:
        stream.flush()
        number = stream.fileno()
    except io.UnsupportedOperation:  # No file, as in a notebook.
        return False
    except OSError:
        return True
    if not hasattr(select, "poll"):  # On Windows.
        return False
    # Python may have dropped what it could not write.
    poll = select.poll()
    poll.register(number, 0)
    return bool(poll.poll(0))


def _streams() -> list:
    """Returns the streams; a process may begin without them."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
