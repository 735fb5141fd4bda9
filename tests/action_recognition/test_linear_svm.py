"""Linear SVMs: the grid of C, the choice, the fold of a PCA, the file."""

import pickle
import zipfile

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from rmdn_tf.action_recognition import linear_svm, squared_hinge
from rmdn_tf.action_recognition.linear_svm import (
    C_GRID,
    LinearClassifier,
    SvmTraining,
    load_classifier,
    save_classifier,
)


def made_task(num_videos=60, num_features=8, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    truth = np.eye(3, dtype=bool)[np.arange(num_videos) % 3]
    centres = rng.normal(size=[3, num_features])
    noisy = centres[truth.argmax(1)]
    noisy = noisy + noise * rng.normal(size=noisy.shape)
    rows = np.arange(num_videos)
    return noisy.astype(np.float32), truth, rows[:45], rows[45:]


def test_the_grid_is_the_papers():
    assert len(C_GRID) == 25
    np.testing.assert_allclose(C_GRID[0], 1e-9)
    np.testing.assert_allclose(C_GRID[-1], 1e3)
    ratios = np.divide(C_GRID[1:], C_GRID[:-1])
    np.testing.assert_allclose(ratios, 10**0.5)


def test_c_is_chosen_held_out_and_all_videos_are_trained_on():
    descriptors, truth, train, held_out = made_task()
    fitted = SvmTraining(("a", "b", "c"), False).choose_and_fit(
        descriptors, truth, train, held_out
    )
    classes = truth.argmax(1)
    centred = descriptors - descriptors[train].mean(0, dtype=float)
    scores = []
    for c in C_GRID:
        svm = LinearSVC(C=c, dual="auto", max_iter=10_000, random_state=0)
        svm.fit(centred[train], classes[train])
        scores.append(svm.score(centred[held_out], classes[held_out]))
    # One against the rest is what scikit-learn does with several classes.
    np.testing.assert_allclose(fitted.held_out_scores, scores)
    best = np.flatnonzero(scores == np.max(scores))
    assert fitted.c == C_GRID[best[len(best) // 2]]
    svm = LinearSVC(C=fitted.c, dual="auto", max_iter=10_000, random_state=0)
    centred = descriptors - descriptors.mean(0, dtype=float)
    svm.fit(centred, classes)
    np.testing.assert_allclose(
        fitted.classifier.scores(descriptors),
        svm.decision_function(centred),
        rtol=1e-3,
        atol=1e-6,
    )


def test_several_classes_a_video_are_learned_one_by_one():
    rng = np.random.default_rng(0)
    descriptors = rng.normal(size=[80, 5]).astype(np.float32)
    truth = descriptors[:, :3] > 0  # Of none, of some or of all.
    fitted = SvmTraining(("a", "b", "c"), True).choose_and_fit(
        descriptors, truth, np.arange(64), np.arange(64, 80)
    )
    assert max(fitted.held_out_scores) > 0.9
    scores = fitted.classifier.scores(descriptors)
    assert np.mean((scores > 0) == truth) > 0.9


def test_a_shift_of_the_descriptors_changes_nothing():
    descriptors, truth, train, held_out = made_task()
    training = SvmTraining(("a", "b", "c"), False)
    before = training.choose_and_fit(descriptors, truth, train, held_out)
    shifted = descriptors + 100 * np.arange(8)
    after = training.choose_and_fit(shifted, truth, train, held_out)
    assert before.held_out_scores == after.held_out_scores
    np.testing.assert_allclose(
        before.classifier.scores(descriptors),
        after.classifier.scores(shifted),
        rtol=1e-3,
        atol=1e-5,  # float32 descriptors.
    )


def test_a_pca_is_folded_into_the_weights():
    descriptors, truth, train, held_out = made_task(num_features=12)
    fitted = SvmTraining(("a", "b", "c"), False, 4).choose_and_fit(
        descriptors, truth, train, held_out
    )
    weights = fitted.classifier.weights
    assert weights.shape == (12, 3)
    # They lie in the space of the four components.
    centred = descriptors - descriptors.mean(0)
    _, _, axes = np.linalg.svd(centred.astype(np.float64))
    np.testing.assert_allclose(axes[4:] @ weights, 0, atol=1e-6)
    assert not np.allclose(axes[:4] @ weights, 0)


def test_of_equal_scores_the_middle_c_is_taken(monkeypatch):
    monkeypatch.setattr(linear_svm, "score", lambda *_: 0.5)
    fitted = SvmTraining(("a", "b", "c"), False).choose_and_fit(*made_task())
    assert fitted.c == C_GRID[12]


def test_fits_that_do_not_converge_are_counted(monkeypatch):
    monkeypatch.setattr(squared_hinge, "MAX_STEPS", 1)
    task = made_task(num_features=100, noise=5.0)
    fitted = SvmTraining(("a", "b", "c"), False).choose_and_fit(*task)
    assert fitted.num_not_converged > 0


def test_a_class_without_a_training_video_is_an_error():
    descriptors, truth, train, held_out = made_task()
    truth[train, 1] = False
    with pytest.raises(ValueError, match="Cannot learn the class 'b'"):
        SvmTraining(("a", "b", "c"), True).choose_and_fit(
            descriptors, truth, train, held_out
        )


def test_held_out_videos_of_no_class_are_an_error():
    descriptors, truth, train, held_out = made_task()
    truth[held_out] = False
    with pytest.raises(ValueError, match="Cannot choose C"):
        SvmTraining(("a", "b", "c"), True).choose_and_fit(
            descriptors, truth, train, held_out
        )


def test_a_classifier_is_saved_as_plain_arrays(tmp_path):
    classifier = LinearClassifier(
        ("Kiss", "Götterspeise"), np.random.rand(5, 2), np.array([0.5, -1])
    )
    path = tmp_path / "classifier.npz"
    save_classifier(path, classifier)
    loaded = load_classifier(path)
    assert loaded.classes == classifier.classes
    descriptors = np.random.rand(3, 5).astype(np.float32)
    np.testing.assert_array_equal(
        loaded.scores(descriptors), classifier.scores(descriptors)
    )
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == [
            "bias.npy",
            "classes.npy",
            "weights.npy",
        ]


def test_a_pickle_is_refused_and_not_run(tmp_path):
    path = tmp_path / "classifier.npz"
    np.savez(
        path,
        classes=np.array([{"code": 1}], object),
        weights=np.ones([1, 1]),
        bias=np.ones(1),
    )
    with pytest.raises(ValueError, match=r"Invalid file '.*npz'"):
        load_classifier(path)
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(ValueError, match=r"Invalid file '.*npz'"):
        load_classifier(path)


def test_arrays_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "classifier.npz"
    save_classifier(
        path, LinearClassifier(("a", "b"), np.ones([4, 3]), np.ones(3))
    )
    with pytest.raises(ValueError, match="of 2 classes"):
        load_classifier(path)
