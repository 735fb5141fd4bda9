"""The luma of every pixel format is that of the frame."""

import av
import numpy as np
import pytest

from rmdn_tf.applications.quality.luma import Luma, luma_of
from tests.helpers.ffmpeg_psnr import made_frame

LEVELS = np.arange(16, 16 + 8 * 16, dtype=np.uint8).reshape(8, 16)


@pytest.mark.parametrize(
    "form",
    "yuv420p yuv422p yuv444p yuvj420p yuva420p nv12 gray yuyv422 uyvy422 "
    "yuv420p10le yuv422p12le p010le gray10le".split(),
)
def test_the_luma_of_a_format_is_exact(form):
    frame = made_frame(LEVELS, "yuv444p")
    frame.color_range = 2 if form.startswith(("yuvj", "gray")) else 1
    converted = frame.reformat(format=form)
    luma = luma_of(converted)
    expected = Luma(LEVELS, 8, frame.color_range == 2)
    assert luma.is_full == expected.is_full
    np.testing.assert_allclose(luma.on_scale_of(expected), LEVELS, atol=0.51)
    if not luma.is_full:
        np.testing.assert_array_equal(luma.on_scale_of(expected), LEVELS)


@pytest.mark.parametrize("form", ["rgb24", "gbrp", "bgr0"])
def test_the_luma_of_rgb_is_that_of_bt601(form):
    pixels = np.random.default_rng(0).integers(0, 2, (8, 16, 3)) * 255
    frame = av.VideoFrame.from_ndarray(pixels.astype(np.uint8), "rgb24")
    luma = luma_of(frame.reformat(format=form))
    assert (luma.bits, luma.is_full) == (8, True)
    np.testing.assert_allclose(luma.levels, pixels @ [0.299, 0.587, 0.114])


@pytest.mark.parametrize(("form", "bits"), [("rgb48le", 16), ("gbrp10le", 10)])
def test_deep_rgb_keeps_its_bits(form, bits):
    pixels = np.random.default_rng(0).integers(0, 2**16, (8, 16, 3))
    frame = av.VideoFrame.from_ndarray(pixels.astype(np.uint16), "rgb48le")
    luma = luma_of(frame.reformat(format=form))
    assert (luma.bits, luma.is_full) == (bits, True)
    levels = pixels @ [0.299, 0.587, 0.114] / 2 ** (16 - bits)
    np.testing.assert_allclose(luma.levels, levels, atol=1)


def test_rows_without_their_padding():
    plane = np.arange(7 * 10, dtype=np.uint8).reshape(7, 10)
    frame = made_frame(plane, "gray")
    assert frame.planes[0].line_size > 10
    np.testing.assert_array_equal(luma_of(frame).levels, plane)
