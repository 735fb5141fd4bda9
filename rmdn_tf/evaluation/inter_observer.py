"""Inter-observer predictors: some people predict where others look."""

import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np

from rmdn_tf.data.annotations import Gaze, Video
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Predictor, Size, Trial
from rmdn_tf.metrics.fixation_maps import fixated_pixels
from rmdn_tf.metrics.true_density import fixation_densities

# The blur is chosen on so many frames; more change little.
MAX_FRAMES = 400


class Blur:
    """Turns fixations of some observers into a density for the others.

    A frame without fixations gets the uniform density. `sigma` is a share of
    the width, `uniform_share` is in (0, 1).

    `origin` says how both were chosen, in the words that follow "blur and
    uniform share".
    """

    def __init__(
        self,
        sigma: float,
        uniform_share: float,
        origin: str = "are those that predict best on other videos",
    ):
        self.sigma = sigma
        self.uniform_share = uniform_share
        self.origin = origin

    def describe(self) -> str:
        """Says how fixations become a density."""
        return (
            f"blurred by a Gaussian of {self.sigma:.2%} of the width, with a "
            f"uniform share of {self.uniform_share:.2g}"
        )

    def log_densities(
        self, points: np.ndarray, mask: np.ndarray, size: Size
    ) -> np.ndarray:
        """Returns log-densities, float64 `[n, H, W]`, nats.

        `points` are float `[n, N, 2]`, (x, y) in [0, 1]; `mask`, bool `[n, N]`,
        tells which of them count.
        """
        densities = fixation_densities(
            points, mask, *size, self.sigma * size[1], self.uniform_share
        )
        densities[~mask.any(-1)] = 1 / np.prod(size)
        return np.log(densities)


class Halves(Predictor):
    """Two random halves of the observers of a video predict each other.

    Half of the observers know less than all: the score is a lower bound,
    averaged over `num_splits` random splits. A frame that only one half looked
    at has no score.
    """

    def __init__(self, blur: Blur, num_splits: int = 3, seed: int = 0):
        self._blur = blur
        self._num_splits = num_splits
        self._seed = seed

    def describe(self) -> str:
        return (
            "People predict people: the fixations of one half of a video's "
            f"observers, {self._blur.describe()}, predict those of the other "
            f"half, and the reverse; mean of {self._num_splits} random splits. "
            "Half of the observers know less than all: this is a lower bound "
            "of what people can tell. Blur and uniform share "
            f"{self._blur.origin}."
        )

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        gaze = frames.gaze
        for number in range(self._num_splits):
            half = random_half(frames.video, self._seed + number)
            known = gaze.mask & np.isin(gaze.observers, half)
            for mask in (known, gaze.mask & ~known):
                yield _trial(self._blur, gaze, mask, size)


class LeaveOneOut(Predictor):
    """All other observers predict each one in turn.

    A frame that only one observer looked at has no score.
    """

    def __init__(self, blur: Blur):
        self._blur = blur

    def describe(self) -> str:
        return (
            "People predict people: the fixations of all other observers, "
            f"{self._blur.describe()}, predict those of each one in turn. "
            f"Blur and uniform share {self._blur.origin}."
        )

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        gaze = frames.gaze
        observers = np.unique(gaze.observers[gaze.mask])
        # Some protocols score frames without fixations, too.
        for observer in observers if len(observers) else [-1]:
            others = gaze.mask & (gaze.observers != observer)
            yield _trial(self._blur, gaze, others, size)


class PreviousFrame(Predictor):
    """The fixations on a frame predict those on the next one."""

    def __init__(self, blur: Blur):
        self._blur = blur

    def describe(self) -> str:
        return (
            "The fixations on the frame before, "
            f"{self._blur.describe()}, predict those on this one. Blur and "
            f"uniform share {self._blur.origin}."
        )

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        before = frames.video.gaze_on(frames.numbers - 1)
        return self._blur.log_densities(before.points, before.mask, size)


def _trial(blur: Blur, gaze: Gaze, known: np.ndarray, size: Size) -> Trial:
    """Predicts the other fixations from the known ones, bool `[n, N]`."""
    log_maps = blur.log_densities(gaze.points, known, size)
    others = gaze.mask & ~known & known.any(-1, keepdims=True)
    return Trial(log_maps, others)


