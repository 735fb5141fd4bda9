"""Each metric is scored on the map that suits it, beside the density."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.evaluation import protocols
from rmdn_tf.evaluation.best_maps import (
    MAPS,
    BestMaps,
    MapMaker,
    best_map_names,
    best_name,
    blurred_negatives,
    describe_best_maps,
    with_best_maps,
)
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.inter_observer import Blur, Halves
from rmdn_tf.evaluation.predictors import Maps, Predictor, Static, Trial
from rmdn_tf.metrics import best_maps
from tests.helpers.made_gaze import frames_of, make_video

SIZE = (12, 16)
SIGMA = 0.1
VIDEOS = {
    name: make_video(name, seed=ord(name), num_observers=9) for name in "abcd"
}
KINDS = [
    kind
    for kind in protocols.PROTOCOLS.values()
    if not issubclass(kind, protocols.TwoPassProtocol)
]


class Known(Predictor):
    """The density of `log_maps` in every frame."""

    def __init__(self, log_maps):
        self._log_maps = log_maps

    def log_maps(self, frames, size):
        return self._log_maps


@pytest.fixture
def frames():
    return frames_of(VIDEOS["a"])


@pytest.fixture
def log_maps():
    return np.random.default_rng(0).normal(size=(4, *SIZE))


def _scored(protocol, frames, log_maps, mask=None):
    mask = frames.gaze.mask if mask is None else mask
    baseline = np.zeros([1, *SIZE])
    score = protocol.scorer(frames, mask)
    rows = BestMaps(Known(log_maps), protocol)
    trial = Trial(log_maps, mask)
    return score, rows.score(score, frames, trial, baseline)


@pytest.mark.parametrize("kind", KINDS)
def test_each_metric_is_scored_on_its_own_map(kind, frames, log_maps):
    protocol = kind(VIDEOS, SIGMA, 0.2, SIZE)
    score, found = _scored(protocol, frames, log_maps)
    truth = best_maps.Truth(np.full(4, 9), SIGMA * 16, 0.2)
    negatives = blurred_negatives(
        protocol.other_fixations(VIDEOS["a"]), SIGMA * 16
    )
    assert tuple(found) == protocol.metrics
    for metric, name in best_map_names(protocol).items():
        maps = {
            "density": lambda: log_maps,
            "cc": lambda: best_maps.cc_map(log_maps, truth),
            "sim": lambda: best_maps.sim_map(log_maps, truth),
            "kl": lambda: best_maps.kl_map(log_maps, truth),
            "ratio": lambda: log_maps - negatives,
            "order": lambda: best_maps.ordered_map(log_maps),
            "order_of_ratio": lambda: best_maps.ordered_map(
                log_maps, negatives
            ),
        }[name]()
        expected = score(maps, np.zeros([1, *SIZE]))[metric]
        np.testing.assert_array_equal(found[metric], expected, metric)


def test_every_protocol_names_known_maps():
    for kind in protocols.PROTOCOLS.values():
        assert set(kind.best_maps.values()) <= MAPS.keys()


def test_the_maps_are_made_for_the_fixations_that_count(frames, log_maps):
    protocol = protocols.ExactProtocol(VIDEOS, SIGMA, size=SIZE)
    mask = frames.gaze.mask.copy()
    mask[:, 3:] = False
    mask[0] = False
    _, found = _scored(protocol, frames, log_maps, mask)
    assert all(np.isnan(values[0]) for values in found.values())
    score = protocol.scorer(frames, mask)
    truth = best_maps.Truth(np.full(4, 3), SIGMA * 16)
    expected = score(best_maps.sim_map(log_maps, truth), np.zeros([1, *SIZE]))
    np.testing.assert_array_equal(found["sim"][1:], expected["sim"][1:])


def test_the_negatives_are_those_of_other_videos():
    protocol = protocols.ExactProtocol(VIDEOS, SIGMA, size=SIZE)
    counts = protocol.other_fixations(VIDEOS["a"])
    assert counts.sum() == 3 * 4 * 9
    density = np.exp(blurred_negatives(counts, 1.6))
    assert density.sum() == pytest.approx(1)
    assert density.min() > 0.005 / counts.size
    alone = protocols.ExactProtocol({"a": VIDEOS["a"]}, SIGMA, size=SIZE)
    nobody = alone.other_fixations(VIDEOS["a"])
    assert blurred_negatives(nobody, 1.6) is None
    log_maps = np.zeros([1, *SIZE])
    maker = MapMaker(best_maps.Truth(np.full(4, 9), 1.6))
    for name in ("density", "ratio"):
        ((found, maps),) = maker.make_each([name], log_maps)
        assert found == name and maps is log_maps


def test_rows_of_best_maps_stand_below_the_densities():
    predictors = {
        "uniform": Static(None),
        "TCB": Known(None),
        "other": Maps(None),
    }
    protocol = protocols.ExactProtocol(VIDEOS, SIGMA, size=SIZE)
    rows = with_best_maps(predictors, protocol)
    assert list(rows) == ["uniform", "TCB", "TCB, best maps", "other"]
    told = rows["TCB, best maps"].describe()
    assert "Compare such rows with each other" in told


def test_the_report_names_the_map_of_each_metric_and_warns():
    protocol = protocols.ExactProtocol(VIDEOS, SIGMA, size=SIZE)
    text = describe_best_maps(protocol)
    assert "the density is no better than in its own row" in text
    for metric in protocol.metrics:
        assert metric in text


def test_the_loop_scores_densities_and_best_maps_side_by_side():
    log_maps = np.random.default_rng(0).normal(size=(1, *SIZE))
    protocol = protocols.ExactProtocol(VIDEOS, SIGMA, size=SIZE)
    rows = with_best_maps(
        {"known": Known(log_maps), "human": Halves(Blur(0.1, 0.1), 1)}, protocol
    )
    batch = {
        "frame_mask": tf.ones([1, 4], bool),
        "video_id": tf.constant(["a"]),
        "first_frame": tf.constant([0]),
    }
    scores = evaluate(rows, [batch], VIDEOS, protocol)
    assert scores.predictors == (
        "known",
        best_name("known"),
        "human",
        best_name("human"),
    )
    _, found = _scored(protocol, frames_of(VIDEOS["a"]), log_maps)
    for metric in protocol.metrics:
        assert scores.mean("known, best maps", metric) == pytest.approx(
            found[metric].mean()
        )
    for name in ("known", "human"):
        assert scores.mean(name, "bits") == scores.mean(best_name(name), "bits")
        assert scores.mean(name, "sim") != scores.mean(best_name(name), "sim")
