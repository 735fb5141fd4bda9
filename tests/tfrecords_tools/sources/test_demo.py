"""Tests of `tfrecords_tools.sources.demo`: is the truth it tells true?"""

import zlib

import numpy as np
import pytest
from scipy import stats

from tests.helpers.source_checks import arrays_of
from tfrecords_tools.gaze.fixations import OUTSIDE
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources import demo
from tfrecords_tools.sources.demo import Demo
from tfrecords_tools.sources.demo_frames import disc_side

pytestmark = pytest.mark.slow

SIZE = (48, 64)
NUM_VIDEOS = 150
SEED = 3


def open_all(num_videos, seed=SEED, size=SIZE):
    source = Demo(num_videos, seed, size)
    return [source.open(entry) for entry in source.entries()]


def scene_of(entry, seed=SEED):
    """Returns the `Scene` of a video: what the source draws first."""
    key = zlib.crc32(entry.video_id.encode())
    return demo._make_scene(np.random.default_rng([seed, key]))


@pytest.fixture(scope="module")
def videos():
    return open_all(NUM_VIDEOS)


@pytest.fixture(scope="module")
def scenes():
    return [scene_of(entry) for entry in Demo(NUM_VIDEOS, SEED).entries()]


def points_of(video):
    """Returns the points `[n, 2]` of a video and their frames `[n]`."""
    fixations = video.fixations
    points = np.stack([fixations.x, fixations.y], axis=1)
    return points.astype(float), fixations.frame


def distance(points, places, scale=demo.NOISE):
    """Returns how many standard deviations of gaze lie between."""
    return np.hypot(*np.moveaxis((points - places) / scale, -1, 0))


def contents(video):
    fixations = video.fixations
    return [
        *(fixations.frame, fixations.x, fixations.y, fixations.observer),
        *(video.truth, np.stack(arrays_of(video.frames))),
    ]


def test_seed_and_number_alone_make_a_video():
    first, again, other = (
        contents(open_all(number, seed)[0])
        for number, seed in ((3, 0), (6, 0), (3, 1))
    )
    for mine, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(mine, same)
    assert not np.array_equal(first[-2], other[-2])
    assert not np.array_equal(first[-1], other[-1])


def test_the_first_video_is_what_it_always_was():
    """Scores that were published were measured on these videos."""
    video = open_all(3, 0)[0]
    points, _ = points_of(video)
    np.testing.assert_allclose(
        video.truth[[0, -1], 0, 1:3],
        [[0.3037253, 0.1905462], [0.670481, 0.6056723]],
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        points[:2], [[0.3298022, 0.1712714], [0.195599, 0.247597]], rtol=1e-5
    )
    frame = arrays_of(video.frames)[0].astype(int)
    # On a row through the target; a filter may round otherwise elsewhere.
    pixels = [[167, 87, 162], [252, 197, 67], [191, 162, 107], [158, 95, 162]]
    assert np.abs(frame[9, [13, 17, 21, 25]] - pixels).max() <= 1
    assert video.labels == ()


@pytest.mark.parametrize(
    ("num_videos", "train", "held_out"), [(3, 1, 1), (11, 9, 1), (48, 32, 8)]
)
def test_splits_are_disjoint_and_none_is_empty(num_videos, train, held_out):
    entries = Demo(num_videos).entries()
    assert len({entry.video_id for entry in entries}) == num_videos
    splits = [entry.split for entry in entries]
    assert splits.count("train") == train
    assert splits.count("validation") == splits.count("test") == held_out
    with pytest.raises(ValueError, match="`num_videos`.*num_videos=2"):
        Demo(2)


def test_the_truth_is_a_mixture_about_the_target_in_every_frame(videos, scenes):
    assert len({video.truth.tobytes() for video in videos}) == NUM_VIDEOS
    changes = [np.count_nonzero(np.diff(scene.target)) for scene in scenes]
    assert set(changes) == {0, 1, 2}
    frames = np.arange(demo.NUM_FRAMES)
    seen = np.maximum(frames - demo.LAG, 0)
    for video, scene in zip(videos, scenes, strict=True):
        places = scene.discs[seen, scene.target]
        np.testing.assert_allclose(video.truth[:, 0, 1:3], places, rtol=1e-5)
        assert video.truth.shape == (demo.NUM_FRAMES, 4, 6)
        probability = video.truth[..., 0]
        assert (probability >= 0).all()
        np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-5)
        assert (video.truth[..., 3:5] > 0).all()
        # The tests below take the components for products of x and y.
        assert (video.truth[..., 5] == 0).all()


