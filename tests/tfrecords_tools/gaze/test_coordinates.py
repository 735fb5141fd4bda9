"""Tests of `tfrecords_tools.gaze.coordinates`."""

import numpy as np
import pytest

from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.coordinates import CoordinateSpace


def facts(height, width, pixel_aspect=1.0):
    return VideoFacts((height, width), 25.0, 10, pixel_aspect=pixel_aspect)


SQUARE = facts(480, 640)
# As DVD and DV store a picture of 16:9; shown as 256x144.
WIDE_PIXELS = facts(144, 180, 64 / 45)


@pytest.mark.parametrize(
    ("space", "video", "top_left", "bottom_right"),
    [
        (CoordinateSpace(), SQUARE, [0, 0], [640, 480]),
        (CoordinateSpace("video"), WIDE_PIXELS, [0, 0], [180, 144]),
        (CoordinateSpace("shown"), SQUARE, [0, 0], [640, 480]),
        (CoordinateSpace("shown"), WIDE_PIXELS, [0, 0], [256, 144]),
        (CoordinateSpace("normalized"), WIDE_PIXELS, [0, 0], [1, 1]),
        # Bars left and right, above and below, none.
        (
            CoordinateSpace("screen", (1080, 1920)),
            SQUARE,
            [240, 0],
            [1680, 1080],
        ),
        (
            CoordinateSpace("screen", (1024, 1280)),
            SQUARE,
            [0, 32],
            [1280, 992],
        ),
        (
            CoordinateSpace("screen", (1080, 1920)),
            WIDE_PIXELS,
            [0, 0],
            [1920, 1080],
        ),
        # An upright video of a phone.
        (
            CoordinateSpace("screen", (1080, 1920)),
            facts(1920, 1080),
            [656.25, 0],
            [1263.75, 1080],
        ),
        (
            CoordinateSpace("normalized_screen", (1080, 1920)),
            SQUARE,
            [0.125, 0],
            [0.875, 1],
        ),
        (
            CoordinateSpace("screen", (1080, 1920), (100, 50, 320, 240)),
            WIDE_PIXELS,
            [100, 50],
            [420, 290],
        ),
        (
            CoordinateSpace("screen", (1080, 1920), is_fitted=False),
            WIDE_PIXELS,
            [832, 468],
            [1088, 612],
        ),
        (
            CoordinateSpace("normalized_screen", (480, 320), is_fitted=False),
            SQUARE,
            [-0.5, 0],
            [1.5, 1],
        ),
        # A corner alone: the video is centred, or not enlarged.
        (
            CoordinateSpace("screen", (1080, 1920), (160, 90, None, None)),
            WIDE_PIXELS,
            [160, 90],
            [1760, 990],
        ),
        (
            CoordinateSpace("screen", (1080, 1920), (100, 90, None, None)),
            WIDE_PIXELS,
            [100, 90],
            [356, 234],
        ),
        (
            CoordinateSpace(
                "normalized_screen", (1000, 2000), (100, 50, 320, 240)
            ),
            SQUARE,
            [0.05, 0.05],
            [0.21, 0.29],
        ),
    ],
)
def test_the_corners_of_the_shown_video_are_those_of_the_stored_one(
    space, video, top_left, bottom_right
):
    height, width = video.size
    middle = np.mean([top_left, bottom_right], axis=0)
    np.testing.assert_allclose(
        space.to_video([top_left, middle, bottom_right], video),
        [[0, 0], [width / 2, height / 2], [width, height]],
        rtol=1e-12,
        atol=1e-9,
    )


@pytest.mark.parametrize("width", [640, 641, 853, 1279])
def test_the_side_that_the_video_fills_is_not_shifted(width):
    space = CoordinateSpace("screen", (900, 1440))
    video = facts(round(width / 2), width)
    places = space.to_video([[0, 450], [np.nan, 450], [1e308, 0]], video)
    assert places[0, 0] == 0
    np.testing.assert_array_equal(np.isnan(places[:, 0]), [False, True, False])


def test_a_space_says_what_it_counts():
    assert str(CoordinateSpace()) == "pixels of the video as stored"
    assert str(CoordinateSpace("screen", (1080, 1920))) == (
        "pixels of the screen of 1920x1080, the video fitted and centred"
    )
    space = CoordinateSpace("screen", (900, 1440), is_fitted=False)
    assert str(space).endswith("of 1440x900, the video not scaled and centred")
    space = CoordinateSpace(
        "normalized_screen", (900, 1440), (0, 45, 1440, 810)
    )
    assert str(space) == (
        "0 to 1 of the screen of 1440x900, the video at 0,45 with 1440x810 "
        "pixels"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pixels"], "Invalid `kind`. .* Received: kind='pixels'"),
        (["screen"], "Invalid `size`. Expected a positive height and width"),
        (["screen", (0, 10)], "Invalid `size`. .* size=\\(0, 10\\)"),
        (["shown", (10, 10)], "Invalid `size`. Expected None for .*'shown'"),
        (["video", None, (0, 0, 1, 1)], "Invalid `rectangle`."),
        (["screen", (9, 9), (0, 0, 0, 1)], "Invalid `rectangle`."),
        (["screen", (9, 9), (0, 0, None, 1)], "Invalid `rectangle`."),
        (["screen", (9, 9), (0, np.nan, 1, 1)], "Invalid `rectangle`."),
    ],
)
def test_an_impossible_space_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        CoordinateSpace(*arguments)
