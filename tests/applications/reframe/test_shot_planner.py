"""The crop of one shot, planned in windows."""

import numpy as np
import pytest

from rmdn_tf.applications.reframe import shot_planner
from rmdn_tf.applications.reframe.attention_map import share_in, summed
from rmdn_tf.applications.reframe.settings import CropSettings
from rmdn_tf.applications.reframe.shot_planner import (
    STEP_SECONDS,
    ShotPlanner,
    lengths_of,
)
from tests.helpers.blob_maps import blob_map

VERTICAL = (1.0, 81 / 256)


def plan(maps, shares=VERTICAL, window=200, kept=100, **settings):
    planner = ShotPlanner(shares, CropSettings(**settings), window, kept)
    for one in maps:
        planner.add(summed(one))
    return planner.finish()


def wandering(number, seed=0):
    """Attention that rests, moves and jumps, with jitter."""
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.uniform(0.1, 0.9, number // 25 + 1), 25)[:number]
    drift = 0.1 * np.sin(np.arange(number) / 20)
    return [
        blob_map((1, at, 0.5), (0.3, 0.5, 0.5), radius=0.1)
        for at in x + drift + 0.02 * rng.standard_normal(number)
    ]


def test_the_crop_stands_where_attention_is():
    controls, shares = plan([blob_map((1, 0.7, 0.5))] * 20)
    np.testing.assert_allclose(controls[:, 1], 0.7, atol=0.02)
    assert shares.min() > 0.97


def test_a_crop_of_the_whole_frame_stays_in_the_middle():
    controls, shares = plan(wandering(20), shares=(1.0, 1.0))
    np.testing.assert_array_equal(controls, np.tile([0, 0.5, 0.5], (20, 1)))
    np.testing.assert_allclose(shares, 1, rtol=1e-6)


def test_a_wide_crop_moves_up_and_down():
    controls, _ = plan([blob_map((1, 0.5, 0.8))] * 10, shares=(0.4, 1.0))
    np.testing.assert_allclose(controls[:, 2], 0.8, atol=0.02)
    np.testing.assert_array_equal(controls[:, 1], 0.5)


def test_jitter_does_not_move_the_crop():
    rng = np.random.default_rng(0)
    maps = [blob_map((1, x, 0.5)) for x in rng.normal(0.5, 0.03, 100)]
    controls, _ = plan(maps)
    assert np.ptp(controls[:, 1]) < 1e-6


def test_a_glance_elsewhere_is_not_followed_but_a_new_place_is():
    rest, glance = blob_map((1, 0.3, 0.5)), blob_map((1, 0.7, 0.5))
    controls, _ = plan([rest] * 50 + [glance] * 2 + [rest] * 50)
    assert np.ptp(controls[:, 1]) < 1e-6
    controls, _ = plan([rest] * 50 + [glance] * 50)
    np.testing.assert_allclose(controls[[0, -1], 1], [0.3, 0.7], atol=0.03)


def test_the_crop_is_never_faster_than_allowed():
    controls, _ = plan(wandering(300), max_speed=0.1)
    step = np.abs(np.diff(controls[:, 1]))
    assert step.max() <= 0.1 * STEP_SECONDS + 1e-7
    assert step.max() > 0.05 * STEP_SECONDS


def test_more_smoothness_is_a_calmer_path():
    ways = [
        np.abs(np.diff(plan(wandering(200), smoothness=s).controls[:, 1])).sum()
        for s in (0.1, 1, 10)
    ]
    assert ways[0] > ways[1] > ways[2]


def test_the_shares_are_those_of_the_planned_crops():
    maps = wandering(60)
    controls, shares = plan(maps, zoom=2)
    height, width = lengths_of(controls[:, 0], VERTICAL)
    boxes = np.stack(
        [
            controls[:, 1] - width / 2,
            controls[:, 2] - height / 2,
            width,
            height,
        ],
        1,
    )
    sums = np.stack([summed(one) for one in maps])
    np.testing.assert_allclose(shares, share_in(sums, boxes), rtol=1e-6)


def test_zoom_goes_near_to_narrow_attention_only():
    narrow = blob_map((1, 0.6, 0.3), radius=0.03)
    controls, shares = plan([narrow] * 10, zoom=2)
    np.testing.assert_allclose(controls[:, 0], -1, atol=1e-6)
    np.testing.assert_allclose(controls[:, 1:], [[0.6, 0.3]] * 10, atol=0.03)
    assert shares.min() > 0.8
    broad = blob_map((1, 0.5, 0.5), radius=0.3)
    assert plan([broad] * 10, zoom=2).controls[:, 0] == pytest.approx(0)


def test_bars_come_where_two_far_places_hold_attention():
    both = blob_map((1, 0.25, 0.5), (1, 0.75, 0.5))
    assert plan([both] * 10).controls[:, 0] == pytest.approx(0)
    controls, shares = plan([both] * 10, padding="blur")
    _, width = lengths_of(controls[:, 0], VERTICAL)
    assert width.min() > 0.6
    assert shares.min() > 0.9


@pytest.mark.parametrize(
    "blobs",
    [
        [(1, 0.45, 0.5), (1, 0.55, 0.5)],
        [(1, 0.2, 0.5), (0.1, 0.8, 0.5)],
    ],
    ids=["near", "weak"],
)
def test_near_places_and_weak_ones_need_no_bars(blobs):
    plan_ = plan([blob_map(*blobs)] * 10, padding="black")
    assert plan_.controls[:, 0] == pytest.approx(0)


def test_bars_do_not_flicker():
    both = blob_map((1, 0.25, 0.5), (1, 0.75, 0.5))
    one = blob_map((1, 0.25, 0.5))
    often = plan(([both] * 8 + [one] * 2) * 10, padding="blur").controls[:, 0]
    assert np.ptp(often) < 1e-6
    assert often.min() > 0.5
    brief = plan([one] * 40 + [both] * 4 + [one] * 40, padding="blur")
    assert brief.controls[:, 0] == pytest.approx(0, abs=1e-6)


def test_windows_plan_what_the_whole_shot_would():
    maps = wandering(900)
    whole, parts = plan(maps, window=10**6), plan(maps)
    way = np.abs(whole.controls[:, 1] - parts.controls[:, 1])
    assert np.mean(way) < 0.002
    assert way.max() < 0.02
    assert whole.shares.mean() == pytest.approx(parts.shares.mean(), abs=2e-3)


def test_the_joints_of_windows_are_as_smooth_as_the_rest():
    path = plan(wandering(900)).controls[:, 1]
    for order in (1, 2, 3):
        jumps = np.abs(np.diff(path, order))
        joints = np.arange(100, 900, 100)[:, None] + np.arange(-order, 0)
        others = np.delete(jumps, joints.ravel())
        assert jumps[joints].max() <= others.max() + 1e-9


def test_a_long_shot_costs_as_many_windows_as_it_has(monkeypatch):
    lengths = []
    real = shot_planner.optimal_path

    def counted(losses, *arguments):
        lengths.append(len(losses.low))
        return real(losses, *arguments)

    monkeypatch.setattr(shot_planner, "optimal_path", counted)
    plan(wandering(1050))
    assert lengths == [200] * 9 + [150]
