"""Each map is the best for its metric, if the fixations come from the density.

Expected scores are means over true maps of many drawn sets of fixations.
"""

import numpy as np
import pytest

from rmdn_tf.metrics.best_maps import (
    Truth,
    cc_map,
    kl_map,
    maps_of_blurs,
    ordered_map,
    shuffled_auc_map,
    sim_map,
)
from rmdn_tf.metrics.exact_batch import exact_scores
from rmdn_tf.metrics.ground_truth import GroundTruth
from rmdn_tf.metrics.true_density import fixation_densities

pytestmark = pytest.mark.slow

SIZE = (24, 32)
SIGMA = 1.0
NUM_DRAWS = 400
COUNTS = (2, 6, 20)


def _log_density(seed=0):
    """A density with two peaks of different widths and a floor."""
    y, x = (np.indices(SIZE) + 0.5) / np.array(SIZE)[:, None, None]
    generator = np.random.default_rng(seed)
    density = np.full(SIZE, 0.3)
    for scale, weight in ((0.05, 0.6), (0.12, 0.3)):
        cx, cy = generator.uniform(0.1, 0.9, 2)
        squares = np.square(x - cx) + np.square(y - cy)
        density += weight / scale**2 * np.exp(-0.5 * squares / scale**2)
    return np.log(density)[None]


def _probabilities(log_density):
    density = np.exp(log_density[0])
    return density / density.sum()


def _draw(probabilities, shape, seed):
    """Draws points at the centres of pixels, `[*shape, 2]`."""
    pixels = np.random.default_rng(seed).choice(
        probabilities.size, shape, p=probabilities.ravel()
    )
    rows, columns = np.unravel_index(pixels, SIZE)
    return np.stack(
        [(columns + 0.5) / SIZE[1], (rows + 0.5) / SIZE[0]], axis=-1
    )


def _true_maps(log_density, num_fixations, seed, uniform_share=0.0):
    points = _draw(
        _probabilities(log_density), (NUM_DRAWS, num_fixations), seed
    )
    mask = np.ones(points.shape[:2], bool)
    return fixation_densities(points, mask, *SIZE, SIGMA, uniform_share)


def _truth(num_fixations, uniform_share=0.0):
    return Truth(np.array([num_fixations]), SIGMA, uniform_share)


def _log_negatives():
    """A centre bias."""
    y, x = (np.indices(SIZE) + 0.5) / np.array(SIZE)[:, None, None]
    return -0.5 * (np.square(x - 0.5) + np.square(y - 0.5)) / 0.25**2


def _candidates(log_density, truth):
    return {
        "density": log_density,
        "kl": kl_map(log_density, truth),
        "cc": cc_map(log_density, truth),
        "sim": sim_map(log_density, truth),
        "ratio": shuffled_auc_map(log_density, _log_negatives()),
    }


BEST = {
    "bits": "density",
    "nss": "density",
    "auc_judd": "density",
    "auc_borji": "density",
    "auc_shuffled": "ratio",
    "cc": "cc",
    "sim": "sim",
    "kl": "kl",
}


def _scores(log_density, num_fixations, seed):
    """Scores all candidates; map -> metric -> `[NUM_DRAWS]`."""
    points = _draw(
        _probabilities(log_density), (NUM_DRAWS, num_fixations), seed
    )
    mask = np.ones(points.shape[:2], bool)
    truth = GroundTruth.of_fixations(points, mask, *SIZE, SIGMA)
    negatives = np.exp(_log_negatives())
    others = np.rint(1e4 * negatives / negatives.sum()).astype(int)
    candidates = _candidates(log_density, _truth(num_fixations))
    return {
        name: exact_scores(maps, truth, others)
        for name, maps in candidates.items()
    }


@pytest.mark.parametrize("num_fixations", COUNTS)
@pytest.mark.parametrize("seed", [0, 3])
def test_no_other_map_scores_better_on_average_than_a_metrics_own(
    num_fixations, seed
):
    scores = _scores(_log_density(seed), num_fixations, seed)
    for metric, own in BEST.items():
        for other in scores.keys() - {own}:
            gain = scores[own][metric] - scores[other][metric]
            gain = -gain if metric == "kl" else gain
            error = gain.std() / np.sqrt(NUM_DRAWS)
            assert gain.mean() > -3 * error, (metric, other)


def test_of_endless_fixations_bits_nss_and_auc_are_best_on_their_own_map():
    # As many fixations in each pixel as the density says.
    counts = 1 + np.rint(5e3 * _probabilities(_log_density())).astype(int)[None]
    log_density = np.log(counts)
    truth = GroundTruth.of_maps(counts, counts.astype(float))
    negatives = np.rint(1e3 * np.exp(_log_negatives())).astype(int)
    scores = {
        name: exact_scores(maps, truth, negatives)
        for name, maps in _candidates(log_density, _truth(6)).items()
    }
    for metric in ("bits", "nss", "auc_borji", "auc_shuffled"):
        own = BEST[metric]
        for other in scores.keys() - {own}:
            assert scores[own][metric] > scores[other][metric], (metric, other)


