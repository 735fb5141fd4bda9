"""Predictors and a split -> scores."""

import math

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation import centre_bias
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.inter_observer import Blur, Halves
from rmdn_tf.evaluation.predictors import (
    Mixed,
    MixtureNetwork,
    Oracle,
    Predictor,
    Static,
    Trial,
    static_predictors,
)
from rmdn_tf.evaluation.protocols import ExactProtocol
from rmdn_tf.metrics import exact
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.model.mixture import parameters_from_moments

SIZE = (24, 32)
MOMENTS = np.array(
    [[0.7, 0.3, 0.6, 0.2, 0.1, 0.4], [0.3, 0.8, 0.2, 0.1, 0.3, -0.2]]
)
MIXTURE = parameters_from_moments(MOMENTS)


@pytest.fixture(scope="module")
def videos(demo_dir):
    return read_videos(demo_dir, "test")


@pytest.fixture(scope="module")
def protocol(videos):
    return ExactProtocol(videos, 0.03, size=SIZE)


def _batches(demo_dir, stride=4):
    return ordered_windows(
        demo_dir, "test", batch_size=2, window=Window(clip_stride=stride)
    )


@pytest.fixture(scope="module")
def predictors(demo_dir):
    training = fixations_of(read_videos(demo_dir, "train"))
    centre = centre_bias.trained_centre(training)
    return static_predictors(centre) | {
        "human": Halves(Blur(0.03, 0.1), num_splits=1),
        "oracle": Oracle(),
    }


@pytest.fixture(scope="module")
def scores(demo_dir, videos, protocol, predictors):
    return evaluate(predictors, _batches(demo_dir), videos, protocol)


def _tiled(parameters):
    """A model that gives the same mixture for every clip."""
    tiled = np.broadcast_to(parameters, (2, 13, *parameters.shape))
    return MixtureNetwork(lambda batch: tf.constant(tiled), 4)


class Kept:
    """A watcher that keeps one frame of each window."""

    def __init__(self):
        self.shown = []

    def choose(self, frames):
        return len(frames) - 1

    def show(self, shown):
        self.shown.append(shown)


def test_every_frame_of_the_split_is_scored_once(scores):
    assert scores.num_frames == {"demo_00000": 96, "demo_00001": 96}
    _, counts = scores.by_video("uniform", "nss")
    assert counts.tolist() == [96, 96]


def test_the_uniform_density_scores_as_it_must(scores):
    assert scores.mean("uniform", "bits") == pytest.approx(0, abs=1e-12)
    for metric in ("auc_judd", "auc_borji", "auc_shuffled"):
        assert scores.mean("uniform", metric) == pytest.approx(0.5)
    assert scores.mean("uniform", "nss") == pytest.approx(0, abs=1e-9)
    assert scores.mean("uniform", "cc") == pytest.approx(0, abs=1e-9)
    assert scores.mean("uniform", "log_likelihood") == pytest.approx(
        -math.log(SIZE[0] * SIZE[1])
    )


@pytest.mark.parametrize("metric", ["bits", "auc_judd", "nss", "cc", "sim"])
def test_the_oracle_beats_every_baseline_in_every_metric(scores, metric):
    best = scores.mean("oracle", metric)
    for baseline in ("uniform", "centre", "TCB"):
        assert best > scores.mean(baseline, metric)


def test_observers_know_more_of_each_other_than_a_centre_does(scores):
    for metric in ("bits", "auc_judd", "auc_shuffled", "nss"):
        human = scores.mean("human", metric)
        assert (
            scores.mean("TCB", metric) < human < scores.mean("oracle", metric)
        )


@pytest.mark.parametrize("num_threads", [1, 3])
def test_a_model_scores_as_its_maps_do(demo_dir, videos, protocol, num_threads):
    model, static = _tiled(MIXTURE), Static(MIXTURE)
    watcher = Kept()
    scores = evaluate(
        {"model": model, "static": static},
        _batches(demo_dir),
        videos,
        protocol,
        baseline=Static(None),
        watchers=[watcher],
        num_threads=num_threads,
    )
    for metric in protocol.metrics:
        assert scores.mean("model", metric) == pytest.approx(
            scores.mean("static", metric), rel=1e-5, abs=1e-6
        )
    assert len(watcher.shown) == 4
    for shown in watcher.shown:
        maps = np.exp(shown.log_maps["model"])[None]
        mask = np.ones([1, len(shown.points)], bool)
        counts = count_fixations(shown.points[None], mask, *SIZE)
        (bits,) = exact.information_gain(maps, np.ones_like(maps), counts)
        assert shown.values["model"]["bits"] == pytest.approx(bits, rel=1e-5)
        assert shown.values["model"]["information_gain"] == pytest.approx(
            bits, rel=1e-5
        )


