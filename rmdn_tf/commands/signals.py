"""Signals that end a command: Ctrl-C, SIGTERM, and SIGHUP of a terminal.

They raise an exception in the main thread, so that everything is tidied up as
after any other error.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

# SIGHUP is missing on Windows.
ENDING = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)

# A further signal so soon is the same wish: tidying up has begun.
SAME_WISH_SECONDS = 1.0

# When `Stopped` was raised last.
_raised: list[float] = []

# Open blocks of `delayed`, and the signals that came meanwhile.
_blocks: list[None] = []
_delayed: list[int] = []


class Stopped(KeyboardInterrupt):
    """A signal asked the command to end.

    Attributes:
        number: number of the signal.
    """

    def __init__(self, number: int):
        super().__init__(number)
        self.number = number


def message(number: int) -> str:
    """Returns the line that tells of a signal."""
    is_key = number == signal.SIGINT
    name = "Ctrl-C" if is_key else signal.Signals(number).name
    return f"Stopped by {name}."


def exit_code(number: int) -> int:
    """Returns the exit code of a signal, as a shell has it: 130 for Ctrl-C."""
    return 128 + number


def end_at_signals() -> None:
    """Makes each signal of `ENDING` end the process at once."""
    _set(_end, _DEFAULTS)


def _end(number: int, _: object) -> None:
    with contextlib.suppress(OSError):  # The terminal is closed.
        os.write(2, f"{message(number)}\n".encode())
    os._exit(exit_code(number))


# Handlers that a command may replace: nobody else has set them.
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler, _end)


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raises `Stopped` in the main thread at each signal; a context."""
    _raised.clear()
    with handled_by(_raise):
        yield


@contextlib.contextmanager
def handled_by(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Calls a handler at each signal of `ENDING`; a context.

    Leaves alone a signal that the process ignores, as under `nohup`, or handles
    in another way. Does nothing in other threads than the main one.
    """
    before = _set(handler, (_raise, *_DEFAULTS))
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def ignore_further() -> None:
    """Ignores the signals of an impatient user while the process ends."""
    _set(signal.SIG_IGN, (_raise, *_DEFAULTS))


def _set(handler: Any, replaced: tuple) -> dict:
    """Sets a handler where one of `replaced` is set; returns the old ones."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    before = {number: signal.getsignal(number) for number in ENDING}
    before = {n: old for n, old in before.items() if old in replaced}
    for number in before:
        signal.signal(number, handler)
    return before


def _raise(number: int, _: object) -> None:
    if _blocks:
        _delayed.append(number)
    elif not _raised or time.monotonic() - _raised[-1] > SAME_WISH_SECONDS:
        _raised[:] = [time.monotonic()]
        raise Stopped(number)


@contextlib.contextmanager
def delayed() -> Iterator[None]:
    """Raises `Stopped` only at the end of the block; a context.

    A process that starts in the block gets no Ctrl-C and no SIGHUP, which a
    terminal sends to all its processes: the starting process must end it.
    """
    blocked = set(ENDING) - {signal.SIGTERM}
    before = None
    if hasattr(signal, "pthread_sigmask"):  # Not on Windows.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    _blocks.append(None)
    try:
        yield
    finally:
        _blocks.pop()
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if _delayed and not _blocks:
            number = _delayed[0]
            _delayed.clear()
            _raise(number, None)
