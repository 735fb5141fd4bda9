"""The protocol `msu`: maps of a split, remapped by what fits their truth."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.evaluation.best_maps import with_best_maps
from rmdn_tf.evaluation.centre_bias import centre
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.predictors import Static
from rmdn_tf.evaluation.protocols import MsuProtocol
from rmdn_tf.evaluation.split_baselines import Settings
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.metrics import msu_challenge
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.metrics.letterbox import letterbox_fixations, letterbox_maps
from rmdn_tf.metrics.remapping import RemappingSums, fit_remapping
from rmdn_tf.metrics.true_density import fixation_densities
from rmdn_tf.reports.split_report import write_results
from rmdn_tf.reports.summary import summarize
from tests.helpers.made_gaze import frames_of, make_video
from tests.helpers.quick_choices import choose_quickly
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo

pytestmark = pytest.mark.slow

SIZE = (48, 64)
FRAME = (360, 640)
PLAIN = ("cc", "sim", "nss", "auc_judd", "kl")
VIDEOS = {name: make_video(name, seed=ord(name)) for name in "ab"}


@pytest.fixture
def protocol():
    return MsuProtocol(VIDEOS, MsuProtocol.blur_of(0.1))


@pytest.fixture
def frames():
    return frames_of(VIDEOS["a"])


@pytest.fixture
def log_maps():
    return np.random.default_rng(0).normal(size=(4, *SIZE))


def framed(densities):
    maps = densities / densities.max((1, 2), keepdims=True)
    return letterbox_maps(np.rint(255 * maps) / 255, FRAME)


def truth_of(frames):
    gaze = frames.gaze
    return framed(fixation_densities(gaze.points, gaze.mask, *SIZE, 4.0))


def fixated(frames):
    counts = count_fixations(frames.gaze.points, frames.gaze.mask, *SIZE)
    return letterbox_fixations(counts, FRAME)


def score(protocol, frames, log_maps, name="one"):
    scorer = protocol.scorer(frames, frames.gaze.mask)
    return protocol.scorer_of(name, scorer)(log_maps, log_maps)


def learnt(protocol, log_maps, name="one"):
    """Shows a predictor's maps of both videos, which are the same."""
    total = None
    for video in VIDEOS.values():
        frames = frames_of(video)
        sums = protocol.observer(frames, frames.gaze.mask)(log_maps)
        total = sums if total is None else total + sums
    return protocol.learnt({name: total})


def assert_scores(scores, suffix, maps, truth, fixations):
    for metric, expected in {
        "cc": msu_challenge.cc(maps, truth),
        "sim": msu_challenge.sim(maps, truth),
        "nss": msu_challenge.nss(maps, fixations),
        "auc_judd": msu_challenge.auc_judd(maps, fixations, True),
        "kl": msu_challenge.kl(maps, truth),
    }.items():
        np.testing.assert_allclose(
            scores[metric + suffix], expected, rtol=1e-9, err_msg=metric
        )


def test_scores_are_those_of_letterboxed_maps_of_8_bits(
    protocol, frames, log_maps
):
    scores = score(protocol, frames, log_maps)
    assert tuple(scores) == protocol.metrics
    maps, truth = framed(np.exp(log_maps)), truth_of(frames)
    assert_scores(scores, "", maps, truth, fixated(frames))


def test_the_centre_is_the_mean_true_map_of_all_videos(protocol):
    every = np.concatenate([truth_of(frames_of(v)) for v in VIDEOS.values()])
    np.testing.assert_allclose(protocol.centre, every.mean(0), atol=1e-12)


def test_fitted_scores_are_those_of_the_best_remapping_of_all_frames(
    protocol, frames, log_maps
):
    maps = framed(np.exp(log_maps))
    truths = [truth_of(frames_of(video)) for video in VIDEOS.values()]
    centre = np.concatenate(truths).mean(0)
    sums = [RemappingSums.of_maps(maps, truth, centre) for truth in truths]
    remapping = fit_remapping(sums[0] + sums[1])
    scores = score(learnt(protocol, log_maps), frames, log_maps)
    assert_scores(scores, "", maps, truths[0], fixated(frames))
    remapped = remapping.apply(maps, centre)
    assert_scores(scores, "_fitted", remapped, truths[0], fixated(frames))


def test_each_predictor_has_a_remapping_of_its_own(protocol, frames, log_maps):
    observe = protocol.observer(frames, frames.gaze.mask)
    maps = {"one": log_maps, "other": -2 * log_maps}
    both = protocol.learnt({name: observe(of) for name, of in maps.items()})
    for name, of in maps.items():
        alone = protocol.learnt({name: observe(of)})
        scores = [score(p, frames, of, name) for p in (both, alone)]
        np.testing.assert_equal(*scores)


@pytest.mark.parametrize("power", [0.5, 2])
def test_a_contrast_that_is_wrong_everywhere_does_not_matter_once_fitted(
    protocol, frames, power
):
    truth = fixation_densities(frames.gaze.points, frames.gaze.mask, *SIZE, 4.0)
    with np.errstate(divide="ignore"):
        log_maps = power * np.log(truth)
    observe = protocol.observer(frames, frames.gaze.mask)
    scores = score(
        protocol.learnt({"one": observe(log_maps)}), frames, log_maps
    )
    assert (scores["cc"] < 0.97).all()
    assert (scores["cc_fitted"] > 0.995).all()
    assert (scores["kl_fitted"] < scores["kl"]).all()


