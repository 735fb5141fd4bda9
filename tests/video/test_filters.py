"""A filter changes the pixels and keeps the rest of a frame."""

import fractions

import av
import numpy as np

from rmdn_tf.video.filters import FrameFilter


def test_a_chain_of_filters_runs_in_order():
    pixels = np.arange(24, dtype=np.uint8).reshape(4, 6)
    frame = av.VideoFrame.from_ndarray(pixels, "gray")
    frame.pts, frame.time_base = 5, fractions.Fraction(1, 30)
    frame.color_range = 2
    turned = FrameFilter(frame, [("transpose", "clock"), ("hflip", "")])(frame)
    np.testing.assert_array_equal(turned.to_ndarray(), pixels.T)
    assert (turned.pts, turned.time_base) == (5, fractions.Fraction(1, 30))
    assert turned.color_range == 2
