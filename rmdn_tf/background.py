"""An iterator that works ahead in a thread of its own."""

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_POLL_SECONDS = 0.1


def in_background(items: Iterable[Item], capacity: int) -> Iterator[Item]:
    """Yields the same items, made ahead by a thread.

    FFmpeg and TensorFlow let other threads of Python run: reading, the network
    and drawing overlap. When the iteration is given up, or fails, the thread
    ends after the item it is at, and is waited for.

    Args:
        items: what makes them.
        capacity: items that may lie ready; 1 or more.

    Raises:
        Whatever `items` raises, after the items before.
    """
    ready = queue.Queue(capacity)
    given_up = threading.Event()
    end = object()

    def put(item) -> bool:
        while not given_up.is_set():
            try:
                ready.put(item, timeout=_POLL_SECONDS)
                return True
            except queue.Full:
                pass
        return False

    def work():
        outcome = None
        try:
            with contextlib.closing(_generator(items)) as made:
                for item in made:
                    if not put((item, None)):
                        break
        except BaseException as error:  # It is raised where it can be seen.
            outcome = error
        put((end, outcome))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is end:
                return
            yield item
    finally:
        given_up.set()
        thread.join()


def _generator(items: Iterable[Item]) -> Iterator[Item]:
    """Iterates so that it can be closed, and `items` with it."""
    yield from items