def uniform_if_true(points, truth):
    """Rosenblatt's transform: uniform on the unit square, if truth is true.

        u = F(x), v = F(y | x) of the mixture truncated to the frame.

    Args:
        points: `[n, 2]`.
        truth: `[n, 4, 6]`, the density of each point's frame.

    Returns:
        `[n, 2]`.
    """
    weight, loc, scale = truth[..., 0], truth[..., 1:3], truth[..., 3:5]

    def below(value):
        return stats.norm.cdf(value, loc, scale)  # [n, 4, 2]

    whole = below(1.0) - below(0.0)
    part = (below(points[:, None]) - below(0.0)) / whole
    weight = weight * whole.prod(axis=-1)  # of the truncated component
    u = (weight * part[..., 0]).sum(1) / weight.sum(1)
    at_x = stats.norm.pdf(points[:, None], loc, scale) / whole
    weight = weight * at_x[..., 0]
    v = (weight * part[..., 1]).sum(1) / weight.sum(1)
    return np.stack([u, v], axis=1)


def deviations(videos, shift=0):
    """Returns z-values of the counts in 5 x 5 cells of the unit square.

    Points of one video are dependent, videos are not: so the standard error
    comes from the spread of whole videos.

    Args:
        videos: the videos.
        shift: frames by which the truth is moved, to see that it shows.
    """
    residuals = []
    for video in videos:
        points, frame = points_of(video)
        truth = np.roll(video.truth.astype(float), shift, axis=0)[frame]
        cell = np.minimum(uniform_if_true(points, truth) * 5, 4).astype(int)
        counts = np.bincount(cell[:, 0] * 5 + cell[:, 1], minlength=25)
        residuals.append(counts - len(points) / 25)
    residuals = np.array(residuals)
    error = residuals.std(axis=0, ddof=1) / np.sqrt(len(videos))
    return residuals.mean(axis=0) / error


def test_gaze_follows_the_true_density(videos):
    # 25 cells: the largest of so many exceeds 3.7 once in 200 seeds.
    assert np.abs(deviations(videos)).max() < 3.7


@pytest.mark.parametrize("shift", [-2, 2])
def test_the_test_above_would_see_a_truth_two_frames_off(videos, shift):
    assert np.abs(deviations(videos, shift)).max() > 6


def since_change(scene):
    """Returns the frames since the target's last change, many before one."""
    frames = np.arange(demo.NUM_FRAMES)
    changes = np.flatnonzero(np.diff(scene.target)) + 1
    if not len(changes):
        return frames + 1000
    last = np.searchsorted(changes, frames, side="right") - 1
    return np.where(last < 0, frames + 1000, frames - changes[last])


def test_after_a_change_a_share_still_looks_at_the_old_disc(videos, scenes):
    """At once nearly all; after the mean reaction time half; later none."""
    on_old, on_new, after = [], [], []
    for video, scene in zip(videos, scenes, strict=True):
        changes = np.flatnonzero(np.diff(scene.target)) + 1
        points, frame = points_of(video)
        if len(changes) != 1:
            continue
        (change,) = changes
        places = scene.discs[np.maximum(frame - demo.LAG, 0)]
        on_old.append(distance(points, places[:, scene.target[0]]) < 2)
        on_new.append(distance(points, places[:, scene.target[-1]]) < 2)
        after.append(frame - change)
    assert len(after) > 20
    on_old, on_new, after = map(np.concatenate, (on_old, on_new, after))

    def share(looks, begin, end):
        return looks[(after >= begin) & (after < end)].mean()

    assert share(on_old, 0, 2) > 0.65 > 0.2 > share(on_new, 0, 2)
    mean = round(demo.REACTION[0])
    halves = share(on_old, mean, mean + 1), share(on_new, mean, mean + 1)
    assert min(halves) > 0.3
    assert share(on_old, 12, 20) < 0.2 < 0.65 < share(on_new, 12, 20)


