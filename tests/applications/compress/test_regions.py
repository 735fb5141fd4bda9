"""Regions of interest lie in the frame as FFmpeg's encoders read them."""

import fractions

import av
import numpy as np
import pytest
from av.sidedata.sidedata import Type

from rmdn_tf.applications.compress.regions import Regions
from rmdn_tf.video.filters import FrameFilter

# Fields of FFmpeg's `AVRegionOfInterest`.
FIELDS = "size top bottom left right numerator denominator".split()


def made_frame(form="yuv420p", size=(40, 64)):
    height, width = size
    frame = av.VideoFrame(width, height, form)
    for number, plane in enumerate(frame.planes):
        plane.update(bytes([number + 1]) * plane.buffer_size)
    frame.pts, frame.time_base = 7, fractions.Fraction(1, 25)
    frame.color_range, frame.colorspace = 2, 1
    return frame


def offsets_in(frame):
    """Returns the offset at each pixel, in parts of the quantiser's range."""
    data = bytes(frame.side_data.get(Type.REGIONS_OF_INTEREST))
    regions = np.frombuffer(data, np.int32).reshape(-1, len(FIELDS))
    assert (regions[:, 0] == 28).all()
    offsets = np.full([frame.height, frame.width], np.nan)
    for _, top, bottom, left, right, above, below in reversed(regions):
        assert 0 <= top < bottom <= frame.height
        assert 0 <= left < right <= frame.width
        offsets[top:bottom, left:right] = above / below
    return offsets


GRID = np.array([[3.2, -6, -6, 0], [3, -6, 1, 0], [3, 3, 0.6, 0]])


@pytest.mark.parametrize(
    "form, steps", [("yuv420p", 51), ("yuv420p10le", 63), ("yuv444p12le", 75)]
)
def test_each_block_has_its_offset(form, steps):
    offsets = offsets_in(Regions(16)(made_frame(form), GRID))
    expected = np.rint(GRID).repeat(16, 0).repeat(16, 1)[:40]
    np.testing.assert_allclose(offsets * steps, expected, atol=1e-9)


def test_the_frame_keeps_pixels_colours_and_time():
    frame = made_frame()
    with_regions = Regions(16)(frame, GRID)
    for name in ("pts", "time_base", "color_range", "colorspace"):
        assert getattr(with_regions, name) == getattr(frame, name)
    assert with_regions.format.name == frame.format.name
    for one, other in zip(with_regions.planes, frame.planes, strict=True):
        assert bytes(one) == bytes(other)


def test_later_frames_get_later_offsets():
    regions = Regions(16)
    for offsets in (GRID, GRID, -GRID):
        found = offsets_in(regions(made_frame(), offsets)) * 51
        assert found[0, 16] == pytest.approx(offsets[0, 1])


def test_offsets_of_0_leave_the_frame_as_it_is():
    frame = made_frame()
    assert Regions(16)(frame, np.full([3, 4], 0.4)) is frame


def test_an_interlaced_frame_is_progressive_then():
    frame = FrameFilter(made_frame(), [("setfield", "tff")])(made_frame())
    assert frame.interlaced_frame
    assert not Regions(16)(frame, GRID).interlaced_frame
