"""Protocols compute what their formulas say."""

import random

import numpy as np
import pytest

from rmdn_tf.data.annotations import Video
from rmdn_tf.data.records import Fixations
from rmdn_tf.evaluation import protocols
from rmdn_tf.metrics import exact, mit, msu_challenge, unisal
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.metrics.true_density import fixation_densities
from tests.helpers.golden_values import goldens
from tests.helpers.made_gaze import frames_of, make_video, without_fixations

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


@pytest.mark.parametrize("kind", protocols.PROTOCOLS.values())
def test_a_metric_scored_alone_is_as_among_all(
    kind, frames, log_maps, baseline
):
    protocol = kind(VIDEOS, 0.1, size=SIZE)
    score = protocol.scorer(frames, frames.gaze.mask)
    every = score(log_maps, baseline)
    for metric in protocol.metrics:
        alone = score(log_maps, baseline, [metric])
        assert list(alone) == [metric]
        np.testing.assert_array_equal(alone[metric], every[metric])


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
            scores[metric], expected, rtol=1e-6, atol=1e-7, err_msg=metric
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


@pytest.mark.parametrize("name", ["ntire2026", "crowdsal"])
def test_the_challenges_scores_are_those_of_their_formulas(
    name, frames, log_maps, baseline
):
    protocol = protocols.PROTOCOLS[name](VIDEOS, 0.1, size=SIZE)
    scores = _score(protocol, frames, log_maps, baseline)
    assert tuple(scores) == protocol.metrics
    is_double = name == "ntire2026"
    maps, truth = (
        msu_challenge.scale(
            (of / of.max((1, 2), keepdims=True)).astype(
                np.float64 if is_double else np.float32
            )
        )
        for of in (
            _density(log_maps),
            fixation_densities(
                frames.gaze.points, frames.gaze.mask, *SIZE, 1.6
            ),
        )
    )
    counts, epsilon = _counts(frames), 1e-7 if is_double else 2.0**-23
    expected = {
        "cc": msu_challenge.cc(maps, truth, epsilon),
        "sim": msu_challenge.sim(maps, truth, epsilon),
        "nss": msu_challenge.nss(maps, counts, epsilon),
    }
    if is_double:
        expected["auc_judd"] = msu_challenge.auc_judd(maps, counts)
        expected["auc_judd_points"] = msu_challenge.auc_judd(
            maps, counts, count_points=True
        )
    else:
        area = msu_challenge.auc_judd_of_levels(maps, counts)
        expected["auc_judd"] = area
    assert expected.keys() == scores.keys()
    for metric, values in expected.items():
        np.testing.assert_allclose(
            scores[metric], values, rtol=1e-6, err_msg=metric
        )


@pytest.mark.parametrize("name", ["ntire2026", "crowdsal", "unisal"])
@pytest.mark.parametrize("case", goldens("ntire2026"), ids=lambda c: c[0].name)
def test_fixations_score_by_a_protocol_as_by_the_benchmarks_code(name, case):
    """NSS and AUC-Judd, which need no true density."""
    case, _ = case
    size = case.saliency.shape
    points = (case.points[:, ::-1] + 0.5) / size[::-1]
    rows = [[0, *point, n] for n, point in enumerate(points)]
    fixations = Fixations.from_rows(np.array(rows).reshape(-1, 4))
    video = Video("v", (), size, 1.0, 1, fixations)
    protocol = protocols.PROTOCOLS[name]({"v": video}, 0.1)
    saliency = case.saliency[None] + (1.0 if name == "unisal" else 0.0)
    with np.errstate(divide="ignore"):
        logs = np.log(saliency / saliency.max())
    scores = _score(protocol, frames_of(video), logs, logs)
    (theirs,) = (row for c, row in goldens(name) if c.name == case.name)
    names = {
        "ntire2026": ("nss_score", "auc_judd_score"),
        "crowdsal": ("nss", "auc_judd"),
        "unisal": ("nss", "aucj"),
    }
    for metric, their in zip(("nss", "auc_judd"), names[name], strict=True):
        if (name, their, case.name) == ("unisal", "nss", "constant map"):
            continue  # Rounding, divided by rounding.
        np.testing.assert_allclose(
            scores[metric],
            theirs.get(their, np.nan),
            rtol=3e-6,
            atol=2e-7,
            err_msg=metric,
        )


