"""The crop of every frame, and cuts."""

import numpy as np
import pytest

from rmdn_tf.applications.reframe.crop_path import CropPlanner
from rmdn_tf.applications.reframe.crop_sizes import choose_sizes
from rmdn_tf.applications.reframe.settings import CropSettings
from rmdn_tf.prediction.area import rectangle
from rmdn_tf.prediction.density import Density
from tests.helpers.blob_maps import blob_parameters

FRAME = (360, 640)


def planned(moments, **settings):
    """Plans (time, density, whether it begins a shot)."""
    settings = CropSettings(**settings)
    planner = CropPlanner(choose_sizes(FRAME, settings.ratio), settings)
    for moment in moments:
        planner.add(*moment)
    return planner.finish()


def at(x, y=0.5):
    return Density(blob_parameters((1, x, y)))


def centres(path):
    return path.boxes[:, 0] + path.boxes[:, 2] / 2


def test_every_frame_has_a_crop_at_its_time():
    times = [0, 0.02, 0.5, 0.51, 3.0]  # Steps may vary.
    path = planned([(time, at(0.6), False) for time in times])
    np.testing.assert_array_equal(path.times, times)
    np.testing.assert_array_equal(path.shots, 0)
    np.testing.assert_allclose(path.boxes[:, 2:], [[202 / 640, 1]] * 5)
    np.testing.assert_allclose(centres(path), 0.6, atol=0.02)


def test_one_frame_has_a_crop():
    path = planned([(0.0, at(0.7), False)])
    np.testing.assert_allclose(centres(path), [0.7], atol=0.02)


def test_no_frame_is_an_error():
    with pytest.raises(ValueError, match="Empty video"):
        planned([])


def test_a_path_jumps_at_a_cut_and_is_not_changed_before_it():
    left, right = at(0.3), at(0.7)
    first = [(n / 25, left, False) for n in range(50)]
    second = [(2 + n / 25, right, n == 0) for n in range(50)]
    path = planned(first + second)
    np.testing.assert_allclose(centres(path)[:50], 0.3, atol=0.02)
    np.testing.assert_allclose(centres(path)[50:], 0.7, atol=0.02)
    np.testing.assert_array_equal(path.shots, np.repeat([0, 1], 50))
    alone = planned(first)
    np.testing.assert_array_equal(path.boxes[:50], alone.boxes)
    np.testing.assert_array_equal(path.shares[:50], alone.shares)


def test_without_the_cut_the_camera_pans_smoothly():
    left, right = at(0.3), at(0.7)
    path = planned(
        [(n / 25, left if n < 100 else right, False) for n in range(200)]
    )
    speed = np.diff(centres(path)) * 25
    assert speed.max() <= 0.4 + 1e-6
    assert np.abs(np.diff(speed)).max() < 0.05
    np.testing.assert_allclose(centres(path)[[0, -1]], [0.3, 0.7], atol=0.02)


def test_crops_stay_in_the_frame():
    rng = np.random.default_rng(0)
    path = planned(
        [(n / 10, at(*rng.uniform(-0.2, 1.2, 2)), False) for n in range(60)],
        aspect="1:1",
        zoom=3,
        padding="blur",
        smoothness=0.05,
    )
    assert path.boxes.min() >= 0
    ends = path.boxes[:, :2] + path.boxes[:, 2:]
    assert ends.max() <= 1 + 1e-9


def test_the_share_is_the_mass_of_the_crop():
    density = Density(
        blob_parameters((0.6, 0.3, 0.5), (0.4, 0.5, 0.2), radius=0.1)
    )
    path = planned([(n / 25, density, False) for n in range(30)], zoom=1.5)
    for box, share in zip(path.boxes[::10], path.shares[::10], strict=True):
        left, top, width, height = box
        mass = density.mass(rectangle(left, top, left + width, top + height))
        assert share == pytest.approx(mass, abs=0.003)
    width = 9 / 16 / (16 / 9)
    middle = rectangle(0.5 - width / 2, 0, 0.5 + width / 2, 1)
    np.testing.assert_allclose(
        path.centre_shares, density.mass(middle), atol=0.003
    )


def test_what_people_look_at_is_near_the_middle_of_the_crop():
    """A little attention beside it does not move it to the edge."""
    density = Density(
        blob_parameters((0.97, 0.5, 0.5), (0.03, 0.66, 0.5), radius=0.03)
    )
    path = planned([(n / 25, density, False) for n in range(30)])
    centre = path.boxes[:, 0] + path.boxes[:, 2] / 2
    np.testing.assert_allclose(centre, 0.5, atol=0.15 * path.boxes[0, 2])


def test_the_rate_of_the_frames_does_not_change_the_path():
    def moving(rate):
        times = np.arange(0, 6, 1 / rate)
        return planned(
            [(t, at(0.3 + 0.4 * (t > 3)), False) for t in times.tolist()]
        )

    slow, fast = moving(10), moving(100)
    np.testing.assert_allclose(centres(slow), centres(fast)[::10], atol=1e-6)
