"""Rows of one density share its prediction and its scores."""

import numpy as np
import pytest

from rmdn_tf.evaluation import protocols
from rmdn_tf.evaluation.best_maps import BestMaps, best_map_names
from rmdn_tf.evaluation.frame_scores import observe_frames, score_frames
from rmdn_tf.evaluation.predictors import Predictor, Static
from tests.helpers.made_gaze import frames_of, make_video

SIZE = (12, 16)
VIDEOS = {name: make_video(name, seed=ord(name)) for name in "ab"}


class Counted(Predictor):
    """Counts how often it predicts."""

    def __init__(self):
        self.num_calls = 0

    def log_maps(self, frames, size):
        self.num_calls += 1
        shape = (len(frames), *size)
        return np.random.default_rng(0).normal(size=shape)


class Noted(protocols.ExactProtocol):
    """Notes which metrics are computed of each map."""

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.asked = []

    def scorer(self, frames, mask):
        score = super().scorer(frames, mask)

        def noted(log_maps, baseline, metrics=None):
            self.asked.append(self.metrics if metrics is None else metrics)
            return score(log_maps, baseline, metrics)

        return noted


@pytest.fixture
def protocol():
    return Noted(VIDEOS, 0.1, size=SIZE)


def _score(protocol, rows):
    frames = frames_of(VIDEOS["a"])
    return score_frames(rows, Static(None), protocol, frames, [1])


@pytest.mark.parametrize("is_first", [True, False])
def test_a_density_and_its_best_maps_are_one_prediction(protocol, is_first):
    density = Counted()
    rows = {"density": density, "best": BestMaps(density, protocol)}
    if not is_first:
        rows = dict(reversed(rows.items()))
    scored, log_maps = _score(protocol, rows)
    assert density.num_calls == 1
    assert list(scored) == list(rows) and list(log_maps[1]) == ["density"]
    alone, _ = _score(protocol, {"best": BestMaps(Counted(), protocol)})
    for metric, values in scored["best"].items():
        np.testing.assert_array_equal(values, alone["best"][metric], metric)


def test_of_each_best_map_only_its_own_metrics_are_computed(protocol):
    density = Counted()
    _score(protocol, {"one": density, "best": BestMaps(density, protocol)})
    names = best_map_names(protocol)
    of_density, *of_maps = protocol.asked
    assert of_density == protocol.metrics
    expected = [m for m in protocol.metrics if names[m] != "density"]
    assert sorted(metric for of in of_maps for metric in of) == sorted(expected)


def test_a_protocol_sees_a_density_once_for_all_its_rows():
    protocol = protocols.MsuProtocol(VIDEOS, 0.1, size=SIZE)
    density = Counted()
    rows = {"density": density, "best": BestMaps(density, protocol)}
    seen = observe_frames(rows, protocol, frames_of(VIDEOS["a"]))
    assert density.num_calls == 1
    assert seen["density"] is seen["best"]
