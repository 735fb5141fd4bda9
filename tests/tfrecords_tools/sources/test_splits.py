"""Tests of `tfrecords_tools.sources.splits`."""

import pytest

from tfrecords_tools.sources.splits import (
    any_split,
    picture_split,
    stable_fraction,
    train_or_validation,
)


def test_the_fraction_is_the_head_of_the_sha_256():
    # Of "abc", FIPS 180-4: ba7816bf 8f01cfea...
    expected = 0xBA7816BF8F01CFEA / 2**64
    assert stable_fraction("abc") == pytest.approx(expected, rel=1e-15)


def test_a_name_keeps_its_split_for_ever():
    # Pinned: a model trained on one split must not meet it in another.
    splits = [train_or_validation(f"video{number}") for number in range(8)]
    held_out = [n for n, split in enumerate(splits) if split == "validation"]
    assert held_out == [0, 3]
    assert list(map(any_split, "abc")) == ["validation", "train", "train"]
    assert any_split("clip") == any_split("fight/one.two") == "train"


def test_names_are_spread_evenly():
    names = [f"clip{number:05d}" for number in range(10_000)]
    held_out = list(map(train_or_validation, names)).count("validation")
    splits = list(map(any_split, names))
    # Three standard deviations of a fair draw are 120.
    for count in (held_out, splits.count("validation"), splits.count("test")):
        assert abs(count - 2000) < 120

    pictures = list(map(picture_split, names))
    # Three standard deviations of a fair draw are 90.
    for split in ("validation", "test"):
        assert abs(pictures.count(split) - 1000) < 90
