"""The SVMs of all classes at once: those of LinearSVC, one by one."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.svm import LinearSVC

from rmdn_tf.action_recognition import squared_hinge
from rmdn_tf.action_recognition.linear_svm import C_GRID, Span
from rmdn_tf.action_recognition.squared_hinge import minimise_all

pytestmark = pytest.mark.slow

MOST_STEPS = 5000  # Of LinearSVC, which does not always converge.


def normal(num_videos, num_features, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=[num_videos, num_features]).astype(np.float32)


def signs_of(num_videos, num_positive=(10, 15, 20), seed=0):
    """Some classes with so many videos each, which overlap."""
    rng = np.random.default_rng(seed)
    orders = rng.random([num_videos, len(num_positive)]).argsort(0)
    return np.where(orders < num_positive, 1.0, -1.0)


# Name -> descriptors and signs.
CASES = {
    "fewer numbers than videos": (normal(60, 8), signs_of(60)),
    "more numbers than videos": (normal(40, 90), signs_of(40)),
    "a ReLU's numbers": (np.maximum(normal(50, 30) - 1, 0), signs_of(50)),
    "one video of a class": (normal(60, 8), signs_of(60, (1, 1, 59))),
    "duplicates in two classes": (np.tile(normal(15, 6), [4, 1]), signs_of(60)),
    "constant numbers": (
        np.c_[normal(60, 5), np.zeros(60), np.full(60, 7)].astype(np.float32),
        signs_of(60),
    ),
    "constant numbers alone": (np.ones([60, 3], np.float32), signs_of(60)),
    "collinear numbers": (normal(60, 3) @ normal(3, 12, 1), signs_of(60)),
    "videos on a plane": (normal(40, 3) @ normal(3, 90, 1), signs_of(40)),
    "numbers far from 0": (normal(60, 8) + np.float32(1e4), signs_of(60)),
    "huge numbers": (1000 * normal(60, 8), signs_of(60)),
    "huge and many numbers": (1000 * normal(40, 90), signs_of(40)),
    "tiny numbers": (1e-4 * normal(60, 8), signs_of(60)),
    "numbers of many scales": (
        normal(60, 8) * np.logspace(-3, 3, 8, dtype=np.float32),
        signs_of(60),
    ),
}


def values_of(descriptors, signs, weights, bias, c):
    """Computes the objective of each class, in float64: `[A]`."""
    short = np.maximum(0, 1 - signs * (descriptors @ weights + bias))
    return (weights**2).sum(0) / 2 + bias**2 / 2 + c * (short**2).sum(0)


def fit_linear_svc(descriptors, signs, c):
    """Returns weights, bias and whether LinearSVC converged, for each class."""
    svms = []
    for of_class in signs.T:
        svm = LinearSVC(
            C=c, dual="auto", tol=1e-8, max_iter=MOST_STEPS, random_state=0
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            svms.append(svm.fit(descriptors, of_class))
    return (
        np.stack([svm.coef_[0] for svm in svms], 1),
        np.array([svm.intercept_[0] for svm in svms]),
        np.array([svm.n_iter_ < MOST_STEPS for svm in svms]),
    )


@pytest.mark.parametrize("num_leading", [128, 3])
@pytest.mark.parametrize("case", CASES)
def test_objectives_and_predictions_are_those_of_linear_svc(
    case, num_leading, monkeypatch
):
    monkeypatch.setattr(squared_hinge, "NUM_LEADING", num_leading)
    descriptors, signs = CASES[case]
    centred = descriptors - descriptors.mean(0, dtype=np.float64)
    fresh = np.concatenate([centred, centred[::-1] * 0.9 + centred * 0.3])
    span = Span(descriptors, np.arange(len(descriptors)), None)
    minima = minimise_all(span.points, signs, C_GRID)
    num_compared = 0
    for c, (weights, converged) in zip(C_GRID, minima, strict=True):
        assert converged.all()
        bias, (weights, _) = weights[0], span.unfold(weights)
        ours = values_of(centred, signs, weights, bias, c)
        known, known_bias, is_known = fit_linear_svc(centred, signs, c)
        theirs = values_of(centred, signs, known, known_bias, c)
        assert (ours <= theirs * (1 + 1e-6)).all()
        np.testing.assert_allclose(ours[is_known], theirs[is_known], rtol=1e-4)
        scores = fresh @ weights + bias
        differences = abs(scores - fresh @ known - known_bias)[:, is_known]
        lengths = np.linalg.norm(np.c_[fresh, np.ones(len(fresh))], axis=1)
        norms = np.linalg.norm(np.r_[weights, [bias]], axis=0)[is_known]
        assert (differences <= 3e-3 * np.outer(lengths, norms)).all()
        num_compared += is_known.sum()
    assert num_compared > 40


@pytest.mark.parametrize("shape", [(60, 12), (40, 90)])
def test_principal_components_are_those_of_scikit_learn(shape):
    descriptors, signs = normal(*shape), signs_of(shape[0])
    rows = np.arange(shape[0])
    span = Span(descriptors, rows, 4)
    reduced = PCA(4, svd_solver="full").fit_transform(descriptors)
    for c, (weights, _) in zip(
        C_GRID, minimise_all(span.points, signs, C_GRID), strict=True
    ):
        known, known_bias, _ = fit_linear_svc(reduced, signs, c)
        unfolded, bias = span.unfold(weights)
        np.testing.assert_allclose(
            descriptors @ unfolded + bias,
            reduced @ known + known_bias,
            rtol=2e-3,
            atol=2e-3 * np.abs(weights).max(),
        )


@settings(max_examples=200, deadline=None)
@given(
    num_videos=st.integers(2, 40),
    num_features=st.integers(1, 60),
    scale=st.floats(-3, 3),
    c=st.sampled_from(C_GRID),
    num_leading=st.integers(1, 8),
    seed=st.integers(0, 2**32 - 1),
)
def test_no_dual_problem_promises_less(
    num_videos, num_features, scale, c, num_leading, seed
):
    """From C on its own: the minimum is known from below, by duality."""
    rng = np.random.default_rng(seed)
    descriptors = 10**scale * rng.normal(size=[num_videos, num_features])
    signs = rng.choice([-1.0, 1.0], [num_videos, 3])
    span = Span(descriptors, np.arange(num_videos), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(squared_hinge, "NUM_LEADING", num_leading)
        ((weights, converged),) = minimise_all(span.points, signs, [c])
    bias, (weights, _) = weights[0], span.unfold(weights)
    centred = descriptors - descriptors.mean(0)
    value = values_of(centred, signs, weights, bias, c)
    short = np.maximum(0, 1 - signs * (centred @ weights + bias))
    dual = 2 * c * short
    joined = np.c_[centred, np.ones(num_videos)].T @ (signs * dual)
    bound = dual.sum(0) - (joined**2).sum(0) / 2
    bound -= (dual**2).sum(0) / (4 * c)
    assert converged.all()
    assert (value - bound <= 2e-6 * value).all()


def test_the_order_of_the_values_of_c_changes_nothing():
    points = np.linalg.qr(normal(40, 12).astype(np.float64))[0]
    signs = signs_of(40)
    rising = list(minimise_all(points, signs, C_GRID))
    falling = list(minimise_all(points, signs, C_GRID[::-1]))[::-1]
    for one, other in zip(rising, falling, strict=True):
        length = np.linalg.norm(one.weights, axis=0)
        apart = np.linalg.norm(one.weights - other.weights, axis=0)
        assert (apart <= 2 * squared_hinge.GRADIENT * length).all()


def test_a_fit_that_is_stopped_has_not_converged(monkeypatch):
    monkeypatch.setattr(squared_hinge, "MAX_STEPS", 1)
    span = Span(normal(60, 8), np.arange(60), None)
    for c, is_converged in ((C_GRID[0], True), (C_GRID[-1], False)):
        ((_, converged),) = minimise_all(span.points, signs_of(60), [c])
        assert converged.all() == is_converged
