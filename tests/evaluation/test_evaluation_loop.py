"""The evaluation loop: predictors and a split -> scores."""

import math

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.centre_bias import centre, trained_centre
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.frames import frames_of_batch
from rmdn_tf.evaluation.inter_observer import Blur, Halves
from rmdn_tf.evaluation.predictors import (
    Mixed,
    MixtureNetwork,
    Oracle,
    Predictor,
    Static,
    Trial,
    untrained_predictors,
)
from rmdn_tf.evaluation.protocols import ExactProtocol
from rmdn_tf.metrics import exact
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.model.moments import parameters_from_moments

pytestmark = pytest.mark.slow

SIZE = (24, 32)
MOMENTS = np.array(
    [[0.7, 0.3, 0.6, 0.2, 0.1, 0.4], [0.3, 0.8, 0.2, 0.1, 0.3, -0.2]]
)
MIXTURE = parameters_from_moments(MOMENTS)
PEAKED = parameters_from_moments(
    np.array([[1, 0.01, 0.01, 1e-3, 1e-3, 0]], np.float64)
)


def batches_of(data_dir):
    window = Window(clip_stride=4)
    return ordered_windows(data_dir, "test", batch_size=2, window=window)


class Counted(MixtureNetwork):
    """Predicts the same mixture for every clip, and counts its batches."""

    def __init__(self, parameters):
        tiled = np.broadcast_to(parameters, (2, 13, *parameters.shape))
        super().__init__(lambda batch: tf.constant(tiled), 4)
        self.num_batches = 0

    def run(self, batch):
        self.num_batches += 1
        return super().run(batch)


class Thrice(Predictor):
    """Three trials, of which the last has no fixation."""

    def trials(self, frames, size):
        mask = frames.gaze.mask
        static = Static(MIXTURE)
        yield Trial(Static(None).log_maps(frames, size), mask)
        yield Trial(static.log_maps(frames, size), mask)
        yield Trial(static.log_maps(frames, size), np.zeros_like(mask))


class Kept:
    """A watcher that keeps one frame of each window."""

    def __init__(self):
        self.shown = []

    def choose(self, frames):
        return len(frames) - 1

    def show(self, shown):
        self.shown.append(shown)


@pytest.fixture(scope="module")
def videos(demo_dir):
    return read_videos(demo_dir, "test")


@pytest.fixture(scope="module")
def protocol(videos):
    return ExactProtocol(videos, 0.03, size=SIZE)


@pytest.fixture(scope="module")
def predictors(demo_dir):
    training = fixations_of(read_videos(demo_dir, "train"))
    network, other = Counted(MIXTURE), Counted(centre())
    half = Mixed(network, Static(centre()), 0.5)
    return untrained_predictors() | {
        "TCB": Static(trained_centre(training)),
        "human": Halves(Blur(0.03, 0.1), num_splits=1),
        "network": network,
        "static": Static(MIXTURE),
        "peaked": Counted(PEAKED),
        "nothing": Mixed(network, Static(centre()), 0.0),
        "half": half,
        "all": Mixed(network, Static(centre()), 1.0),
        "half of half": Mixed(half, other, 0.5),
        "thrice": Thrice(),
        "oracle": Oracle(),
    }


@pytest.fixture(scope="module")
def watcher():
    return Kept()


@pytest.fixture(scope="module")
def scores(demo_dir, videos, protocol, predictors, watcher):
    return evaluate(
        predictors,
        batches_of(demo_dir),
        videos,
        protocol,
        baseline=predictors["TCB"],
        watchers=[watcher],
        num_threads=3,
    )


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


def test_a_network_scores_as_its_maps_do(scores, protocol, watcher):
    for metric in protocol.metrics:
        assert scores.mean("network", metric) == pytest.approx(
            scores.mean("static", metric), rel=1e-5, abs=1e-6
        )
    assert len(watcher.shown) == 4
    for shown in watcher.shown:
        maps = np.exp(shown.log_maps["network"])[None]
        mask = np.ones([1, len(shown.points)], bool)
        counts = count_fixations(shown.points[None], mask, *SIZE)
        (bits,) = exact.information_gain(maps, np.ones_like(maps), counts)
        assert shown.values["network"]["bits"] == pytest.approx(bits, rel=1e-5)


