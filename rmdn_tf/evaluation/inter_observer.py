"""How well people predict where people look: observers against each other."""

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from rmdn_tf.data.annotations import Gaze, Video
from rmdn_tf.evaluation.predictors import Frames, Predictor, Size, Trial
from rmdn_tf.metrics.true_density import fixation_densities

MAX_FRAMES = 400
"""Frames that the blur is chosen on; more change little."""


class Blur:
    """Turns fixations of some observers into a density for the others.

    A Gaussian around each fixation, and a uniform share. Of a frame without a
    fixation nothing is known: uniform.

    Args:
        sigma: standard deviation of the Gaussian, as a share of the width.
        uniform_share: in (0, 1).
    """

    def __init__(self, sigma: float, uniform_share: float):
        self.sigma = sigma
        self.uniform_share = uniform_share

    def log_densities(
        self, points: np.ndarray, mask: np.ndarray, size: Size
    ) -> np.ndarray:
        """Returns log-densities, float64 `[n, H, W]`, nats.

        Args:
            points: float `[n, N, 2]`, (x, y) in [0, 1].
            mask: bool `[n, N]`, which of them count.
            size: of the maps.
        """
        densities = fixation_densities(
            points, mask, *size, self.sigma * size[1], self.uniform_share
        )
        densities[~mask.any(-1)] = 1 / np.prod(size)
        return np.log(densities)


class Halves(Predictor):
    """One half of the observers, drawn at random, against the other half.

    Each half predicts the other; the halves are those of the whole video. The
    density is made of half of the observers only, so it is a lower bound of
    what people know of each other. A frame on which one half did not look has
    no score: nothing was predicted there.

    Args:
        blur: the `Blur`, chosen on other videos.
        num_splits: random halves that scores are averaged over.
        seed: of the draws.
    """

    def __init__(self, blur: Blur, num_splits: int = 3, seed: int = 0):
        self._blur = blur
        self._num_splits = num_splits
        self._seed = seed

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        gaze = frames.gaze
        for number in range(self._num_splits):
            half = random_half(frames.video, self._seed + number)
            known = gaze.mask & np.isin(gaze.observers, half)
            for mask in (known, gaze.mask & ~known):
                yield _trial(self._blur, gaze, mask, size)


class LeaveOneOut(Predictor):
    """All other observers against each one in turn.

    A frame on which one observer alone looked has no score.

    Args:
        blur: the `Blur`, chosen on other videos.
    """

    def __init__(self, blur: Blur):
        self._blur = blur

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        gaze = frames.gaze
        for observer in np.unique(gaze.observers[gaze.mask]):
            others = gaze.mask & (gaze.observers != observer)
            yield _trial(self._blur, gaze, others, size)


class PreviousFrame(Predictor):
    """All observers in the frame before; uniform in the first frame.

    It has seen the very people that it predicts, a moment ago.

    Args:
        blur: the `Blur`, chosen on other videos.
    """

    def __init__(self, blur: Blur):
        self._blur = blur

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        before = frames.video.gaze_on(frames.numbers - 1)
        return self._blur.log_densities(before.points, before.mask, size)


def _trial(blur: Blur, gaze: Gaze, known: np.ndarray, size: Size) -> Trial:
    """Holds some of the gaze, bool `[n, N]`, against the rest of it."""
    log_maps = blur.log_densities(gaze.points, known, size)
    held = gaze.mask & ~known & known.any(-1, keepdims=True)
    return Trial(log_maps, held)


def random_half(video: Video, seed: int) -> np.ndarray:
    """Draws half of a video's observers; of an odd number the smaller half."""
    observers = np.unique(video.fixations.observer)
    name = zlib.crc32(video.video_id.encode())
    return np.random.default_rng([seed, name]).permutation(observers)[
        : len(observers) // 2
    ]


def choose_blur(
    videos: Sequence[Video],
    size: Size,
    sigmas: Sequence[float],
    uniform_shares: Sequence[float],
    seed: int = 0,
) -> Blur:
    """Chooses the blur with which half of the observers tell most of the rest.

    By the likelihood of one half's fixations under the density of the other's,
    on frames drawn from the videos: no model takes part in it.

    Args:
        videos: not those to be scored: of the validation split.
        size: of the maps.
        sigmas: to choose from, as shares of the width.
        uniform_shares: to choose from, in (0, 1).
        seed: of the draws.

    Returns:
        The `Blur`.

    Raises:
        ValueError: no frame was seen by two observers.
    """
    cases = list(_halved_frames(videos, seed))
    if not cases:
        raise ValueError(
            "Invalid `videos`. Expected fixations of two observers or more on "
            f"a frame, to choose a blur. Received: {len(videos)} videos "
            "without."
        )
    scores = {
        (sigma, share): np.mean(
            [
                _log_likelihood(Blur(sigma, share), gaze, known, size)
                for gaze, known in cases
            ]
        )
        for sigma in sigmas
        for share in uniform_shares
    }
    return Blur(*max(scores, key=scores.get))


def _halved_frames(
    videos: Sequence[Video], seed: int
) -> Iterator[tuple[Gaze, np.ndarray]]:
    """Yields the gaze on drawn frames, and which of it is one half's."""
    generator = np.random.default_rng(seed)
    for video in videos:
        seen = np.unique(video.fixations.frame)
        number = min(len(seen), -(-MAX_FRAMES // len(videos)))
        frames = np.sort(generator.choice(seen, number, replace=False))
        gaze = video.gaze_on(frames)
        known = gaze.mask & np.isin(gaze.observers, random_half(video, seed))
        both = known.any(-1) & (gaze.mask & ~known).any(-1)
        if both.any():
            yield (
                Gaze(gaze.points[both], gaze.mask[both], gaze.observers[both]),
                known[both],
            )


def _log_likelihood(
    blur: Blur, gaze: Gaze, known: np.ndarray, size: Size
) -> float:
    """Mean log-density at the other half's fixations, nats."""
    log_maps = blur.log_densities(gaze.points, known, size)
    frame, place = np.nonzero(gaze.mask & ~known)
    height, width = size
    column, row = np.minimum(
        (gaze.points[frame, place] * (width, height)).astype(int),
        (width - 1, height - 1),
    ).T
    return log_maps[frame, row, column].mean()