def random_half(video: Video, seed: int) -> np.ndarray:
    observers = np.unique(video.fixations.observer)
    name = zlib.crc32(video.video_id.encode())
    drawn = np.random.default_rng([seed, name]).permutation(observers)
    return drawn[: len(observers) // 2]


def describe_observers(
    videos: Iterable[Video], num_observers: int | None
) -> str:
    """Says how many people looked at the videos.

    Args:
        num_observers: of the whole dataset; None if it does not tell observers
            apart.
    """
    if num_observers is None:
        return "the dataset does not tell observers apart"
    counts = [
        len(np.unique(video.fixations.observer))
        for video in videos
        if len(video.points)
    ]
    least, most = min(counts), max(counts)
    number = str(least) if least == most else f"{least} to {most}"
    return f"{number} of each video, {num_observers} in all"


class BlurTable:
    """How well each blur turns one half of the observers into the other.

    Args:
        videos: the videos to choose a blur on, which must not be scored with
            it.
        size: (H, W) of the maps, in pixels.
        sigmas: shares of the width.
        uniform_shares: in (0, 1).
        seed: seed of the halves and of the random frames.

    Attributes:
        scores: video -> mean log-density at the other half's fixations, nats,
            float64 `[len(sigmas) * len(uniform_shares)]`, for each video with
            a frame that both halves fixated.

    Raises:
        ValueError: no frame was seen by two observers.
    """

    def __init__(
        self,
        videos: Sequence[Video],
        size: Size,
        sigmas: Sequence[float],
        uniform_shares: Sequence[float],
        seed: int = 0,
    ):
        self._blurs = [
            Blur(sigma, s) for sigma in sigmas for s in uniform_shares
        ]
        self.scores = {
            video_id: np.array(
                [_log_likelihood(blur, *case, size) for blur in self._blurs]
            )
            for video_id, case in _halved_frames(videos, seed)
        }
        self._num_videos = len(videos)
        self._check(self.scores)

    def best(self, video_ids: Collection[str] | None = None) -> Blur:
        """Chooses the blur with the largest likelihood, videos weighing alike.

        Args:
            video_ids: the videos that choose; None for all.

        Returns:
            The blur.

        Raises:
            ValueError: no frame of these videos was seen by two observers.
        """
        rows = [
            row
            for video_id, row in self.scores.items()
            if video_ids is None or video_id in video_ids
        ]
        self._check(rows)
        return self._blurs[int(np.mean(rows, axis=0).argmax())]

    def _check(self, found: Collection) -> None:
        if not len(found):
            raise _too_few_observers(self._num_videos)


def choose_blur(
    videos: Sequence[Video],
    size: Size,
    sigmas: Sequence[float],
    uniform_shares: Sequence[float],
    seed: int = 0,
) -> Blur:
    """Chooses the blur by which half of the observers best predict the rest.

    See `BlurTable` for the arguments and errors.
    """
    return BlurTable(videos, size, sigmas, uniform_shares, seed).best()


def require_two_observers(videos: Sequence[Video], seed: int = 0) -> None:
    """Makes sure that two observers looked at some frame.

    Args:
        videos: the videos.
        seed: seed of the halves.

    Raises:
        ValueError: no frame was seen by two observers.
    """
    if next(_halved_frames(videos, seed), None) is None:
        raise _too_few_observers(len(videos))


def _too_few_observers(num_videos: int) -> ValueError:
    return ValueError(
        "Invalid `videos`. Expected fixations of two observers or more on a "
        f"frame, to choose a blur. Received: {num_videos} videos without such "
        "a frame."
    )


def _halved_frames(
    videos: Sequence[Video], seed: int
) -> Iterator[tuple[str, tuple[Gaze, np.ndarray]]]:
    """Yields each video's gaze on random frames, and the mask of one half."""
    generator = np.random.default_rng(seed)
    for video in videos:
        seen = np.unique(video.fixations.frame)
        number = min(len(seen), -(-MAX_FRAMES // len(videos)))
        frames = np.sort(generator.choice(seen, number, replace=False))
        gaze = video.gaze_on(frames)
        known = gaze.mask & np.isin(gaze.observers, random_half(video, seed))
        both = known.any(-1) & (gaze.mask & ~known).any(-1)
        if both.any():
            halved = Gaze(
                gaze.points[both], gaze.mask[both], gaze.observers[both]
            )
            yield video.video_id, (halved, known[both])


def _log_likelihood(
    blur: Blur, gaze: Gaze, known: np.ndarray, size: Size
) -> float:
    """Mean log-density at the other half's fixations, nats."""
    log_maps = blur.log_densities(gaze.points, known, size)
    frames, pixels = fixated_pixels(gaze.points, gaze.mask & ~known, *size)
    return log_maps.reshape(len(log_maps), -1)[frames, pixels].mean()
