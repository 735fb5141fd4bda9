"""Linear SVMs, one for each class: descriptors -> scores of actions.

As in the paper, held-out videos choose C; then all videos train.
"""

import dataclasses
import os
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import linalg
from scipy.linalg import blas
from tqdm import tqdm

from rmdn_tf.action_recognition.squared_hinge import minimise_all
from rmdn_tf.files.arrays import read_arrays, write_arrays
from rmdn_tf.metrics.classification import score

# The paper's values: 1e-9 to 1e3, each sqrt(10) times the one before.
C_GRID = tuple(float(10**exponent) for exponent in np.arange(-9, 3.25, 0.5))

# Descriptors, or their numbers, that are in float64 at once.
AT_ONCE = 1024


@dataclasses.dataclass(frozen=True)
class LinearClassifier:
    """Scores actions with weights float64 `[F, A]` and bias float64 `[A]`."""

    classes: tuple[str, ...]
    weights: np.ndarray
    bias: np.ndarray

    def scores(self, descriptors: np.ndarray) -> np.ndarray:
        """Scores descriptors `[V, F]`: float64 `[V, A]`, 0 is the border."""
        return times(descriptors, self.weights) + self.bias


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A classifier, its C, and the held-out score of every C of `C_GRID`.

    `num_not_converged` counts the fits that may be further than `TOLERANCE` of
    `squared_hinge` from their minimum.
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
    ):
        self._classes = classes
        self._multi_label = multi_label
        self._num_components = num_components
        self._num_not_converged = 0

    def choose_and_fit(
        self,
        descriptors: np.ndarray,
        truth: np.ndarray,
        train: np.ndarray,
        held_out: np.ndarray,
    ) -> Fitted:
        """Chooses C on the held-out videos and trains on these and the others.

        Takes the middle one of several equally good C. (The paper does not say
        which.)

        Args:
            descriptors: float `[V, F]`, of the whole dataset.
            truth: bool `[V, A]`, the classes of each video.
            train: rows of the videos that train for each C, int.
            held_out: rows of the videos that choose C, int.
        """
        self._num_not_converged = 0
        unseen, unseen_truth = descriptors[held_out], truth[held_out]
        held_out_scores = [
            score(one.scores(unseen), unseen_truth, self._multi_label)
            for one in self._fit(descriptors, truth, train, C_GRID)
        ]
        if np.isnan(held_out_scores).all():
            raise ValueError(
                "Cannot choose C. Expected a video with a class among the "
                f"{len(held_out)} held-out videos."
            )
        best = np.flatnonzero(held_out_scores == np.nanmax(held_out_scores))
        c = C_GRID[best[len(best) // 2]]
        known = np.concatenate([train, held_out])
        (classifier,) = self._fit(descriptors, truth, known, [c])
        return Fitted(
            classifier, c, tuple(held_out_scores), self._num_not_converged
        )

    def _fit(
        self,
        descriptors: np.ndarray,
        truth: np.ndarray,
        rows: np.ndarray,
        cs: Sequence[float],
    ) -> Iterator[LinearClassifier]:
        truth = truth[rows]
        for name, number in zip(self._classes, truth.sum(0), strict=True):
            if number in (0, len(rows)):
                raise ValueError(
                    f"Cannot learn the class '{name}'. Expected training "
                    f"videos with it and without it. Received: {number} of "
                    f"{len(rows)} videos with it."
                )
        span = Span(descriptors, rows, self._num_components)
        minima = minimise_all(span.points, np.where(truth, 1.0, -1.0), cs)
        for weights, converged in tqdm(
            minima, "values of C", len(cs), leave=False, disable=None
        ):
            self._num_not_converged += int((~converged).sum())
            yield LinearClassifier(self._classes, *span.unfold(weights))


class Span:
    """Coordinates of videos in the directions in which they differ.

    They are centred, because the SVM regularises the bias like the weights:
    without that, a small C would keep the bias from following the mean.

    Attributes:
        points: float64 `[V, 1 + R]`: 1 for the bias, and coordinates along the
            R principal directions, the longest first; R is at most V and F.
    """

    def __init__(
        self,
        descriptors: np.ndarray,
        rows: np.ndarray,
        num_components: int | None,
    ):
        self._descriptors, self._rows = descriptors, rows
        self._mean = self._find_mean()
        # Of the sums of products, the smaller ones: of videos or of numbers.
        self._is_wide = len(rows) < len(self._mean)
        squares, axes = linalg.eigh(
            self._sum_products(), lower=False, overwrite_a=True, driver="evd"
        )
        least = len(squares) * np.finfo(float).eps * squares[-1]
        number = (squares > max(least, 0)).sum()
        number = min(number, num_components or number)
        last = slice(len(squares) - number, None)
        lengths = np.sqrt(squares[last])[::-1]
        # Not a view that runs backwards, which BLAS does not take.
        axes = np.ascontiguousarray(axes[:, last][:, ::-1])
        if self._is_wide:
            self._axes = axes / lengths
            coordinates = axes * lengths
        else:
            self._axes = axes
            coordinates = self._along(axes)
        self.points = np.c_[np.ones(len(rows)), coordinates]

    def unfold(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns weights `[F, A]` and bias `[A]` for descriptors."""
        bias, unfolded = weights[0], self._axes @ weights[1:]
        if self._is_wide:
            unfolded = sum(
                self._centred(part).T @ unfolded[part]
                for part in _parts(len(self._rows))
            )
        return unfolded, bias - self._mean @ unfolded

    def _find_mean(self) -> np.ndarray:
        total = sum(
            self._descriptors[self._rows[part]].sum(0, dtype=np.float64)
            for part in _parts(len(self._rows))
        )
        return total / len(self._rows)

    def _centred(self, part: slice) -> np.ndarray:
        """Returns some of the videos, centred, in float64."""
        return self._descriptors[self._rows[part]] - self._mean

    def _along(self, axes: np.ndarray) -> np.ndarray:
        along = [self._centred(part) @ axes for part in _parts(len(self._rows))]
        return np.concatenate(along)

    def _sum_products(self) -> np.ndarray:
        """Returns the upper triangle of X X' or of X' X, in float64."""
        total = np.zeros([min(len(self._rows), len(self._mean))] * 2, order="F")
        if self._is_wide:
            for part in _parts(len(self._mean)):
                columns = self._descriptors[:, part][self._rows]
                columns = columns - self._mean[part]
                total = blas.dsyrk(
                    1, columns.T, 1, total, trans=1, overwrite_c=1
                )
        else:
            for part in _parts(len(self._rows)):
                columns = self._centred(part).T
                total = blas.dsyrk(1, columns, 1, total, overwrite_c=1)
        return total


def times(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Multiplies in float64; copies only some of the rows to it at once."""
    product = np.empty([len(rows), columns.shape[1]])
    for part in _parts(len(rows)):
        product[part] = rows[part].astype(np.float64) @ columns
    return product


def _parts(number: int) -> Iterator[slice]:
    return (slice(at, at + AT_ONCE) for at in range(0, number, AT_ONCE))


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