def test_half_of_the_frames_and_their_negatives_are_those_of_unisals_code():
    videos = {
        f"{n:03d}": make_video(f"{n:03d}", num_frames=30 + n, seed=n)
        for n in range(12)
    }
    video = videos["004"]
    protocol = protocols.UnisalProtocol(videos, 0.1, size=SIZE)
    log_maps = np.random.default_rng(2).normal(size=(34, *SIZE))
    frames = frames_of(video)
    scores = _score(protocol, frames, log_maps, log_maps)
    # As its code draws: first the frames, then, for each, videos and frames.
    random.seed(27)
    chosen = sorted(random.sample(range(34), 17))
    maps, counts = np.exp(log_maps), _counts(frames)
    expected = np.full([2, 34], np.nan)
    for frame in chosen:
        others = np.zeros(SIZE, int)
        for other in random.sample(list(videos), 10):
            number = random.randint(1, videos[other].num_frames) - 1
            gaze = videos[other].gaze_on([number])
            others += count_fixations(gaze.points, gaze.mask, *SIZE)[0]
        one = maps[[frame]], counts[[frame]]
        expected[0, frame] = unisal.auc_judd(*one)[0]
        expected[1, frame] = unisal.auc_shuffled(*one, others[None])[0]
    np.testing.assert_allclose(scores["auc_judd"], expected[0])
    np.testing.assert_allclose(scores["auc_shuffled"], expected[1])
    some = frames.select(np.array([20, 3, 7]))
    part = _score(protocol, some, log_maps[[20, 3, 7]], log_maps[:1])
    np.testing.assert_allclose(part["auc_judd"], expected[0, [20, 3, 7]])


def test_unisal_scores_frames_without_a_fixation(log_maps, baseline):
    video = without_fixations(VIDEOS["a"], [2])
    protocol = protocols.UnisalProtocol({"a": video}, 0.1, size=SIZE)
    scores = _score(protocol, frames_of(video), log_maps, baseline)
    maps = _density(log_maps)
    assert scores["nss"][2] == 1 and scores["nss"][0] != 1
    assert scores["cc"][2] == 0
    uniform = np.ones((4, *SIZE))
    for name in ("kl", "sim"):
        score = getattr(exact, name)(maps, uniform)[2]
        assert scores[name][2] == pytest.approx(score)
    # Chosen for an AUC: its code would end with an error.
    assert np.isnan(scores["auc_judd"][2])
    assert not np.isnan(scores["auc_judd"][3])


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
def test_scores_depend_neither_on_the_scale_of_a_density_nor_on_other_frames(
    kind, frames, log_maps, baseline
):
    protocol = kind(VIDEOS, 0.1, size=SIZE)
    scores = _score(protocol, frames, log_maps, baseline)
    shifted = _score(protocol, frames, log_maps.astype(float) + 50, baseline)
    last = frames.select(np.array([3]))
    alone = _score(protocol, last, log_maps[3:], baseline)
    for metric in protocol.metrics:
        np.testing.assert_allclose(shifted[metric], scores[metric], rtol=1e-6)
        np.testing.assert_allclose(
            alone[metric], scores[metric][3:], rtol=1e-6, err_msg=metric
        )


@pytest.mark.parametrize("kind", protocols.PROTOCOLS.values())
def test_a_frame_without_a_fixation_has_no_score(kind, log_maps, baseline):
    frames = frames_of(VIDEOS["a"])
    mask = frames.gaze.mask & (np.arange(4) != 2)[:, None]
    protocol = kind(VIDEOS, 0.1, size=SIZE)
    scores = protocol.scorer(frames, mask)(log_maps, baseline)
    for metric in protocol.metrics:
        expected = [False, False, True, False]
        if kind is protocols.UnisalProtocol and metric.startswith("auc"):
            expected = [True, True, True, False]  # Half of the frames.
        np.testing.assert_array_equal(np.isnan(scores[metric]), expected)


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
