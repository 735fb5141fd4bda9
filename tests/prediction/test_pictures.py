"""A density is drawn over a frame that is an array."""

import av
import numpy as np
import pytest
from PIL import Image

import rmdn_tf
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.overlay import Overlay

DENSITY = Density(
    parameters_from_moments(np.array([[1.0, 0.25, 0.75, 0.05, 0.05, 0.0]]))
)
FRAME = np.full((40, 60, 3), 128, np.uint8)


def test_the_colour_is_where_the_density_is():
    drawn = rmdn_tf.draw(FRAME, DENSITY)
    assert drawn.shape == FRAME.shape and drawn.dtype == np.uint8
    change = abs(drawn.astype(int) - FRAME).max(-1)
    assert change[:15, 30:].max() <= 2  # Rounding of brightness and colour.
    row, column = np.unravel_index(change.argmax(), change.shape)
    assert (row / 40, column / 60) == pytest.approx((0.75, 0.25), abs=0.05)


def test_a_drawn_array_is_the_drawn_frame_of_a_video():
    frame = av.VideoFrame.from_ndarray(FRAME, "rgb24")
    for settings in ({"style": "contours"}, {"side_by_side": True}):
        expected = Overlay(**settings)(frame, DENSITY, [(0.5, 0.5)])
        np.testing.assert_array_equal(
            rmdn_tf.draw(FRAME, DENSITY, [(0.5, 0.5)], **settings),
            expected.to_ndarray(format="rgb24"),
        )


def test_grey_frames_and_pictures_are_drawn_on():
    expected = rmdn_tf.draw(FRAME, DENSITY)
    for frame in (FRAME[..., 0], Image.fromarray(FRAME), FRAME[:, ::-1]):
        np.testing.assert_array_equal(rmdn_tf.draw(frame, DENSITY), expected)


def test_an_invalid_frame_or_style_is_refused():
    with pytest.raises(ValueError, match="Invalid `frame`.*uint8"):
        rmdn_tf.draw(FRAME / 255, DENSITY)
    with pytest.raises(ValueError, match="style=fog"):
        rmdn_tf.draw(FRAME, DENSITY, style="fog")
