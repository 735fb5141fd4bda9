"""Linear SVMs, one for each class: descriptors -> scores of actions.

As in the paper, held-out videos choose C; then all videos train.
"""

import dataclasses
import os
import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC
from tqdm import tqdm

from rmdn_tf.files.arrays import read_arrays, write_arrays
from rmdn_tf.metrics.classification import score

# The paper's values: 1e-9 to 1e3, each sqrt(10) times the one before.
C_GRID = tuple(float(10**exponent) for exponent in np.arange(-9, 3.25, 0.5))

MAX_ITERATIONS = 10_000


@dataclasses.dataclass(frozen=True)
class LinearClassifier:
    """Scores actions with weights float64 `[F, A]` and bias float64 `[A]`."""

    classes: tuple[str, ...]
    weights: np.ndarray
    bias: np.ndarray

    def scores(self, descriptors: np.ndarray) -> np.ndarray:
        """Scores descriptors `[V, F]`: float64 `[V, A]`, 0 is the border."""
        return descriptors @ self.weights + self.bias


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A classifier, its C, and the held-out score of every C of `C_GRID`.

    `num_not_converged` counts the fits that stopped at `MAX_ITERATIONS`.
    """

    classifier: LinearClassifier
    c: float
    held_out_scores: tuple[float, ...]
    num_not_converged: int


class SvmTraining:
    """Trains linear SVMs with squared hinge loss, one against the rest.

    Args:
        multi_label: whether a video may have several classes, or no class. If
            so, the mean average precision chooses C, otherwise the accuracy.
        num_components: dimensions of a PCA before the SVM, at most the number
            of training videos. None for no PCA.
    """

    def __init__(
        self,
        classes: tuple[str, ...],
        multi_label: bool,
        num_components: int | None = None,
        seed: int = 0,
    ):
        self._classes = classes
        self._multi_label = multi_label
        self._num_components = num_components
        self._seed = seed
        self._num_not_converged = 0

    def choose_and_fit(
        self,
        descriptors: np.ndarray,
        truth: np.ndarray,
        is_held_out: np.ndarray,
    ) -> Fitted:
        """Chooses C on the held-out videos and trains on all videos.

        Takes the middle one of several equally good C. (The paper does not say
        which.)

        Args:
            descriptors: float `[V, F]`.
            truth: bool `[V, A]`, the classes of each video.
            is_held_out: bool `[V]`.
        """
        self._num_not_converged = 0
        held_out_scores = self._score_grid(descriptors, truth, is_held_out)
        best = np.flatnonzero(held_out_scores == np.nanmax(held_out_scores))
        c = C_GRID[best[len(best) // 2]]
        reduced = self._reduce(descriptors)
        weights, bias = self._fit(reduced.transform(descriptors), truth, c)
        return Fitted(
            LinearClassifier(self._classes, *reduced.unfold(weights, bias)),
            c,
            tuple(held_out_scores),
            self._num_not_converged,
        )

    def _score_grid(self, descriptors, truth, is_held_out) -> list[float]:
        """Scores every C on the held-out videos; at least one is not NaN."""
        train = ~is_held_out
        reduced = self._reduce(descriptors[train])
        known = reduced.transform(descriptors[train])
        unknown = reduced.transform(descriptors[is_held_out])
        held_out_scores = []
        for c in tqdm(C_GRID, "values of C", leave=False, disable=None):
            weights, bias = self._fit(known, truth[train], c)
            predicted = unknown @ weights + bias
            held_out_scores.append(
                score(predicted, truth[is_held_out], self._multi_label)
            )
        if np.isnan(held_out_scores).all():
            raise ValueError(
                "Cannot choose C. Expected a video with a class among the "
                f"{is_held_out.sum()} held-out videos."
            )
        return held_out_scores

    def _reduce(self, descriptors: np.ndarray) -> "_Reduction":
        return _Reduction(descriptors, self._num_components, self._seed)

    def _fit(
        self, descriptors: np.ndarray, truth: np.ndarray, c: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns weights `[F, A]` and bias `[A]`."""
        fitted = [
            self._fit_one(descriptors, truth[:, index], c, name)
            for index, name in enumerate(self._classes)
        ]
        weights, bias = zip(*fitted, strict=True)
        return np.stack(weights, 1), np.array(bias)

    def _fit_one(
        self, descriptors: np.ndarray, is_class: np.ndarray, c: float, name: str
    ) -> tuple[np.ndarray, float]:
        if is_class.all() or not is_class.any():
            raise ValueError(
                f"Cannot learn the class '{name}'. Expected training videos "
                f"with it and without it. Received: {is_class.sum()} of "
                f"{len(is_class)} videos with it."
            )
        svm = LinearSVC(
            C=c,
            dual="auto",
            max_iter=MAX_ITERATIONS,
            random_state=self._seed,
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            svm.fit(descriptors, is_class)
        self._num_not_converged += any(
            issubclass(one.category, ConvergenceWarning) for one in caught
        )
        return svm.coef_[0], float(svm.intercept_[0])


class _Reduction:
    """Centres descriptors, and reduces them by a PCA if wanted.

    liblinear regularises the bias like the weights. Without centring, a small C
    would keep the bias from following the mean.
    """

    def __init__(
        self, descriptors: np.ndarray, num_components: int | None, seed: int
    ):
        self._mean = descriptors.mean(0, dtype=np.float64)
        self._axes = None
        if num_components is not None:
            number = min(num_components, *descriptors.shape)
            pca = PCA(number, random_state=seed).fit(descriptors - self._mean)
            self._axes = pca.components_.T

    def transform(self, descriptors: np.ndarray) -> np.ndarray:
        centred = descriptors - self._mean
        return centred if self._axes is None else centred @ self._axes

    def unfold(
        self, weights: np.ndarray, bias: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns weights and bias for descriptors that are not reduced."""
        if self._axes is not None:
            weights = self._axes @ weights
        return weights, bias - self._mean @ weights


def save_classifier(
    path: str | os.PathLike, classifier: LinearClassifier
) -> None:
    write_arrays(
        path,
        classes=np.array(classifier.classes),
        weights=classifier.weights,
        bias=classifier.bias,
    )


def load_classifier(path: str | os.PathLike) -> LinearClassifier:
    """Reads a classifier of `save_classifier`; runs no code."""
    arrays = read_arrays(path)
    try:
        classes = tuple(str(name) for name in arrays["classes"])
        weights, bias = arrays["weights"], arrays["bias"]
    except KeyError as error:
        raise ValueError(
            f"Invalid classifier '{path}'. Expected the array {error}."
        ) from error
    fits = weights.ndim == 2 and weights.shape[1:] == bias.shape
    if not fits or len(classes) != len(bias):
        raise ValueError(
            f"Invalid classifier '{path}'. Expected weights [F, A] and bias "
            f"[A] of {len(classes)} classes. Received: {weights.shape}, "
            f"{bias.shape}."
        )
    return LinearClassifier(classes, weights, bias)