def test_a_scale_does_not_matter(protocol, frames, log_maps):
    one, other = (
        score(protocol, frames, of) for of in (log_maps, log_maps + 5)
    )
    for metric in protocol.metrics:
        np.testing.assert_allclose(one[metric], other[metric], rtol=1e-12)


def test_frames_without_a_fixation_are_not_fitted_to(
    protocol, frames, log_maps
):
    some = frames.select(np.array([0, 1, 3]))
    expected = protocol.observer(some, some.gaze.mask)(log_maps[[0, 1, 3]])
    mask = frames.gaze.mask & (np.arange(4) != 2)[:, None]
    sums = protocol.observer(frames, mask)(log_maps)
    for name, value in vars(sums).items():
        np.testing.assert_allclose(value, vars(expected)[name])


def test_a_predictor_without_a_scored_frame_has_no_score(
    protocol, frames, log_maps
):
    mask = np.zeros_like(frames.gaze.mask)
    after = protocol.learnt({"one": protocol.observer(frames, mask)(log_maps)})
    scorer = after.scorer_of("one", after.scorer(frames, mask))
    for values in scorer(log_maps, log_maps).values():
        assert np.isnan(values).all()


def batch_of(videos):
    """Returns all frames of videos of one length, as a batch."""
    length = next(iter(videos.values())).num_frames
    return {
        "frame_mask": tf.ones([len(videos), length], bool),
        "video_id": tf.constant(list(videos)),
        "first_frame": tf.zeros([len(videos)], tf.int64),
    }


def test_an_auc_below_0_of_a_constant_map_has_an_interval():
    videos = {
        name: make_video(name, 1, 1500, seed=ord(name), spread=0.3)
        for name in "abc"
    }
    protocol = MsuProtocol(videos, 0.1, size=(45, 80))  # No bars.
    scores = evaluate(
        {"uniform": Static(None)}, [batch_of(videos)], videos, protocol
    )
    summary = summarize(scores, reference="uniform", labels={}, mean="videos")
    found = summary["scores"]["uniform"]["auc_judd"]
    assert found["low"] < found["mean"] < 0


def test_the_fit_takes_the_density_also_in_a_row_of_best_maps():
    videos = {"a": make_video(num_frames=1, num_observers=20)}
    protocol = MsuProtocol(videos, MsuProtocol.blur_of(0.1))
    rows = with_best_maps({"one": Static(centre())}, protocol)
    scores = evaluate(rows, [batch_of(videos)], videos, protocol)
    own, best = (
        {metric: scores.mean(name, metric) for metric in protocol.metrics}
        for name in rows
    )
    for metric in protocol.metrics:
        is_density = metric.endswith("_fitted") or metric == "nss"
        assert (own[metric] == best[metric]) == is_density, metric


def test_memory_is_bounded_by_the_frame_of_small_videos(protocol):
    assert protocol.size(VIDEOS["a"]) == SIZE
    assert protocol.num_pixels(VIDEOS["a"]) == 360 * 640
    large = MsuProtocol(VIDEOS, 0.1, size=(1080, 1920))
    assert large.num_pixels(VIDEOS["a"]) == 1080 * 1920


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    """A split of few frames; `human` has a score in each."""
    directory = tmp_path_factory.mktemp("slow_demo")
    form = FrameFormat(SIZE, frames_per_second=0.5)
    prepare(Demo(6, size=SIZE), directory, form, num_workers=1)
    with pytest.MonkeyPatch.context() as monkeypatch:
        choose_quickly(monkeypatch)
        yield SplitEvaluation(directory, "test", Settings(protocol="msu"))


def test_a_split_is_scored_with_and_without(evaluation, tmp_path, capsys):
    summary = write_results(evaluation, "test", tmp_path)
    scores = {
        name: {metric: of[metric]["mean"] for metric in of}
        for name, of in summary["scores"].items()
    }
    assert summary["metrics"] == [*PLAIN, *(f"{m}_fitted" for m in PLAIN)]
    # A map that knows nothing becomes the mean truth of what is scored.
    assert scores["uniform"]["cc"] == pytest.approx(0, abs=0.3)  # Of the bars.
    assert scores["uniform"]["cc_fitted"] > scores["uniform"]["cc"]
    # So does every map that is the same in all frames.
    for name, metric in itertools.product(("centre", "TCB"), PLAIN):
        assert scores[name][f"{metric}_fitted"] == pytest.approx(
            scores["uniform"][f"{metric}_fitted"], abs=1e-4
        )
    for name in scores:
        assert scores[name]["kl_fitted"] < scores[name]["kl"], name
    assert scores["oracle"]["cc_fitted"] > scores["TCB"]["cc_fitted"]
    for told in (
        capsys.readouterr().out,
        (tmp_path / "test_report.html").read_text(encoding="utf-8"),
    ):
        assert "FITTED ON THE TRUTH OF THE TEST SET" in told
    assert "cc_fitted (fitted on the truth of the test set)" in told
    assert "lower is better; fitted on the truth of the test set" in told
