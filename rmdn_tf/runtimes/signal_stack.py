"""Keeps the stack on which a thread's signal handlers run.

OpenVINO gives its caller's thread another stack, and frees it: the next signal,
such as Ctrl-C, would crash the process.
"""

import contextlib
import ctypes
import sys
from collections.abc import Iterator


class _Stack(ctypes.Structure):
    """`stack_t` of Linux."""

    _fields_ = (
        ("pointer", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("size", ctypes.c_size_t),
    )


@contextlib.contextmanager
def kept_signal_stack() -> Iterator[None]:
    """Gives the thread its own stack back; a context."""
    if sys.platform != "linux":
        yield
        return
    library, stack = ctypes.CDLL(None), _Stack()
    library.sigaltstack(None, ctypes.byref(stack))
    try:
        yield
    finally:
        library.sigaltstack(ctypes.byref(stack), None)
