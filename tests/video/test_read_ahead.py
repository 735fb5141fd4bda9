"""A thread that works ahead changes nothing but the time."""

import threading
import time

import pytest

from rmdn_tf.video.read_ahead import read_ahead


def ahead(items, max_items, max_bytes=100, num_bytes=lambda item: 1):
    return read_ahead(items, max_items, max_bytes, num_bytes)


def test_items_come_in_order_and_the_thread_ends():
    before = threading.active_count()
    assert list(ahead(range(100), 3)) == list(range(100))
    assert threading.active_count() == before


def test_an_error_comes_after_the_items_before_it():
    def failing():
        yield 1
        yield 2
        raise OSError("broken")

    taken = []
    with pytest.raises(OSError, match="broken"):
        for item in ahead(failing(), 8):
            taken.append(item)
    assert taken == [1, 2]


@pytest.mark.parametrize(
    ("num_bytes", "most"), [(1, 6), (40, 2 + 2), (101, 1 + 2)]
)
def test_no_more_bytes_than_are_allowed_are_made_ahead(num_bytes, most):
    made = []

    def counted():
        for number in range(50):
            made.append(number)
            yield number

    items = ahead(counted(), 4, 100, lambda item: num_bytes)
    assert next(items) == 0
    time.sleep(0.3)
    # One is taken, one is held by the thread, and one may always lie ready.
    assert len(made) <= most
    assert list(items) == list(range(1, 50))


def test_an_item_whose_bytes_cannot_be_told_is_an_error():
    with pytest.raises(TypeError):
        list(ahead([1, None], 4, 100, lambda item: item + 1))


def test_what_is_given_up_is_closed_with_all_that_feeds_it():
    closed = []

    def endless(name):
        try:
            while True:
                yield name
        finally:
            closed.append(name)

    before = threading.active_count()
    inner = ahead(endless("inner"), 2)

    def outer():
        try:
            yield from inner
        finally:
            closed.append("outer")

    items = ahead(outer(), 2)
    assert next(items) == "inner"
    items.close()
    assert closed == ["inner", "outer"]
    assert threading.active_count() == before
