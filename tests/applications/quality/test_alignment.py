"""A shift is noticed where it shows, and only there."""

import numpy as np
import pytest

from rmdn_tf.applications.quality.alignment import MOST_SHIFTED, Alignment
from tests.helpers.made_lumas import moving_lumas


def shift_of(reference, distorted):
    alignment = Alignment()
    for first, second in zip(reference, distorted, strict=True):
        alignment.add(first, second)
    alignment.finish()
    return alignment.shift


def noisy(lumas, deviation=20):
    noise = np.random.default_rng(1).normal(0, deviation, lumas.shape)
    return lumas + noise


@pytest.mark.parametrize("shift", range(-MOST_SHIFTED, MOST_SHIFTED + 1))
def test_the_shift_is_found_in_spite_of_noise(shift):
    lumas = moving_lumas(40)
    middle = lumas[10:30]
    moved = noisy(lumas[10 + shift : 30 + shift])
    assert shift_of(middle, moved) == (shift or None)


def test_missing_frames_do_not_count():
    lumas = moving_lumas(60)
    moved = [None if n % 3 == 0 else luma for n, luma in enumerate(lumas[1:])]
    assert shift_of(lumas[:-1], moved) == 1


def test_a_still_video_cannot_be_shifted():
    still = moving_lumas(1).repeat(30, 0)
    assert shift_of(still, noisy(still)) is None


def test_noise_that_hides_the_motion_gives_no_alarm():
    lumas = moving_lumas(60)
    assert shift_of(lumas[:-1], noisy(lumas[1:], deviation=200)) is None


def test_a_frozen_picture_is_not_shifted():
    lumas = moving_lumas(40)
    frozen = lumas.copy()
    frozen[5:] = lumas[5]
    assert shift_of(lumas, frozen) is None


def test_a_repeated_frame_now_and_then_is_not_shifted():
    lumas = moving_lumas(60)
    stuttering = lumas.copy()
    stuttering[10::5] = lumas[9:-1:5]
    assert shift_of(lumas, stuttering) is None


def test_a_slide_show_tells_the_shift_by_its_changes():
    slides = np.random.default_rng(0).integers(0, 255, (20, 48, 64))
    shown = slides.astype(np.uint8).repeat(10, 0)
    assert shift_of(shown[:-1], shown[1:]) == 1
    assert shift_of(shown, shown) is None


def test_a_video_may_change_its_size():
    small = moving_lumas(20, size=(24, 32))
    both = [*moving_lumas(20), *small]
    assert shift_of(both, both) is None
