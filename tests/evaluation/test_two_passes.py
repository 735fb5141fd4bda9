"""A protocol may see all maps of a predictor before it scores the first."""

import copy

import numpy as np
import pytest

from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.centre_bias import centre
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.inter_observer import Blur, Halves
from rmdn_tf.evaluation.predictors import MixtureNetwork, Static
from rmdn_tf.evaluation.protocols import TwoPassProtocol

pytestmark = pytest.mark.slow

SIZE = (6, 8)


def _sums(log_maps):
    return log_maps.astype(np.float64).sum((1, 2))


class SumOfAll(TwoPassProtocol):
    """Scores each frame by the sum of all maps of its predictor."""

    name = "sum_of_all"
    metrics = ("own", "all", "fixations")
    text = "Made up."
    observed = None

    def scorer(self, frames, mask):
        counts = mask.sum(-1)

        def score(log_maps, baseline, of_all=np.nan):
            own = np.broadcast_to(_sums(log_maps), counts.shape)
            scores = (own, np.full(len(counts), of_all), counts)
            return dict(zip(self.metrics, scores, strict=True))

        return score

    def scorer_of(self, predictor, scorer):
        of_all = self.observed[predictor][0]
        return lambda *maps: scorer(*maps, of_all=of_all)

    def observer(self, frames, mask):
        counts = mask.sum(-1)

        def observe(log_maps):
            own = np.broadcast_to(_sums(log_maps), counts.shape)
            return np.array([own.sum(), len(own), counts.sum()])

        return observe

    def learnt(self, observed):
        protocol = copy.copy(self)
        protocol.observed = observed
        return protocol


class Network(MixtureNetwork):
    """Predicts another mixture in every batch; counts its batches."""

    def __init__(self):
        super().__init__(None, 4)
        self.batches = []

    def run(self, batch):
        names = [name.decode() for name in batch["video_id"].numpy()]
        first = batch["first_frame"].numpy().tolist()
        self.batches.append((names, first))
        mixture = np.tile(centre(), (2, 13, 1, 1))
        mixture[..., 1] = 0.2 + 0.001 * np.array(first)[:, None, None]
        return mixture


def _batches(data_dir):
    window = Window(clip_stride=4)
    return ordered_windows(data_dir, "test", batch_size=2, window=window)


def _evaluate(demo_dir, batches, num_threads=3):
    videos = read_videos(demo_dir, "test")
    predictors = {
        "network": Network(),
        "centre": Static(centre()),
        "human": Halves(Blur(0.03, 0.1), num_splits=1),
    }
    protocol = SumOfAll(videos, 0.1, size=SIZE)
    scores = evaluate(
        predictors, batches, videos, protocol, num_threads=num_threads
    )
    return scores, predictors, protocol


@pytest.fixture(scope="module")
def evaluated(demo_dir):
    return _evaluate(demo_dir, _batches(demo_dir))


@pytest.mark.parametrize("name", ["network", "centre"])
def test_every_frame_is_seen_before_the_first_is_scored(evaluated, name):
    scores, _, _ = evaluated
    total, counts = scores.by_video(name, "own")
    assert counts.tolist() == [96, 96]
    # The mean of a constant: the sum over all frames was known to the first.
    assert scores.mean(name, "all") == pytest.approx(total.sum(), rel=1e-12)


def test_each_trial_is_seen_with_its_own_fixations(evaluated, demo_dir):
    scores, _, _ = evaluated
    own, counts = scores.by_video("human", "own")
    # Two halves predict each other: a frame is seen twice and scored once.
    assert scores.mean("human", "all") == pytest.approx(2 * own.sum(), rel=1e-9)
    every = scores.mean("network", "fixations")
    assert scores.mean("human", "fixations") == pytest.approx(every / 2)


def test_a_network_gets_all_batches_once_in_each_pass(evaluated):
    _, predictors, _ = evaluated
    batches = predictors["network"].batches
    half = len(batches) // 2
    assert half > 1 and batches[:half] == batches[half:]


def test_the_protocol_itself_learns_nothing(evaluated):
    assert evaluated[2].observed is None


def test_what_is_learnt_does_not_depend_on_the_threads(demo_dir, evaluated):
    for num_threads in (1, 5):
        scores, _, _ = _evaluate(demo_dir, _batches(demo_dir), num_threads)
        for name in scores.predictors:
            one, other = (of.mean(name, "all") for of in (scores, evaluated[0]))
            assert one == other  # To the last bit.


def test_batches_that_can_be_iterated_over_only_once_are_an_error(demo_dir):
    once = iter(list(_batches(demo_dir)))
    with pytest.raises(ValueError, match="takes two passes"):
        _evaluate(demo_dir, once)