@pytest.mark.parametrize(
    ("metric", "other", "least"),
    [
        ("sim", "density", 0.03),
        ("sim", "kl", 0.01),
        ("cc", "density", 0.01),
        ("kl", "density", 0.02),
        ("auc_shuffled", "density", 0.005),
    ],
)
def test_the_gain_over_other_maps_is_large(metric, other, least):
    scores = _scores(_log_density(3), 6, 0)
    gain = scores[BEST[metric]][metric].mean() - scores[other][metric].mean()
    assert (-gain if metric == "kl" else gain) > least


def _standardized(maps):
    pixels = maps.reshape(len(maps), -1)
    pixels = pixels - pixels.mean(1, keepdims=True)
    return pixels / pixels.std(1, keepdims=True)


@pytest.mark.parametrize("uniform_share", [0.0, 0.3])
def test_of_one_fixation_the_maps_of_kl_and_cc_are_exact_means(uniform_share):
    log_density = _log_density()
    rows, columns = np.indices(SIZE).reshape(2, -1)
    points = (np.stack([columns, rows], -1)[:, None] + 0.5) / SIZE[::-1]
    mask = np.ones([len(points), 1], bool)
    every = fixation_densities(points, mask, *SIZE, SIGMA, uniform_share)
    weights = _probabilities(log_density).ravel()
    truth = _truth(1, uniform_share)
    found = np.exp(kl_map(log_density, truth))[0]
    np.testing.assert_allclose(
        found, np.tensordot(weights, every, 1), rtol=1e-9, atol=1e-12
    )
    found = np.exp(cc_map(log_density, truth)).ravel()
    mean = weights @ _standardized(every)
    assert np.corrcoef(found, mean)[0, 1] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("num_fixations", COUNTS)
def test_the_maps_of_kl_and_cc_are_means_over_sets_of_fixations(num_fixations):
    log_density = _log_density()
    true_maps = _true_maps(log_density, num_fixations, 0, 0.2)
    truth = _truth(num_fixations, 0.2)
    for found, values in (
        (kl_map(log_density, truth), true_maps.reshape(NUM_DRAWS, -1)),
        (cc_map(log_density, truth), _standardized(true_maps)),
    ):
        correlation = np.corrcoef(np.exp(found).ravel(), values.mean(0))[0, 1]
        half = np.corrcoef(values[::2].mean(0), values[1::2].mean(0))[0, 1]
        # The means of two halves of the draws agree less.
        assert correlation > half > 0.97


def test_of_one_fixation_far_from_the_borders_the_maps_are_the_blur():
    log_density = np.full((1, *SIZE), -np.inf)
    log_density[0, 10, 14] = 0.0
    log_density[0, 12, 18] = np.log(3)
    (blur,) = fixation_densities(
        (np.array([[[14, 10]] + 3 * [[18, 12]]]) + 0.5) / SIZE[::-1],
        np.ones([1, 4], bool),
        *SIZE,
        SIGMA,
    )
    for make in (kl_map, cc_map):
        found = np.exp(make(log_density, _truth(1)))[0]
        np.testing.assert_allclose(found, blur, atol=1e-7)


def _ascend(maps, true_maps, num_steps=300):
    """Maximizes the mean SIM by gradient ascent on logits; returns it."""
    logits = np.log(maps + 1e-6)
    best = 0.0
    for step in range(num_steps):
        soft = np.exp(logits - logits.max())
        soft /= soft.sum()
        best = max(best, _sim(soft, true_maps))
        slope = (soft < true_maps).mean(0)
        # A step of the size of the map itself, which becomes shorter.
        logits += 2.0 / (1 + step / 20) * (slope - (soft * slope).sum())
    return best


def _sim(one, true_maps):
    return np.minimum(one, true_maps).sum((1, 2)).mean()


@pytest.mark.parametrize(
    ("num_fixations", "largest_loss"), [(2, 0.015), (6, 0.008), (20, 0.004)]
)
def test_the_map_of_sim_is_close_to_what_gradient_ascent_finds(
    num_fixations, largest_loss
):
    log_density = _log_density()
    truth = _true_maps(log_density, num_fixations, 0)
    unseen = _true_maps(log_density, num_fixations, 1)
    found = np.exp(sim_map(log_density, _truth(num_fixations)))[0]
    # Ascent on these draws knows them, so it is above the best map of all.
    loss = _ascend(found, truth) - _sim(found, truth)
    assert 0 <= loss < largest_loss
    start = _probabilities(log_density)
    assert _sim(found, unseen) > _sim(start, unseen)


