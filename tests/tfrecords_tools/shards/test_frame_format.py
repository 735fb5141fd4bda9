"""Tests of `tfrecords_tools.shards.frame_format`."""

import pytest

from tfrecords_tools.shards.frame_format import FrameFormat


@pytest.mark.parametrize(
    ("max_size", "original_size", "size"),
    [
        (32, (48, 64), (24, 32)),
        (32, (64, 48), (32, 24)),
        (100, (48, 64), (48, 64)),
        (10, (2, 1000), (1, 10)),
    ],
)
def test_the_longer_side_shrinks_to_the_most_allowed(
    max_size, original_size, size
):
    frame_format = FrameFormat(max_size=max_size)
    assert frame_format.size_of(original_size) == size


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("height", {"size": (0, 4)}),
        ("width", {"size": (4, 0)}),
        ("max_size", {"max_size": 0}),
        ("frames_per_second", {"frames_per_second": 0.0}),
        ("frames_per_second", {"frames_per_second": float("nan")}),
        ("jpeg_quality", {"jpeg_quality": 101}),
    ],
)
def test_a_frame_format_out_of_range_is_an_error(name, values):
    with pytest.raises(ValueError, match=f"Invalid `{name}`"):
        FrameFormat(**values)
