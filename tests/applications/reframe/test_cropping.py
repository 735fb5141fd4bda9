"""Rectangles cut out of frames, at fractions of a pixel."""

from fractions import Fraction

import av
import numpy as np
import pytest

from rmdn_tf.applications.reframe.crop_sizes import CropSizes, choose_sizes
from rmdn_tf.applications.reframe.cropping import FrameCropper
from rmdn_tf.video import planes

FRAME = (72, 128)


def sized(aspect=Fraction(1), frame=FRAME, height=None):
    return choose_sizes(frame, aspect, height)


def frame_of(luma, blue=None, red=None):
    """Makes a `yuv420p` frame of its planes."""
    height, width = luma.shape
    frame = av.VideoFrame(width, height, "yuv420p")
    grey = np.full(((height + 1) // 2, (width + 1) // 2), 128, np.uint8)
    given = luma, *(grey if p is None else p for p in (blue, red))
    for plane, values in zip(frame.planes, given, strict=True):
        planes.pixels(plane)[:] = values
    frame.pts, frame.time_base = 7, Fraction(1, 25)
    return frame


def noise(height=72, width=128):
    rng = np.random.default_rng(0)
    return frame_of(
        rng.integers(16, 236, (height, width), np.uint8),
        rng.integers(16, 240, ((height + 1) // 2, (width + 1) // 2), np.uint8),
        rng.integers(16, 240, ((height + 1) // 2, (width + 1) // 2), np.uint8),
    )


def all_planes(frame):
    return [planes.pixels(plane).copy() for plane in frame.planes]


def box_at(x, y, sizes):
    """The crop at pixel (x, y) of the source."""
    height, width = sizes.frame
    across, down = sizes.crop[1] / width, sizes.crop[0] / height
    return np.array([x / width, y / height, across, down])


@pytest.mark.parametrize("x", [0, 2, 20, 56])
def test_a_crop_at_even_pixels_keeps_them_as_they_are(x):
    frame, sizes = noise(), sized()
    cropped = FrameCropper(sizes)(frame, box_at(x, 0, sizes))
    assert (cropped.height, cropped.width) == (72, 72)
    for found, whole in zip(
        all_planes(cropped), all_planes(frame), strict=True
    ):
        begin, width = x * whole.shape[1] // 128, found.shape[1]
        np.testing.assert_array_equal(found, whole[:, begin : begin + width])


def test_a_crop_keeps_the_time_and_the_colours():
    frame = noise()
    frame.colorspace, frame.color_range = 1, 1
    cropped = FrameCropper(sized())(frame, box_at(10, 0, sized()))
    assert (cropped.pts, cropped.time_base) == (7, Fraction(1, 25))
    assert (cropped.colorspace, cropped.color_range) == (1, 1)


def test_all_planes_move_by_fractions_of_a_pixel():
    """On a ramp, a crop at x has x more of brightness, and of colour."""
    ramp = np.tile(np.arange(128, dtype=np.uint8) + 50, (72, 1))
    frame = frame_of(ramp, 2 * ramp[::2, ::2] - 50, 250 - ramp[::2, ::2])
    sizes = sized()
    crop = FrameCropper(sizes)
    for x in (20.0, 20.25, 20.5, 20.75, 21.0, 21.5, 23.0):
        found = all_planes(crop(frame, box_at(x, 0, sizes)))
        for plane, slope in zip(found, (1, 2, -1), strict=True):
            inside = plane[4:-4, 4:-4].astype(float)
            shift = slope * (x - 20)
            at_20 = all_planes(crop(frame, box_at(20, 0, sizes)))
            before = at_20[(1, 2, -1).index(slope)][4:-4, 4:-4]
            np.testing.assert_allclose(inside - before, shift, atol=0.51)


def test_a_slow_pan_moves_the_picture_steadily():
    """The centre of a bar moves as the crop does, within a 30th of a pixel."""
    luma = np.full(FRAME, 60, np.uint8)
    luma[:, 60:66] = 180
    frame, sizes = frame_of(luma), sized()
    crop = FrameCropper(sizes)
    places = np.arange(30, 33, 0.1)
    centres = []
    for x in places:
        row = all_planes(crop(frame, box_at(x, 0, sizes)))[0][36] - 60.0
        centres.append((row * np.arange(72)).sum() / row.sum())
    np.testing.assert_allclose(centres, 62.5 - places, atol=0.03)


def test_a_height_resizes_the_crop():
    frame, sizes = frame_of(np.full(FRAME, 90, np.uint8)), sized(height=36)
    cropped = FrameCropper(sizes)(frame, box_at(28, 0, sizes))
    assert (cropped.height, cropped.width) == (36, 36)
    for plane, level in zip(all_planes(cropped), (90, 128, 128), strict=True):
        np.testing.assert_array_equal(plane, level)


def test_a_small_box_is_enlarged():
    ramp = np.tile(np.arange(128, dtype=np.uint8) + 50, (72, 1))
    frame, sizes = frame_of(ramp), sized()
    box = np.array([32 / 128, 18 / 72, 36 / 128, 36 / 72])
    found = all_planes(FrameCropper(sizes)(frame, box))[0].astype(float)
    expected = 50 + 32 + (np.arange(72) + 0.5) / 2 - 0.5
    np.testing.assert_allclose(found[:, 4:-4], [expected[4:-4]] * 72, atol=0.6)


@pytest.mark.parametrize("blurs", [True, False])
def test_a_wide_box_gets_bars(blurs):
    bright = frame_of(np.full(FRAME, 200, np.uint8))
    cropped = FrameCropper(sized(), blurs)(bright, np.array([0.0, 0, 1, 1]))
    luma = all_planes(cropped)[0]
    rows = 40  # 72 * 72 / 128 = 40.5, even.
    np.testing.assert_array_equal(luma[16 : 16 + rows], 200)
    dimmed = round(16 + 0.6 * (200 - 16))
    level = dimmed if blurs else 16
    np.testing.assert_array_equal(luma[:16], level)
    np.testing.assert_array_equal(luma[16 + rows :], level)
    for plane in all_planes(cropped)[1:]:
        np.testing.assert_array_equal(plane, 128)


def test_a_tall_box_gets_bars_at_its_sides():
    bright = frame_of(np.full((128, 72), 200, np.uint8))
    sizes = sized(frame=(128, 72))
    cropped = FrameCropper(sizes)(bright, np.array([0.0, 0, 1, 1]))
    luma = all_planes(cropped)[0]
    np.testing.assert_array_equal(luma[:, 16:56], 200)
    np.testing.assert_array_equal(luma[:, :16], 16)


def test_the_picture_between_the_bars_is_not_stretched():
    luma = np.full(FRAME, 20, np.uint8)
    luma[24:48, 52:76] = 220  # A square.
    cropped = FrameCropper(sized())(frame_of(luma), np.array([0.0, 0, 1, 1]))
    bright = all_planes(cropped)[0].astype(float) - 20
    bright[:16] = bright[56:] = 0
    height = bright[:, 36].sum() / 200
    width = bright[36].sum() / 200
    assert height == pytest.approx(24 * 72 / 128, abs=0.1)
    assert width == pytest.approx(height, abs=0.1)


@pytest.mark.parametrize("form", ["yuv420p10le", "rgb24", "yuv444p", "gray"])
def test_other_formats_of_pixels_are_converted(form):
    grey = frame_of(np.full(FRAME, 126, np.uint8)).reformat(format=form)
    sizes = sized()
    cropped = FrameCropper(sizes)(grey, box_at(10.5, 0, sizes))
    assert cropped.format.name == "yuv420p"
    luma = all_planes(cropped)[0]
    assert np.abs(luma.astype(int) - 126).max() <= 1


def test_frames_of_odd_sides_are_cut():
    frame = noise(71, 127)
    sizes = sized(frame=(71, 127))
    assert sizes.output == (70, 70)
    cropped = FrameCropper(sizes)(frame, box_at(57, 1, sizes))
    np.testing.assert_array_equal(
        all_planes(cropped)[0], all_planes(frame)[0][1:, 57:]
    )


def test_a_blank_frame_has_the_form_of_the_others():
    sizes = CropSizes(FRAME, (72.0, 40.5), (128, 72))
    blank = FrameCropper(sizes).blank(noise())
    assert (blank.height, blank.width, blank.format.name) == (
        *sizes.output,
        "yuv420p",
    )