def test_the_target_moves_against_the_other_discs(scenes):
    for scene in scenes:
        settled = since_change(scene)[1:] > 4
        # The next change shows a few frames ahead: a disc turns smoothly.
        settled &= np.roll(settled, -4)
        steps = np.diff(scene.discs, axis=0)
        camera = np.diff(scene.camera, axis=0)
        along = (steps * camera[:, None]).sum(-1)[settled[: len(steps)]]
        is_target = np.arange(demo.NUM_DISCS) == scene.target[1:, None]
        is_target = is_target[settled[: len(steps)]]
        assert (along[is_target] <= 1e-12).all()
        assert (along[~is_target] >= -1e-12).all()


@pytest.mark.parametrize("size", [SIZE, (128, 171)])
def test_discs_stay_inside_the_frame(scenes, size):
    radius = disc_side(size) / 2
    for scene in scenes:
        pixels = scene.discs * size[::-1]
        assert pixels.min() > radius
        assert (np.array(size[::-1]) - pixels).min() > radius


def test_a_disc_is_drawn_where_the_scene_has_it(scenes):
    size = (128, 171)
    source = Demo(NUM_VIDEOS, SEED, size)
    for entry, scene in list(zip(source.entries(), scenes, strict=True))[:3]:
        frames = np.stack(arrays_of(source.open(entry).frames)).astype(float)
        rides = colour_at(frames, scene.discs) - colour_at(
            frames[:1], scene.discs[:1]
        )
        # With x and y exchanged there is no disc to ride along with.
        wrong = scene.discs[..., ::-1]
        slides = colour_at(frames, wrong) - colour_at(frames[:1], wrong[:1])
        assert np.abs(rides).mean() < 10 < 15 < np.abs(slides).mean()


def colour_at(frames, places):
    """Returns `[n, discs, 3]`, the colours at places (x, y)."""
    size = np.array(frames.shape[2:0:-1])
    column, row = np.moveaxis(np.floor(places * size).astype(int), -1, 0)
    return frames[np.arange(len(places))[:, None], row, column]


def test_observers_look_once_a_frame_and_what_falls_outside_is_counted(videos):
    for video in videos:
        fixations = video.fixations
        pairs = np.stack([fixations.frame, fixations.observer], axis=1)
        assert len(np.unique(pairs, axis=0)) == len(pairs)
        assert set(fixations.observer) == set(range(demo.NUM_OBSERVERS))
        assert set(fixations.frame) == set(range(demo.NUM_FRAMES))
        points, _ = points_of(video)
        assert points.min() >= 0 and points.max() <= 1
        outside = video.left_out[OUTSIDE]
        made = demo.NUM_FRAMES * demo.NUM_OBSERVERS
        assert len(points) + outside == made
    assert sum(v.left_out[OUTSIDE] for v in videos) > 0


@pytest.mark.parametrize("size", [(46, 64), (20, 20), (128, 60)])
def test_a_size_too_small_for_the_discs_is_refused(size):
    with pytest.raises(SourceError, match="`size`.*height of 48 or more"):
        Demo(3, size=size)


@pytest.mark.parametrize("size", [48, 49, 50, 55, 64, 73, 100, 127])
def test_every_size_that_the_message_allows_is_drawn(size):
    (video, *_) = open_all(3, size=(size, size))
    frame = next(video.frames)
    assert (frame.height, frame.width) == (size, size)


def test_every_argument_decides_what_is_written():
    source = Demo(6, 7, (50, 70))
    settings = {"num_videos": 6, "seed": 7, "size": (50, 70)}
    assert source.settings() == settings
    (entry, *_) = source.entries()
    assert source.files(entry) == []
    frames = arrays_of(source.open(entry).frames)
    assert source.num_frames(entry) == len(frames) == demo.NUM_FRAMES
    assert {(f.shape, f.dtype.name) for f in frames} == {((50, 70, 3), "uint8")}
