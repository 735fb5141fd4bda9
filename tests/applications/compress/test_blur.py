"""The blur takes detail away where offsets are positive, and only there."""

import fractions

import av
import numpy as np
import pytest

from rmdn_tf.applications.compress.blur import AttentionBlur
from rmdn_tf.video import planes


def striped(form):
    """Makes a frame of stripes a pixel wide; returns their height too."""
    frame = av.VideoFrame(640, 360, form)
    kind = planes.kind_of(frame)
    one = 1 if kind == np.uint8 else 4
    for plane in frame.planes:
        columns = np.arange(plane.width) % 2
        planes.pixels(plane, kind)[:] = one * (100 + 40 * columns)
    frame.pts, frame.time_base = 7, fractions.Fraction(1, 25)
    return frame, 40 * one


def detail(frame, where):
    """Returns the height of the stripes in a part of the brightness."""
    kind = planes.kind_of(frame)
    part = planes.pixels(frame.planes[0], kind)[where]
    return part.max() - part.min()


LEFT, RIGHT = np.s_[:, :280], np.s_[20:-20, 360:620]


@pytest.mark.parametrize("form", ["yuv420p", "yuv444p", "yuv420p10le"])
def test_six_steps_halve_the_detail(form):
    frame, height = striped(form)
    blurred = AttentionBlur()(frame, np.repeat([[-3.0, 6.0]], 8, 1))
    assert detail(blurred, LEFT) == height
    assert detail(blurred, RIGHT) == pytest.approx(height / 2, rel=0.08)
    assert (blurred.pts, blurred.time_base) == (7, fractions.Fraction(1, 25))
    assert blurred.format.name == form


def test_colour_is_blurred_too():
    frame, height = striped("yuv444p")
    blurred = AttentionBlur()(frame, np.full([4, 4], 6.0))
    part = planes.pixels(blurred.planes[1])[RIGHT]
    assert part.max() - part.min() == pytest.approx(height / 2, rel=0.08)


def test_the_given_frame_stays_as_it_was():
    frame, height = striped("yuv420p")
    AttentionBlur()(frame, np.full([4, 4], 6.0))
    assert detail(frame, RIGHT) == height


def test_nothing_is_done_where_all_offsets_are_negative():
    frame, _ = striped("yuv420p")
    assert AttentionBlur()(frame, np.full([4, 4], -2.0)) is frame