def test_the_baseline_is_what_gain_is_taken_over(
    demo_dir, videos, protocol, scores
):
    static = Static(MIXTURE)
    got = evaluate(
        {"static": static},
        _batches(demo_dir),
        videos,
        protocol,
        baseline=static,
    )
    assert got.mean("static", "information_gain") == pytest.approx(0, abs=1e-9)
    bits = scores.mean("TCB", "bits")
    assert scores.mean("TCB", "information_gain") == pytest.approx(bits)


def test_a_density_too_peaked_for_exp_still_has_finite_bits(
    demo_dir, videos, protocol
):
    peaked = parameters_from_moments(np.array([[1, 0.01, 0.01, 1e-3, 1e-3, 0]]))
    scores = evaluate(
        {"peaked": _tiled(peaked)}, _batches(demo_dir), videos, protocol
    )
    assert -math.inf < scores.mean("peaked", "bits") < -10_000
    assert math.inf > scores.mean("peaked", "kl") > 10_000


def test_a_mixture_with_nothing_or_all_of_another_is_one_of_the_two(
    demo_dir, videos, protocol
):
    model, static = _tiled(MIXTURE), Static(centre_bias.centre())
    scores = evaluate(
        {
            "model": model,
            "static": static,
            "nothing": Mixed(model, static, 0.0),
            "half": Mixed(model, static, 0.5),
            "all": Mixed(model, static, 1.0),
        },
        _batches(demo_dir),
        videos,
        protocol,
    )
    bits = {name: scores.mean(name, "bits") for name in scores.predictors}
    assert bits["nothing"] == pytest.approx(bits["model"], rel=1e-5)
    assert bits["all"] == pytest.approx(bits["static"], rel=1e-5)
    # The logarithm is concave.
    assert bits["half"] > (bits["model"] + bits["static"]) / 2


def test_a_score_is_the_mean_over_the_trials_that_have_one(
    demo_dir, videos, protocol
):
    class Thrice(Predictor):
        def trials(self, frames, size):
            mask = frames.gaze.mask
            yield Trial(Static(None).log_maps(frames, size), mask)
            yield Trial(Static(MIXTURE).log_maps(frames, size), mask)
            yield Trial(
                Static(MIXTURE).log_maps(frames, size), np.zeros_like(mask)
            )

    scores = evaluate(
        {"thrice": Thrice(), "static": Static(MIXTURE)},
        _batches(demo_dir),
        videos,
        protocol,
    )
    half = scores.mean("static", "bits") / 2
    assert scores.mean("thrice", "bits") == pytest.approx(half)


def test_chosen_frames_are_scored_and_counted_alone(
    demo_dir, videos, protocol, predictors, scores
):
    got = evaluate(
        predictors,
        _batches(demo_dir),
        videos,
        protocol,
        choice=lambda video, numbers: numbers % 96 < 10,
    )
    assert got.num_frames == {"demo_00000": 10, "demo_00001": 10}
    # A second has 30 frames, of which ten are chosen.
    sums, counts = got.by_second("oracle", "nss")
    assert counts.tolist() == [[10], [10]]
    assert got.mean("oracle", "nss") != scores.mean("oracle", "nss")


def test_frames_without_a_fixation_are_counted_and_change_no_mean(
    numbered_dataset,
):
    videos = read_videos(numbered_dataset, "train")
    batches = ordered_windows(
        numbered_dataset, "train", batch_size=2, window=Window()
    )
    protocol = ExactProtocol(videos, 0.1, size=(8, 24))
    static = Static(MIXTURE)
    scores = evaluate({"static": static}, batches, videos, protocol)
    assert scores.num_frames.total() == 774
    seen = {v: len(set(videos[v].fixations.frame.tolist())) for v in videos}
    assert scores.num_without_fixation == {
        v: videos[v].num_frames - seen[v] for v in videos
    }
    assert scores.num_without_fixation.total() > 100
    _, counts = scores.by_video("static", "nss")
    assert counts.sum() == sum(seen.values())


def test_a_split_without_any_fixation_is_an_error(demo_dir, videos, protocol):
    with pytest.raises(ValueError, match="without any"):
        evaluate(
            {"uniform": Static(None)},
            _batches(demo_dir),
            videos,
            protocol,
            choice=lambda video, numbers: np.zeros(len(numbers), bool),
        )