def test_gain_is_measured_from_the_baseline(scores):
    gain = scores.mean("network", "information_gain")
    bits = scores.mean("network", "bits") - scores.mean("TCB", "bits")
    assert gain == pytest.approx(bits)
    assert scores.mean("TCB", "information_gain") == pytest.approx(0, abs=1e-9)


def test_a_density_too_peaked_for_exp_still_has_finite_bits(scores):
    assert -math.inf < scores.mean("peaked", "bits") < -10_000
    assert math.inf > scores.mean("peaked", "kl") > 10_000


def test_a_mixture_with_nothing_or_all_of_another_is_one_of_the_two(scores):
    bits = {name: scores.mean(name, "bits") for name in scores.predictors}
    assert bits["nothing"] == pytest.approx(bits["network"], rel=1e-5)
    assert bits["all"] == pytest.approx(bits["centre"], rel=1e-5)
    # The logarithm is concave.
    assert bits["half"] > (bits["network"] + bits["centre"]) / 2


def test_a_score_is_the_mean_over_the_trials_that_have_one(scores):
    half = scores.mean("static", "bits") / 2
    assert scores.mean("thrice", "bits") == pytest.approx(half)


def test_mixtures_of_mixtures_and_a_baseline_of_its_own_run_each_network_once(
    demo_dir, videos, protocol, scores
):
    """Networks may lie in mixtures, and outside of the scored predictors."""
    network, other, baseline = (
        Counted(of) for of in (MIXTURE, centre(), MIXTURE)
    )
    half = Mixed(network, Static(centre()), 0.5)
    got = evaluate(
        {"deep": Mixed(half, other, 0.5), "again": half},
        batches_of(demo_dir),
        videos,
        protocol,
        baseline=Mixed(baseline, other, 0.0),
        num_threads=1,
    )
    assert [n.num_batches for n in (network, other, baseline)] == [2, 2, 2]
    for metric in ("bits", "nss", "kl"):
        assert got.mean("deep", metric) == pytest.approx(
            scores.mean("half of half", metric), rel=1e-12
        )
    gain = got.mean("deep", "information_gain")
    bits = got.mean("deep", "bits") - scores.mean("static", "bits")
    assert gain == pytest.approx(bits, rel=1e-5)


def test_a_network_that_has_not_run_is_a_clear_error(demo_dir, videos):
    batch = next(iter(batches_of(demo_dir)))
    frames = next(frames_of_batch(batch, videos))
    with pytest.raises(ValueError, match="names it in `networks`"):
        Counted(MIXTURE).log_maps(frames, SIZE)


def test_chosen_frames_are_scored_and_counted_alone(
    demo_dir, videos, protocol, predictors, scores
):
    got = evaluate(
        {"oracle": predictors["oracle"]},
        batches_of(demo_dir),
        videos,
        protocol,
        choice=lambda video, numbers: numbers % 96 < 10,
    )
    assert got.num_frames == {"demo_00000": 10, "demo_00001": 10}
    # A second has 30 frames, of which ten are chosen.
    sums, counts = got.by_time("oracle", "nss", [got.num_seconds])
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
            batches_of(demo_dir),
            videos,
            protocol,
            choice=lambda video, numbers: np.zeros(len(numbers), bool),
        )


def test_a_baseline_that_rules_a_fixation_out_is_an_error_that_names_it(
    demo_dir, videos, protocol
):
    class Blind(Static):
        def log_maps(self, frames, size):
            maps = np.zeros([len(frames), *size])
            maps[frames.numbers == 7] = -np.inf
            maps[:, 0, 0] = 0
            return maps

    with pytest.raises(ValueError, match="`baseline`.*frame 7, .*'demo_0000"):
        evaluate(
            {"uniform": Static(None)},
            batches_of(demo_dir),
            videos,
            protocol,
            baseline=Blind(None),
        )
