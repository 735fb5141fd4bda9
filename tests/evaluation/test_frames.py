"""Which frames of a split are scored."""

import types

import numpy as np
import pytest

from rmdn_tf.evaluation.frames import random_frames


def drawn(choice, frames):
    """Returns video -> the chosen ones of its frames."""
    return {
        video_id: numbers[
            choice(types.SimpleNamespace(video_id=video_id), numbers)
        ]
        for video_id, numbers in frames.items()
    }


@pytest.fixture
def frames():
    """Videos of different lengths whose frames are not all seen."""
    lengths = {"a": 600, "b": 90, "c": 301, "d": 0, "e": 9}
    return {v: 3 * np.arange(length) + 1 for v, length in lengths.items()}


def test_every_video_gives_the_same_share_of_its_frames(frames):
    chosen = drawn(random_frames(frames, 100), frames)
    assert sum(map(len, chosen.values())) == 100
    for video_id, numbers in frames.items():
        share = len(numbers) / 10
        count = len(chosen[video_id])
        assert np.floor(share) <= count <= np.ceil(share), video_id


def test_frames_are_drawn_at_random_from_the_whole_video(frames):
    chosen = drawn(random_frames(frames, 100), frames)["a"]
    assert len(np.unique(np.diff(chosen))) > 5
    # 60 of 600 numbers of mean 900: four standard errors.
    assert abs(chosen.mean() - 900) < 4 * 520 / np.sqrt(60)


def test_the_seed_decides_the_frames(frames):
    first, same, other = (
        drawn(random_frames(frames, 100, seed), frames)["a"].tolist()
        for seed in (0, 0, 1)
    )
    assert first == same != other


def test_few_frames_are_all_scored(frames):
    assert random_frames(frames, 1000) is None
