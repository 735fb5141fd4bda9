"""Tests of `tfrecords_tools.sources.splits`."""

import pytest

from tfrecords_tools.sources.splits import stable_fraction, train_or_validation


def test_the_fraction_is_the_head_of_the_sha_256():
    # Of "abc", FIPS 180-4: ba7816bf 8f01cfea...
    expected = 0xBA7816BF8F01CFEA / 2**64
    assert stable_fraction("abc") == pytest.approx(expected, rel=1e-15)


def test_a_name_keeps_its_split_for_ever():
    # Pinned: a model trained on one split must not meet it in another.
    held_out = [
        number
        for number in range(8)
        if train_or_validation(f"video{number}") == "validation"
    ]
    assert held_out == [0, 3]


def test_a_fifth_of_numbered_names_is_held_out():
    splits = [train_or_validation(f"clip{n:05d}") for n in range(10_000)]
    # Three standard deviations of a fair draw are 120.
    assert abs(splits.count("validation") - 2000) < 120
