"""Protocols compute what their formulas say."""

import numpy as np
import pytest

from rmdn_tf.evaluation import protocols
from rmdn_tf.metrics import exact, mit
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.metrics.true_density import fixation_densities
from tests.helpers.made_gaze import frames_of, make_video

SIZE = (12, 16)
VIDEOS = {name: make_video(name, seed=ord(name)) for name in "abcd"}


@pytest.fixture
def frames():
    return frames_of(VIDEOS["a"])


@pytest.fixture
def log_maps():
    return np.random.default_rng(0).normal(size=(4, *SIZE)).astype(np.float32)


@pytest.fixture
def baseline():
    return np.random.default_rng(1).normal(size=(1, *SIZE)).astype(np.float32)


def _score(protocol, frames, log_maps, baseline):
    return protocol.scorer(frames, frames.gaze.mask)(log_maps, baseline)


def _density(log_maps):
    maps = np.exp(log_maps.astype(np.float64))
    maps = maps / maps.sum((1, 2), keepdims=True)
    return np.broadcast_to(maps, (4, *SIZE))


def _counts(frames):
    return count_fixations(frames.gaze.points, frames.gaze.mask, *SIZE)


def _others(*names):
    points = np.concatenate([VIDEOS[name].points for name in names])
    mask = np.ones([1, len(points)], bool)
    return count_fixations(points[None], mask, *SIZE)[0]


@pytest.mark.parametrize(
    "kind", [protocols.ExactProtocol, protocols.PaperProtocol]
)
def test_exact_scores_are_those_of_the_separate_functions(
    kind, frames, log_maps, baseline
):
    protocol = kind(VIDEOS, 0.1, 0.25, SIZE)
    scores = _score(protocol, frames, log_maps, baseline)
    assert tuple(scores) and set(scores) >= set(protocol.metrics)
    maps, counts = _density(log_maps), _counts(frames)
    density = fixation_densities(
        frames.gaze.points, frames.gaze.mask, *SIZE, 1.6, 0.25
    )
    others = np.broadcast_to(_others("b", "c", "d"), counts.shape)
    for metric, expected in {
        "bits": exact.information_gain(maps, np.ones_like(maps), counts),
        "log_likelihood": exact.log_likelihood(maps, counts),
        "information_gain": exact.information_gain(
            maps, _density(baseline), counts
        ),
        "auc_judd": exact.auc_judd(maps, counts),
        "auc_borji": exact.auc_borji(maps, counts),
        "auc_shuffled": exact.auc_shuffled(maps, counts, others),
        "nss": exact.nss(maps, counts),
        "cc": exact.cc(maps, density),
        "sim": exact.sim(maps, density),
        "kl": exact.kl(maps, density),
    }.items():
        np.testing.assert_allclose(
            scores[metric], expected, rtol=1e-6, atol=1e-9, err_msg=metric
        )


def test_the_benchmarks_scores_are_those_of_their_formulas(
    frames, log_maps, baseline
):
    protocol = protocols.MitProtocol(VIDEOS, 0.1, size=SIZE)
    scores = _score(protocol, frames, log_maps, baseline)
    assert tuple(scores) == protocol.metrics
    maps, counts = _density(log_maps), _counts(frames)
    density = fixation_densities(
        frames.gaze.points, frames.gaze.mask, *SIZE, 1.6, binary=True
    )
    for metric, expected in {
        "auc_judd": mit.auc_judd(maps, counts),
        "auc_borji": mit.auc_borji(maps, counts),
        "nss": mit.nss(maps, counts),
        "cc": exact.cc(maps, density),
        "sim": mit.sim(maps, density),
        "kl": mit.kl(maps, density),
        "information_gain": mit.information_gain(
            maps, _density(baseline), counts
        ),
    }.items():
        np.testing.assert_allclose(
            scores[metric], expected, rtol=1e-5, err_msg=metric
        )
    assert ((scores["auc_shuffled"] > 0) & (scores["auc_shuffled"] < 1)).all()


def test_the_negatives_of_a_frame_are_ten_frames_of_other_videos():
    videos = {
        name: make_video(name, num_frames=50, seed=ord(name)) for name in "abcd"
    }
    frames = frames_of(videos["a"])
    maps, again = (
        protocols.MitProtocol(videos, 0.1, size=SIZE).negatives(frames)
        for _ in range(2)
    )
    np.testing.assert_array_equal(maps, again)
    # Six observers look at each frame.
    np.testing.assert_array_equal(maps.sum((1, 2)), 60)
    assert len({counts.tobytes() for counts in maps}) > 40


def test_a_lone_video_has_no_shuffled_auc(frames, log_maps, baseline):
    for kind in (protocols.ExactProtocol, protocols.MitProtocol):
        protocol = kind({"a": VIDEOS["a"]}, 0.1, size=SIZE)
        scores = _score(protocol, frames, log_maps, baseline)
        assert np.isnan(scores["auc_shuffled"]).all()
        assert not np.isnan(scores["nss"]).any()


@pytest.mark.parametrize("kind", protocols.PROTOCOLS.values())
def test_one_map_for_all_frames_scores_as_its_copies(
    kind, frames, log_maps, baseline
):
    protocol = kind(VIDEOS, 0.1, size=SIZE)
    one = _score(protocol, frames, log_maps[:1], baseline)
    copies = np.repeat(log_maps[:1], 4, axis=0)
    each = _score(protocol, frames, copies, baseline)
    for metric in protocol.metrics:
        # Noise of 1e-7 breaks ties in the benchmarks' AUC.
        np.testing.assert_allclose(one[metric], each[metric], rtol=1e-6)


@pytest.mark.parametrize("kind", protocols.PROTOCOLS.values())
def test_a_frame_without_a_fixation_has_no_score(kind, log_maps, baseline):
    frames = frames_of(VIDEOS["a"])
    mask = frames.gaze.mask & (np.arange(4) != 2)[:, None]
    protocol = kind(VIDEOS, 0.1, size=SIZE)
    scores = protocol.scorer(frames, mask)(log_maps, baseline)
    for metric in protocol.metrics:
        np.testing.assert_array_equal(
            np.isnan(scores[metric]), [False, False, True, False]
        )


def test_a_protocol_says_what_it_computes():
    text = protocols.Dhf1kProtocol(
        VIDEOS, protocols.Dhf1kProtocol.blur_of(0.1)
    ).describe()
    assert "the original size of each video" in text
    assert "0.01991 of the width" in text
    assert "50,000 random frames" in text
    text = protocols.PaperProtocol(VIDEOS, 0.05, 0.25, SIZE).describe()
    assert "12 rows and 16 columns" in text
    assert "uniform share of 0.25" in text


def test_each_video_is_scored_at_its_own_size_unless_one_is_given():
    assert protocols.MitProtocol(VIDEOS, 0.1).size(VIDEOS["a"]) == (48, 64)
    assert (
        protocols.MitProtocol(VIDEOS, 0.1, size=SIZE).size(VIDEOS["a"]) == SIZE
    )
