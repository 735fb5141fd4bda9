"""All exact metrics at once: one shared map, threads, invalid input."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rmdn_tf.metrics import exact as metrics
from rmdn_tf.metrics.exact_batch import NAMES, exact_scores
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.metrics.ground_truth import GroundTruth
from rmdn_tf.metrics.true_density import fixation_densities

SHAPE = (6, 24, 32)


@pytest.fixture
def case():
    """Log-densities, fixations with their mask, and fixations elsewhere."""
    rng = np.random.default_rng(0)
    logs = rng.normal(size=SHAPE).astype(np.float32)
    points = rng.random((SHAPE[0], 9, 2))
    mask = rng.random((SHAPE[0], 9)) < 0.8
    return logs, points, mask, rng.poisson(2, SHAPE[1:])


@pytest.fixture
def truth(case):
    _, points, mask, _ = case
    return GroundTruth.of_fixations(points, mask, *SHAPE[1:], sigma=2.0)


@pytest.fixture
def maps(case):
    """Counts and densities of the fixations."""
    _, points, mask, _ = case
    counts = count_fixations(points, mask, *SHAPE[1:])
    return counts, fixation_densities(points, mask, *SHAPE[1:], 2.0)


def test_points_and_maps_make_the_same_truth(case, truth, maps):
    logs, *_ = case
    expected = exact_scores(logs, GroundTruth.of_maps(*maps))
    for name, values in exact_scores(logs, truth).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-12)


def test_one_map_for_all_frames_scores_as_its_copies(case, truth):
    logs, _, _, others = case
    for one in (logs[:1], np.zeros_like(logs[:1])):
        copies = np.repeat(one, len(logs), axis=0)
        expected = exact_scores(copies, truth, others, copies)
        for name, values in exact_scores(one, truth, others, one).items():
            # Some are zero.
            np.testing.assert_allclose(
                values, expected[name], rtol=1e-12, atol=1e-14, err_msg=name
            )


def test_a_constant_added_to_the_logs_changes_nothing(case, truth):
    logs, _, _, others = case
    logs = np.round(64 * logs) / 64  # Sums stay exact.
    expected = exact_scores(logs, truth, others, logs[:1])
    offsets = np.arange(len(logs), dtype=np.float32)[:, None, None] * 500
    shifted = exact_scores(logs + offsets, truth, others, logs[:1] - 800)
    for name, values in shifted.items():
        np.testing.assert_allclose(
            values, expected[name], rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize("scale", [1e-200, 7.0, 1e200])
def test_the_scale_of_the_true_density_does_not_matter(case, maps, scale):
    logs, *_ = case
    counts, densities = maps
    expected = exact_scores(logs, GroundTruth.of_maps(counts, densities))
    scaled = exact_scores(logs, GroundTruth.of_maps(counts, scale * densities))
    for name, values in scaled.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-9)


def test_what_was_not_given_is_not_scored(case, truth):
    logs, *_ = case
    assert set(exact_scores(logs, truth)) == set(NAMES) - {"auc_shuffled"}


def test_frames_without_fixation_or_without_density_have_no_score(case, maps):
    logs, _, _, others = case
    counts, densities = maps
    counts[1], densities[1:3] = 0, 0
    scores = exact_scores(
        logs, GroundTruth.of_maps(counts, densities), others, logs[:1]
    )
    for name, values in scores.items():
        no_score = [1, 2] if name in ("cc", "sim", "kl") else [1]
        np.testing.assert_array_equal(
            np.flatnonzero(np.isnan(values)), no_score, err_msg=name
        )


@pytest.mark.parametrize("dtype, rtol", [(np.float32, 1e-7), (float, 1e-12)])
def test_a_density_may_be_zero(case, maps, dtype, rtol):
    logs, _, _, others = case
    logs = logs.astype(dtype)
    logs[:, :9] = -np.inf
    counts, densities = maps
    # A frame whose truth is zero wherever the density is.
    counts[0, :9], densities[0, :9] = 0, 0
    scores = exact_scores(logs, GroundTruth.of_maps(counts, densities), others)
    maps = np.exp(logs.astype(np.float64))
    others = np.broadcast_to(others, SHAPE)
    for name, expected in {
        "log_likelihood": metrics.log_likelihood(maps, counts),
        "auc_judd": metrics.auc_judd(maps, counts),
        "auc_shuffled": metrics.auc_shuffled(maps, counts, others),
        "nss": metrics.nss(maps, counts),
        "kl": metrics.kl(maps, densities),
        "sim": metrics.sim(maps, densities),
    }.items():
        np.testing.assert_allclose(
            scores[name], expected, rtol=rtol, atol=rtol, err_msg=name
        )
    assert np.isfinite(scores["kl"]).tolist() == [True] + 5 * [False]


MAPS_32 = {
    "wide": lambda noise, distance: noise - 3 * distance - 12,
    "one pixel": lambda noise, distance: np.where(distance == 0, 0, noise - 90),
    "a narrow peak": lambda noise, distance: -300 * distance,
    "too peaked for exp": lambda noise, distance: -5000 * distance - noise,
    "nearly even": lambda noise, distance: 1e-3 * noise - 12,
    "even but for a few": lambda noise, distance: (noise > 2.5) * 1e-4,
    "a low contrast": lambda noise, distance: 0.3 * noise,
    "far from zero": lambda noise, distance: noise - 3 * distance + 700,
    "few levels": lambda noise, distance: np.floor(2 * noise),
    "zeros": lambda noise, distance: np.where(
        distance > 0.4, -np.inf, -9 * distance
    ),
}


@pytest.mark.parametrize("name", MAPS_32)
@pytest.mark.parametrize("share", [0.0, 0.99])
def test_float32_scores_as_the_same_numbers_in_float64(name, share):
    shape = (2, 90, 120)
    rng = np.random.default_rng(1)
    y, x = np.indices(shape[1:]) / 120
    distance = np.hypot(y - 40 / 120, x - 50 / 120)
    logs = MAPS_32[name](rng.normal(size=shape), distance)
    logs = np.broadcast_to(logs, shape).astype(np.float32)
    points = np.clip(0.45 + 0.1 * rng.normal(size=(2, 20, 2)), 0, 1)
    mask = np.ones([2, 20], bool)
    truth = GroundTruth.of_fixations(points, mask, *shape[1:], 3.0, share)
    others = rng.poisson(1, shape[1:])
    expected = exact_scores(logs.astype(float), truth, others, 0.0 * y[None])
    single = exact_scores(logs, truth, others, np.float32(0 * y[None]))
    for metric, values in single.items():
        np.testing.assert_allclose(
            values, expected[metric], rtol=1e-7, atol=2e-7, err_msg=metric
        )


@pytest.mark.parametrize("share", [0.0, 0.25, 0.99])
def test_a_truth_in_float32_scores_as_in_float64(share):
    height, width = 90, 120
    rng = np.random.default_rng(2)
    logs = rng.normal(size=(2, height, width)).astype(np.float32)
    points = np.clip(0.45 + 0.1 * rng.normal(size=(2, 20, 2)), 0, 1)
    single, double = (
        GroundTruth.of_fixations(
            points, np.ones([2, 20], bool), height, width, 3.0, share, dtype
        )
        for dtype in (np.float32, np.float64)
    )
    assert single.densities.dtype == np.float32
    expected = exact_scores(logs, double)
    for metric, values in exact_scores(logs, single).items():
        np.testing.assert_allclose(
            values, expected[metric], rtol=1e-7, atol=2e-7, err_msg=metric
        )


def test_no_frames_give_no_scores():
    truth = GroundTruth.of_fixations(
        np.zeros([0, 3, 2]), np.zeros([0, 3], bool), 4, 5, 1.0
    )
    for logs in (np.zeros([0, 4, 5]), np.zeros([1, 4, 5])):
        for values in exact_scores(logs, truth, np.ones([4, 5], int)).values():
            assert values.shape == (0,)
            assert values.dtype == np.float64
    nothing = GroundTruth.of_maps(np.zeros([0, 4, 5], int), np.zeros([0, 4, 5]))
    assert nothing.frames == []


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda logs, others: (logs[:2], None), "`log_densities`"),
        (lambda logs, others: (logs.astype(int), None), "`log_densities`"),
        (lambda logs, others: (logs / 0, None), "finite numbers"),
        (lambda logs, others: (logs, others[:3]), "`other_fixation_maps`"),
        (lambda logs, others: (logs, others - 9), "`other_fixation_maps`"),
        (
            lambda logs, others: (logs, None, logs[:2]),
            "`baseline_log_densities`",
        ),
        (
            lambda logs, others: (logs, None, np.where(logs > 0, 0, -np.inf)),
            "positive density at every fixation",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_wrong_maps_are_an_error_that_names_them(case, truth, change, message):
    logs, _, _, others = case
    maps, *rest = change(logs, others)
    with pytest.raises(ValueError, match=message):
        exact_scores(maps, truth, *rest)


@pytest.mark.parametrize("name", [*NAMES, "information_gain"])
def test_a_metric_computed_alone_is_as_among_all(case, truth, name):
    logs, _, _, others = case
    for maps in (logs, logs[:1]):
        every = exact_scores(maps, truth, others, logs)
        alone = exact_scores(maps, truth, others, logs, [name])
        assert list(alone) == [name]
        np.testing.assert_array_equal(alone[name], every[name])


@pytest.mark.parametrize("name", ["auc", "auc_shuffled", "information_gain"])
def test_a_metric_that_cannot_be_computed_is_an_error(case, truth, name):
    with pytest.raises(ValueError, match="Invalid `metrics`.*Expected some of"):
        exact_scores(case[0], truth, metrics=["nss", name])


def test_no_metric_needs_tensorflow():
    names = "exact_batch mit"
    imports = "; ".join(
        f"import rmdn_tf.metrics.{name}" for name in names.split()
    )
    check = f"{imports}; import sys; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_threads_on_chunks_of_frames_score_as_one_call(case, truth):
    logs, _, _, others = case
    expected = exact_scores(logs, truth, others)

    def score(part):
        chunk = GroundTruth(truth.densities[part], truth.frames[part])
        return exact_scores(logs[part], chunk, others)

    parts = [slice(i, i + 1) for i in range(len(logs))] * 20
    with ThreadPoolExecutor(4) as pool:
        for part, scores in zip(parts, pool.map(score, parts), strict=True):
            for name, values in scores.items():
                np.testing.assert_array_equal(values, expected[name][part])
