"""Tests of `tfrecords_tools.sources.demo_actions`."""

import collections

import numpy as np
import pytest

from tests.helpers.source_checks import arrays_of
from tfrecords_tools.sources import demo_actions
from tfrecords_tools.sources.demo import NUM_DISCS, NUM_FRAMES, Demo
from tfrecords_tools.sources.demo_actions import ACTIONS, DemoActions

SIZE = (48, 64)


def open_all(num_videos, seed=0, size=SIZE):
    source = DemoActions(num_videos, seed, size)
    return [(entry, source.open(entry)) for entry in source.entries()]


def assigned(label, target, seed=0):
    generator = np.random.default_rng(seed)
    return demo_actions._assign(generator, label, np.asarray(target))


def test_the_actions_are_balanced_in_every_split():
    counts = collections.defaultdict(collections.Counter)
    for entry, video in open_all(24):
        counts[entry.split].update(video.labels)
    assert set(counts) == {"train", "validation", "test"}
    for of_split in counts.values():
        assert set(of_split) == set(ACTIONS)
        assert len(set(of_split.values())) == 1


def test_the_target_always_does_what_the_label_says():
    target = [0, 0, 2, 2, 1, 1, 0]
    for label in range(len(ACTIONS)):
        for seed in range(20):
            actions = assigned(label, target, seed)
            assert (actions[np.arange(len(target)), target] == label).all()


def test_discs_trade_their_actions_where_the_target_changes():
    before, after = assigned(1, [3, 0], seed=4)
    assert before[0] != 1
    assert (after[0], after[3]) == (before[3], before[0])
    np.testing.assert_array_equal(before[1:3], after[1:3])


def test_the_others_say_nothing_of_the_label():
    """What the other three do is as often one thing as another."""
    for label in range(len(ACTIONS)):
        others = np.concatenate(
            [assigned(label, [2], seed)[0, [0, 1, 3]] for seed in range(500)]
        )
        share = np.bincount(others, minlength=4) / len(others)
        # Standard error of a share of 1500 draws: 0.011.
        assert np.abs(share - 0.25).max() < 0.045


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_moves_what_it_says_and_nothing_else(action):
    actions = np.full([NUM_FRAMES, NUM_DISCS], ACTIONS.index(action))
    looks = demo_actions._perform(np.random.default_rng(0), actions)
    brightness = looks.colour.mean(axis=-1)
    tint = looks.colour - brightness[..., None]
    moves = {
        "swell": np.ptp(looks.radius, axis=0),
        "blink": np.ptp(brightness, axis=0) / demo_actions.BLINK,
        "tint": np.ptp(tint, axis=(0, 2)) / demo_actions.TINT[0],
    }
    for name, amplitude in moves.items():
        if name == action:
            assert (amplitude > 0.45).all()
        else:
            np.testing.assert_allclose(amplitude, 0, atol=1e-6)
    assert looks.radius.max() <= 1  # The border is as wide as a whole disc.


@pytest.mark.parametrize("action", ["blink", "swell", "tint"])
def test_one_clip_shows_an_action_to_and_fro(action):
    actions = np.full([NUM_FRAMES, NUM_DISCS], ACTIONS.index(action))
    looks = demo_actions._perform(np.random.default_rng(1), actions)
    signal = looks.radius if action == "swell" else looks.colour[..., 0]
    signal = signal - signal.mean(axis=0)
    for begin in range(0, NUM_FRAMES - 16, 7):
        turns = np.diff(np.sign(signal[begin : begin + 16]), axis=0) != 0
        assert (turns.sum(axis=0) >= 2).all()


def test_the_frames_show_the_target_act():
    """Seen at the target's centre; of "swell" at a ring around it."""
    size = (96, 128)
    change = collections.defaultdict(list)
    for _, video in open_all(24, size=size)[:12]:
        frames = np.stack(arrays_of(video.frames)).astype(float)
        # Gaze lags two frames behind.
        centre = video.truth[2:, 0, 1:3]
        row, column = (centre * size[::-1]).astype(int).T[::-1]
        pixels = frames[np.arange(len(centre)), row, column]  # [n, 3]
        brightness = pixels.mean(-1)
        change[video.labels[0]].append(
            (brightness.std(), (pixels[:, 0] - pixels[:, 1]).std())
        )
    blink, steady, swell, tint = (
        np.median(change[name], axis=0) for name in ACTIONS
    )
    assert blink[0] > 2 * max(steady[0], swell[0], tint[0])
    assert tint[1] > 2 * max(steady[1], swell[1], blink[1])


def test_gaze_and_truth_are_made_as_those_of_the_demo():
    (entry, video), *_ = open_all(3)
    same = Demo(3, size=SIZE).open(entry)
    np.testing.assert_array_equal(video.truth, same.truth)
    np.testing.assert_array_equal(video.fixations.x, same.fixations.x)
    assert video.labels and not same.labels
