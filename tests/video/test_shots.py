"""Cuts are found; motion is not taken for a cut."""

import numpy as np
import pytest

from rmdn_tf.video.shots import ShotDetector
from tests.helpers.made_videos import moving_square


def cuts(frames, **options):
    is_cut = ShotDetector(**options)
    return [number for number, frame in enumerate(frames) if is_cut(frame)]


def shots(*brightness):
    """Shots of noise of 10 frames each, of one mean brightness."""
    rng = np.random.default_rng(0)
    frames = []
    for level in brightness:
        blocks = rng.integers(0, 2, (9, 16, 3)) * level
        scene = blocks.repeat(16, 0).repeat(16, 1)
        for _ in range(10):
            noisy = scene + rng.integers(-5, 6, scene.shape)
            frames.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return frames


def test_every_cut_is_found_at_its_first_frame():
    assert cuts(shots(220, 200, 240)) == [10, 20]


def test_motion_noise_and_a_slow_fade_are_no_cuts():
    assert cuts(moving_square(40)) == []
    fade = [np.full((32, 32, 3), 4 * n, np.uint8) for n in range(60)]
    assert cuts(fade) == []


def test_a_higher_threshold_finds_fewer():
    assert cuts(shots(220, 200), threshold=1) == []


@pytest.mark.parametrize("threshold", [0, 1.1, -1])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(ValueError, match=f"threshold={threshold}"):
        ShotDetector(threshold)
