"""Iterates ahead in another thread."""

import collections
import contextlib
import threading
from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")

_END = object()


def read_ahead(
    items: Iterable[Item],
    max_items: int,
    max_bytes: int,
    num_bytes: Callable[[Item], int],
) -> Generator[Item, None, None]:
    """Yields the same items, made ahead by a thread.

    FFmpeg and TensorFlow let other threads of Python run: reading, the network
    and drawing overlap. If the caller closes the iterator, the thread ends
    after its current item. An error of `items` is raised after the items before
    it.

    Args:
        max_items: most waiting items, at least 1.
        max_bytes: memory of all waiting items; a single item may be larger.
        num_bytes: returns the memory of an item.
    """
    ready = _Ready(max_items, max_bytes)

    def work() -> None:
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
    """A queue of waiting items, bounded in number and in bytes."""

    def __init__(self, max_items: int, max_bytes: int):
        self._max_items = max_items
        self._max_bytes = max_bytes
        # Items and their bytes.
        self._items: collections.deque[tuple[Any, int]] = collections.deque()
        self._num_bytes = 0
        self._is_given_up = False
        self._changed = threading.Condition()

    def put(self, item: Any, num_bytes: int) -> bool:
        """Waits for room; returns False if the iteration was closed."""
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

    def get(self) -> Any:
        with self._changed:
            self._changed.wait_for(lambda: self._items)
            item, num_bytes = self._items.popleft()
            self._num_bytes -= num_bytes
            self._changed.notify_all()
            return item

    def give_up(self) -> None:
        with self._changed:
            self._is_given_up = True
            self._changed.notify_all()


def _generator(items: Iterable[Item]) -> Generator[Item, None, None]:
    """Makes a generator; closing it closes `items` too."""
    yield from items
