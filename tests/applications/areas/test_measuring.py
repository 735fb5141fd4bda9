"""What areas get: shares, dwell, first looks."""

import math
import types

import numpy as np
import pytest

from rmdn_tf.applications.areas.area import KeyFrame, make_area
from rmdn_tf.applications.areas.measuring import (
    LOOKS_PER_SECOND,
    Looks,
    Measurement,
)
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.area import rectangle
from rmdn_tf.prediction.density import Density

# A Gaussian around x = 0.5, so that each half of the frame has a half.
CENTRED = Density(
    parameters_from_moments(np.array([[1.0, 0.5, 0.5, 0.1, 0.2, 0.3]]))
)
# Nearly all of it in the left half.
LEFT = Density(
    parameters_from_moments(np.array([[1.0, 0.25, 0.5, 0.02, 0.2, 0.0]]))
)
HALF = rectangle(0, 0, 0.5, 1)


def frames(times, densities, last=0.5):
    """Makes what a `PredictedVideo` yields."""
    return [
        (
            types.SimpleNamespace(time=time, duration=last, time_base=1),
            density,
        )
        for time, density in zip(times, densities, strict=True)
    ]


def measured(area_frames, video):
    measurement = Measurement([make_area("area", area_frames)])
    readings = [frame.readings[0] for frame in measurement(video)]
    return measurement.meters[0], readings


def test_the_areas_of_a_partition_have_all_attention():
    parts = [
        make_area(f"{x} {y}", [KeyFrame(0, rectangle(x, y, x + 0.5, y + 0.5))])
        for x in (0, 0.5)
        for y in (0, 0.5)
    ]
    measurement = Measurement(parts)
    (frame,) = measurement(frames([0.0], [CENTRED]))
    assert sum(one.share for one in frame.readings) == pytest.approx(1)
    assert frame.readings[0].share == frame.readings[3].share != 0.25


def test_means_weigh_frames_by_the_time_until_the_next():
    # 0.1 s and 0.9 s with a half; the last frame, of 0.5 s, with all.
    video = frames([0.0, 0.1, 1.0], [CENTRED, CENTRED, LEFT])
    meter, readings = measured([KeyFrame(0, HALF)], video)
    assert [one.share for one in readings] == pytest.approx([0.5, 0.5, 1.0])
    assert meter.visible_seconds == pytest.approx(1.5)
    assert meter.dwell_seconds == pytest.approx(0.1 * 0.5 + 0.9 * 0.5 + 0.5)
    assert meter.share == pytest.approx(1.0 / 1.5)
    assert meter.size == pytest.approx(0.5)
    assert (meter.peak_seconds, meter.appears_seconds) == (1.0, 0.0)


def test_an_area_counts_only_while_it_is_there():
    key_frames = [KeyFrame(1, HALF), KeyFrame(2, None, True)]
    video = frames(np.arange(0, 3, 0.25), [CENTRED] * 12, last=0.25)
    meter, readings = measured(key_frames, video)
    there = [one.share is not None for one in readings]
    assert there == [False] * 4 + [True] * 4 + [False] * 4
    assert meter.appears_seconds == 1.0
    assert meter.visible_seconds == pytest.approx(1.0)
    assert meter.share == pytest.approx(0.5)
    assert readings[3].looked == 0
    assert readings[-1].looked == readings[7].looked > 0


def test_the_largest_share_of_an_unseen_area_is_there_from_the_beginning():
    far = [KeyFrame(1, rectangle(0.9, 0.0, 0.95, 0.01))]
    meter, readings = measured(far, frames([0.0, 1.0, 2.0], 3 * [LEFT]))
    assert readings[-1].share == 0
    assert (meter.peak_share, meter.peak_seconds) == (0.0, 1.0)


def test_who_has_looked_follows_the_formula():
    video = frames([0.0, 0.4], [CENTRED, CENTRED], last=0.6)
    meter, readings = measured([KeyFrame(0, HALF)], video)
    assert LOOKS_PER_SECOND == 2.0
    by_hand = [1 - 0.5 * math.exp(-2 * 0.5 * t) for t in (0.4, 1.0)]
    assert [one.looked for one in readings] == pytest.approx(by_hand)
    assert meter.half_seconds == pytest.approx(
        0, abs=1e-6
    )  # At the first look.


def test_half_of_the_observers_have_looked_at_the_right_time():
    quarter = [KeyFrame(0, rectangle(0, 0, 0.5, 0.5))]
    share = CENTRED.mass(quarter[0].corners)
    times = np.arange(0, 3, 0.1)
    meter, _ = measured(quarter, frames(times, [CENTRED] * len(times), 0.1))
    by_hand = (math.log(2) + math.log(1 - share)) / (2 * share)
    assert meter.half_seconds == pytest.approx(by_hand)


@pytest.mark.parametrize("rate", [5, 100])
def test_who_has_looked_does_not_depend_on_the_rate_of_frames(rate):
    looks = Looks(rate=1.7)
    for _ in range(2 * rate):
        looks.add(0.1, 1 / rate)
    assert looks.looked == pytest.approx(1 - 0.9 * math.exp(-1.7 * 0.1 * 2))


def test_an_area_that_appears_again_gets_another_look_at_once():
    looks = Looks()
    for share in (0.2, None, 0.2):
        looks.add(share, 0.0)
    assert looks.looked == pytest.approx(1 - 0.8 * 0.8)


def test_all_have_looked_at_the_whole_frame_at_once():
    looks = Looks()
    looks.add(1.0, 0.04)
    assert 1 - 1e-9 < looks.looked <= 1


def test_simulated_observers_look_when_the_formula_says():
    """Gaze that jumps at random times to random places of the density."""
    rng = np.random.default_rng(0)
    shares = np.concatenate([np.full(100, 0.02), np.full(50, 0.3)])
    step, number = 0.02, 20_000
    looks, says = Looks(rate=2.5), []
    have = np.zeros(number, bool)
    for frame, share in enumerate(shares):
        looks.add(share, step)
        says.append(looks.looked)
        jumps = rng.uniform(size=number) < (2.5 * step if frame else 1.0)
        have |= jumps & (rng.uniform(size=number) < share)
        if frame in (0, 99, 149):
            # The formula's frame has ended, the simulated one has begun.
            assert abs(have.mean() - says[-1]) < 0.015
