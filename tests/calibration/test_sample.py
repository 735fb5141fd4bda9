"""The frames that a model is fitted to, and its mixtures there."""

import dataclasses

import numpy as np
import pytest

from rmdn_tf.calibration.sample import choose_frames, read_sample
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.frames import frames_of_batch
from rmdn_tf.evaluation.predictors import MixtureNetwork, run_networks
from rmdn_tf.model.saving import load_model
from rmdn_tf.model.stateful import StatefulNetwork
from tests.helpers.made_gaze import make_video

pytestmark = pytest.mark.slow


def test_frames_are_spread_evenly_over_videos_and_time():
    videos = {n: make_video(n, 100) for n in "abc"}
    chosen = choose_frames(videos, 30)
    assert [*chosen] == ["a", "b", "c"]
    for numbers in chosen.values():
        assert np.array_equal(numbers, np.arange(5, 100, 10))


def test_longer_videos_give_what_shorter_ones_lack():
    videos = {"a": make_video("a", 100), "b": make_video("b", 4)}
    chosen = choose_frames(videos, 30)
    assert len(chosen["b"]) == 4 and len(chosen["a"]) == 26


def test_of_many_videos_only_some_give_frames():
    videos = {f"{n:03}": make_video(str(n), 20) for n in range(100)}
    chosen = choose_frames(videos, 20)
    assert [*chosen] == ["010", "030", "050", "070", "090"]
    assert {len(numbers) for numbers in chosen.values()} == {4}


@pytest.fixture(scope="module")
def trained(trained_run):
    return load_model(trained_run / "best")


def test_mixtures_are_those_of_a_run_through_all_frames(trained, demo_dir):
    model, config = trained
    sample = read_sample(model, config, demo_dir, "test", 20)
    videos = read_videos(demo_dir, "test")
    assert sample.num_frames == 20 and {*sample.videos} == {*videos}
    network = MixtureNetwork(StatefulNetwork(model, 4), 4)
    window = Window.for_videos(96, 4)
    checked = 0
    for batch in ordered_windows(demo_dir, "test", batch_size=2, window=window):
        outputs = run_networks([network], batch)
        for frames in frames_of_batch(batch, videos, outputs):
            every = network.parameters(frames)
            times = frames.video.times_of(frames.numbers)
            for index in np.flatnonzero(sample.videos == frames.video.video_id):
                place = np.flatnonzero(times == sample.seconds[index])
                if not len(place):
                    continue
                np.testing.assert_allclose(
                    sample.parameters[index], every[place[0]], atol=1e-5
                )
                gaze = frames.select(place).gaze
                np.testing.assert_array_equal(
                    sample.points[sample.frame == index],
                    gaze.points[0][gaze.mask[0]],
                )
                checked += 1
    assert checked == 20


def test_too_few_fixations_are_refused(trained, demo_dir):
    with pytest.raises(ValueError, match="at least 100 fixations.*num_frames"):
        read_sample(*trained, demo_dir, "test", 1)


def test_another_frame_rate_is_told(trained, demo_dir):
    model, config = trained
    config = dataclasses.replace(config, frames_per_second=100.0)
    with pytest.warns(UserWarning, match="made for 100 frames a second"):
        read_sample(model, config, demo_dir, "test", 20)
