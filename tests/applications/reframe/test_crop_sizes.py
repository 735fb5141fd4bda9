"""Sizes of crops, from the frame and the aspect."""

from fractions import Fraction

import pytest

from rmdn_tf.applications.reframe.crop_sizes import choose_sizes, parse_aspect


@pytest.mark.parametrize(
    ("frame", "aspect", "output"),
    [
        ((1080, 1920), "9:16", (1080, 608)),
        ((1080, 1920), "1:1", (1080, 1080)),
        ((1080, 1920), "2.39:1", (804, 1920)),
        ((1080, 1920), "16:9", (1080, 1920)),
        ((1920, 1080), "9:16", (1920, 1080)),
        ((1920, 1080), "16:9", (608, 1080)),
        ((361, 641), "1:1", (360, 360)),
        ((361, 641), "16:9", (360, 640)),
    ],
)
def test_the_crop_is_the_largest_of_even_sides(frame, aspect, output):
    sizes = choose_sizes(frame, parse_aspect(aspect))
    assert sizes.output == sizes.crop == output


def test_a_height_scales_the_largest_crop():
    sizes = choose_sizes((1080, 1920), Fraction(9, 16), height=1920)
    assert sizes.output == (1920, 1080)
    assert sizes.crop == (1080, 607.5)
    assert sizes.shares == (1, 607.5 / 1920)


def test_pixels_that_are_not_square_count_as_they_are_shown():
    """PAL at 16:9: 720 columns are shown as 1024."""
    wide = Fraction(64, 45)
    sizes = choose_sizes((576, 720), Fraction(1), pixel_aspect=wide)
    assert sizes.output == (576, 404)
    assert sizes.output[1] * wide == pytest.approx(576, abs=2)
    scaled = choose_sizes((576, 720), Fraction(1), 288, wide)
    assert scaled.output == (288, 202)


@pytest.mark.parametrize("text", ["9:16", "1:1", "2.39:1", "0.5:2"])
def test_an_aspect_is_width_to_height(text):
    width, height = map(float, text.split(":"))
    assert float(parse_aspect(text)) == pytest.approx(width / height)


@pytest.mark.parametrize(
    "text",
    [
        *("", "9", "9/16", "0:1", "1:0", "-9:16", "1:101", "101:1", "nan:1"),
        *("a:b", "1e1:9", "1e99999999:1e99999999"),
    ],
)
def test_another_aspect_is_refused(text):
    with pytest.raises(ValueError, match="Invalid `aspect`.*'"):
        parse_aspect(text)


def test_an_output_that_is_too_small_is_refused():
    with pytest.raises(
        ValueError, match="at least 16x16.*=1:60, .* 2x120 pixels"
    ):
        choose_sizes((120, 160), Fraction(1, 60))
    with pytest.raises(ValueError, match="at least 16x16.* 8x16 pixels"):
        choose_sizes((120, 160), Fraction(9, 16), height=16)


def test_an_output_that_no_encoder_takes_is_refused():
    message = "Invalid `height`. .* 16384 pixels wide. Received: 864000x8640"
    with pytest.raises(ValueError, match=message):
        choose_sizes((120, 160), Fraction(100), height=8640)
