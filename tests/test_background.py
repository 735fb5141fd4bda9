"""A thread that works ahead changes nothing but the time."""

import threading
import time

import pytest

from rmdn_tf.background import in_background


def test_items_come_in_order_and_the_thread_ends():
    before = threading.active_count()
    assert list(in_background(range(100), 3)) == list(range(100))
    assert threading.active_count() == before


def test_an_error_comes_after_the_items_before_it():
    def failing():
        yield 1
        yield 2
        raise OSError("broken")

    taken = []
    with pytest.raises(OSError, match="broken"):
        for item in in_background(failing(), 8):
            taken.append(item)
    assert taken == [1, 2]


def test_no_more_than_the_capacity_is_made_ahead():
    made = []

    def counted():
        for number in range(50):
            made.append(number)
            yield number

    items = in_background(counted(), 4)
    assert next(items) == 0
    time.sleep(0.3)
    # Four lie ready, and one more is held by the thread.
    assert len(made) <= 6
    items.close()


def test_what_is_given_up_is_closed_with_all_that_feeds_it():
    closed = []

    def endless(name):
        try:
            while True:
                yield name
        finally:
            closed.append(name)

    before = threading.active_count()
    inner = in_background(endless("inner"), 2)

    def outer():
        try:
            yield from inner
        finally:
            closed.append("outer")

    items = in_background(outer(), 2)
    assert next(items) == "inner"
    items.close()
    assert closed == ["inner", "outer"]
    assert threading.active_count() == before