def test_with_very_many_fixations_all_maps_are_the_blurred_density():
    log_density = _log_density()
    truth = _truth(1_000_000)
    blurred = kl_map(log_density, truth)
    np.testing.assert_allclose(
        np.exp(sim_map(log_density, truth)), np.exp(blurred), rtol=0.02
    )
    np.testing.assert_allclose(
        np.exp(cc_map(log_density, truth)), np.exp(blurred), rtol=1e-4
    )


def test_a_uniform_share_of_one_makes_uniform_maps():
    for make in (kl_map, sim_map):
        found = make(_log_density(), _truth(5, 1.0))
        np.testing.assert_allclose(found, -np.log(24 * 32))


@pytest.mark.parametrize("make", [kl_map, cc_map, sim_map])
def test_maps_sum_to_one_and_do_not_depend_on_a_constant_or_the_type(make):
    log_densities = np.concatenate([_log_density(0), _log_density(1)])
    truth = Truth(np.array([3, 9]), SIGMA)
    maps = make(log_densities, truth)
    assert maps.shape == (2, *SIZE) and maps.dtype == np.float64
    np.testing.assert_allclose(np.exp(maps).sum((1, 2)), 1)
    shifted = make(log_densities + [[[-1e4]], [[1e4]]], truth)
    np.testing.assert_allclose(np.exp(shifted), np.exp(maps), atol=1e-9)
    single = make(log_densities.astype(np.float32), truth)
    np.testing.assert_allclose(np.exp(single), np.exp(maps), rtol=1e-4)


def test_one_density_serves_many_metrics_and_numbers_of_fixations():
    truth = Truth(np.array([5, 2, 5]), SIGMA)
    together = maps_of_blurs(["sim", "kl", "cc"], _log_density(), truth)
    for name, make in {"kl": kl_map, "cc": cc_map, "sim": sim_map}.items():
        alone = [make(_log_density(), _truth(number))[0] for number in (5, 2)]
        np.testing.assert_array_equal(together[name], [*alone, alone[0]])


def test_the_map_of_kl_is_positive_where_the_blur_is_too_small_for_a_float():
    y, x = np.indices(SIZE)
    log_density = -1e3 * (np.square(y - 5.0) + np.square(x - 5.0))[None]
    found = kl_map(log_density, _truth(1))
    assert np.isfinite(found).all()
    assert (np.diff(found[0, 5, 12:]) < 0).all()


def test_the_gaussians_may_be_wider_than_the_frame():
    truth = Truth(np.array([4]), 1e4)
    for make in (kl_map, cc_map, sim_map):
        found = np.exp(make(_log_density(), truth))
        assert found.sum() == pytest.approx(1) and np.ptp(found) < 1e-3


def test_ordered_maps_keep_order_and_ties_and_spread_over_the_roc_curve():
    log_density = _log_density()
    log_density[0, :4] = -50.0
    found = np.exp(ordered_map(log_density))
    values, ordered = log_density.ravel(), found.ravel()
    order = np.argsort(values)
    assert (np.diff(ordered[order]) >= 0).all()
    np.testing.assert_array_equal(
        np.diff(ordered[order]) > 0, np.diff(values[order]) > 0
    )
    assert ordered.max() == pytest.approx(1)
    middle = ordered[order[len(order) // 2]]
    is_below = values <= values[order[len(order) // 2]]
    density = _probabilities(log_density).ravel()
    expected = (is_below.mean() + density[is_below].sum()) / 2
    assert middle == pytest.approx(expected)
    ratio = shuffled_auc_map(_log_density(1), _log_negatives())
    of_ratio = ordered_map(_log_density(1), _log_negatives())
    assert (
        np.argsort(ratio, axis=None) == np.argsort(of_ratio, axis=None)
    ).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sigma": 0.0}, "Invalid `sigma`"),
        ({"uniform_share": 1.5}, "Invalid `uniform_share`"),
        ({"num_fixations": np.array([0])}, "Invalid `num_fixations`"),
        ({"num_fixations": np.array([1.5])}, "Invalid `num_fixations`"),
    ],
)
def test_an_impossible_truth_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Truth(**{"num_fixations": np.array([2]), "sigma": 1.0, **changes})


def test_densities_that_do_not_fit_are_refused():
    three = np.concatenate(3 * [_log_density()])
    with pytest.raises(ValueError, match="Invalid `log_densities`.*n=2"):
        kl_map(three, Truth(np.array([2, 2]), 1.0))
    nowhere = np.full((1, *SIZE), -np.inf)
    with pytest.raises(ValueError, match="Invalid log-densities"):
        sim_map(nowhere, _truth(2))
    with pytest.raises(ValueError, match="Invalid `log_negatives`"):
        shuffled_auc_map(three, np.full(SIZE, -np.inf))
    with pytest.raises(ValueError, match="Invalid `log_negatives`"):
        ordered_map(three, np.zeros([3, 3]))
