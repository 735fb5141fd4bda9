"""Areas move between key frames, appear and vanish."""

import numpy as np
import pytest

from rmdn_tf.applications.areas.area import KeyFrame, make_area, size_of
from rmdn_tf.prediction.area import rectangle

LEFT, RIGHT = rectangle(0.0, 0.0, 0.2, 0.2), rectangle(0.8, 0.4, 1.0, 0.6)


def test_an_area_moves_along_a_straight_line_between_key_frames():
    area = make_area("car", [KeyFrame(1, LEFT), KeyFrame(3, RIGHT)])
    np.testing.assert_allclose(
        area.at(1.5), rectangle(0.2, 0.1, 0.4, 0.3), rtol=1e-12, atol=1e-12
    )


def test_an_area_is_absent_before_its_first_key_frame_and_stays_at_its_last():
    area = make_area("car", [KeyFrame(1, LEFT), KeyFrame(3, RIGHT)])
    assert area.at(0.999) is None
    np.testing.assert_array_equal(area.at(1), LEFT)
    np.testing.assert_array_equal(area.at(1000), RIGHT)


def test_an_area_vanishes_and_appears_again():
    area = make_area(
        "car",
        [KeyFrame(0, LEFT), KeyFrame(2, None, True), KeyFrame(3, RIGHT)],
    )
    np.testing.assert_array_equal(area.at(1.9), LEFT)  # It stays until then.
    assert area.at(2) is None and area.at(2.9) is None
    np.testing.assert_array_equal(area.at(3), RIGHT)


def test_an_area_moves_until_it_vanishes_where_its_end_is_known():
    area = make_area("car", [KeyFrame(0, LEFT), KeyFrame(2, RIGHT, True)])
    np.testing.assert_allclose(
        area.at(1), rectangle(0.4, 0.2, 0.6, 0.4), rtol=1e-12
    )
    assert area.at(2) is None


def test_an_area_outside_of_the_frame_is_absent():
    area = make_area(
        "car", [KeyFrame(0, LEFT), KeyFrame(2, rectangle(2.0, 0.0, 2.2, 0.2))]
    )
    assert area.at(0.9) is not None
    assert area.at(1.1) is None


def test_the_size_is_that_of_the_visible_part():
    assert size_of(RIGHT) == pytest.approx(0.04)
    assert size_of(rectangle(-0.5, 0.0, 0.5, 1.0)) == pytest.approx(0.5)
    triangle = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert size_of(triangle) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("frames", "cause"),
    [
        ([KeyFrame(2, LEFT), KeyFrame(2, RIGHT)], "2 after 2 seconds"),
        ([KeyFrame(0, LEFT), KeyFrame(1, RIGHT[:3])], "before, 4.*: 3"),
        ([KeyFrame(0, LEFT[[0, 2, 1, 3]])], "does not cross itself"),
    ],
)
def test_invalid_key_frames_are_refused(frames, cause):
    with pytest.raises(ValueError, match=cause):
        make_area("car", frames)


def test_an_outline_that_crosses_itself_on_the_way_names_area_and_time():
    turned = LEFT[[2, 1, 0, 3]]  # Two corners change places.
    area = make_area("car", [KeyFrame(0, LEFT), KeyFrame(2, turned)])
    with pytest.raises(ValueError, match=r"'car' at 1\.000 seconds"):
        area.at(1)


def test_a_key_frame_at_a_time_that_a_table_prints_is_that_of_the_frame():
    printed = float(f"{20 / 30:.6f}")
    area = make_area("a", [KeyFrame(printed, rectangle(0, 0, 1, 1))])
    assert area.at(20 / 30) is not None and area.at(19 / 30) is None
