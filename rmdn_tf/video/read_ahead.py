"""An iterator that works ahead in a thread of its own."""

import collections
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_END = object()


def read_ahead(
    items: Iterable[Item],
    max_items: int,
    max_bytes: int,
    num_bytes: Callable[[Item], int],
) -> Iterator[Item]:
    """Yields the same items, made ahead by a thread.

    FFmpeg and TensorFlow let other threads of Python run: reading, the network
    and drawing overlap. When the iteration is given up, or fails, the thread
    ends after its current item, and is waited for.

    Args:
        items: the iterable; the thread takes its items.
        max_items: how many may lie ready; 1 or more.
        max_bytes: memory that all items that lie ready may hold together. One
            item alone may be larger.
        num_bytes: returns the memory that an item holds.

    Raises:
        The error that `items` raises, after the items before it.
    """
    ready = _Ready(max_items, max_bytes)

    def work():
        outcome = None
        try:
            with contextlib.closing(_generator(items)) as made:
                for item in made:
                    if not ready.put((item, None), num_bytes(item)):
                        break
        except BaseException as error:  # Raised again by the consumer below.
            outcome = error
        ready.put((_END, outcome), 0)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        ready.give_up()
        thread.join()


class _Ready:
    """Items that lie ready, bounded in number and in bytes.

    Args:
        max_items: limit for their number.
        max_bytes: limit for all together, if there is more than one.
    """

    def __init__(self, max_items: int, max_bytes: int):
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._items = collections.deque()  # Items and their bytes.
        self._num_bytes = 0
        self._is_given_up = False
        self._changed = threading.Condition()

    def put(self, item, num_bytes: int) -> bool:
        """Waits for room; returns False, without the item, if given up."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_given_up or self._has_room(num_bytes)
            )
            if self._is_given_up:
                return False
            self._items.append((item, num_bytes))
            self._num_bytes += num_bytes
            self._changed.notify_all()
            return True

    def _has_room(self, num_bytes: int) -> bool:
        return not self._items or (
            len(self._items) < self._max_items
            and self._num_bytes + num_bytes <= self._max_bytes
        )

    def get(self):
        """Waits for an item, and takes it."""
        with self._changed:
            self._changed.wait_for(lambda: self._items)
            item, num_bytes = self._items.popleft()
            self._num_bytes -= num_bytes
            self._changed.notify_all()
            return item

    def give_up(self) -> None:
        """Ends all waiting for room: the items are not wanted any more."""
        with self._changed:
            self._is_given_up = True
            self._changed.notify_all()


def _generator(items: Iterable[Item]) -> Iterator[Item]:
    """Iterates so that it can be closed, and `items` with it."""
    yield from items
