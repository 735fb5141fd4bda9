"""Models and baselines as one thing: frames of a video -> maps to be scored.

A predictor gives one or more trials. Most give one: a map for each frame, held
against all fixations there. One half of the observers scored against the other
gives two a split, each held against the fixations of one half only; the score
of a frame is the mean over its trials.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import Gaze, Video
from rmdn_tf.evaluation import centre_bias as baselines
from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.model.mixture import parameters_from_moments
from rmdn_tf.model.saliency_maps import log_density

Size = tuple[int, int]
"""Rows and columns of a map."""

Choice = Callable[[Video, np.ndarray], np.ndarray]
"""(video, numbers int `[n]` of the frames of a window) -> bool `[n]`, which
of them are scored."""


@dataclasses.dataclass(frozen=True)
class Frames:
    """n frames of one video, to be scored.

    Attributes:
        video: the `Video`.
        numbers: int `[n]`, which frames of it, from 0.
        row: of the batch that the frames came with.
        served: int `[n]`, where in the windows of that batch they are.
    """

    video: Video
    numbers: np.ndarray
    row: int
    served: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    @functools.cached_property
    def gaze(self) -> Gaze:
        """The fixations on them."""
        return self.video.gaze_on(self.numbers)

    @property
    def seconds(self) -> np.ndarray:
        """int `[n]`, the second of the video that each of them is in."""
        return (self.numbers / self.video.frames_per_second).astype(int)

    def those(self, which: slice | np.ndarray) -> "Frames":
        """Returns some of them: a slice, or bool `[n]`."""
        return Frames(
            self.video, self.numbers[which], self.row, self.served[which]
        )


def rows_of(
    batch: dict, videos: Mapping[str, Video], choice: Choice | None = None
) -> Iterator[Frames]:
    """Yields the frames of a batch, video by video.

    Args:
        batch: of `rmdn_tf.data.input_pipeline.ordered_windows`.
        videos: those of the split, by name.
        choice: which frames; None for all.
    """
    for row, valid in enumerate(batch["frame_mask"].numpy()):
        served = np.flatnonzero(valid)
        if not len(served):
            continue
        video = videos[batch["video_id"][row].numpy().decode()]
        numbers = int(batch["first_frame"][row]) + served
        if choice is not None:
            wanted = choice(video, numbers)
            served, numbers = served[wanted], numbers[wanted]
        yield Frames(video, numbers, row, served)


@dataclasses.dataclass(frozen=True)
class Trial:
    """Maps, and which fixations they are held against.

    Attributes:
        log_maps: float `[n, H, W]`, or `[1, H, W]` where it is the same map in
            every frame: log-densities in nats, up to a constant a frame.
        mask: bool `[n, N]`, which of the frames' fixations count.
    """

    log_maps: np.ndarray
    mask: np.ndarray


class Predictor:
    """Predicts maps; subclasses give `trials`, or simply `log_maps`."""

    def see(self, batch: dict) -> None:
        """Takes in the next batch of `ordered_windows`; once a batch."""

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        """Yields the maps to score; several threads may call it.

        Args:
            frames: of the batch last seen.
            size: of the maps.
        """
        yield Trial(self.log_maps(frames, size), frames.gaze.mask)

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        """Returns log-densities, see `Trial`."""
        raise TypeError(f"{type(self).__name__} has no single map a frame.")


class Static(Predictor):
    """A mixture that is the same in every frame.

    Args:
        parameters: float32 `[C, 6]`, of `rmdn_tf.model.mixture`; None is
        uniform.
    """

    def __init__(self, parameters: np.ndarray | None):
        self._parameters = parameters
        self._maps: dict[Size, np.ndarray] = {}

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        if size not in self._maps:
            self._maps[size] = (
                np.zeros([1, *size], np.float32)
                if self._parameters is None
                else _on_grid(self._parameters[None], size)
            )
        return self._maps[size]


class Oracle(Predictor):
    """The true density, for datasets that know it: the best to be reached."""

    def see(self, batch: dict) -> None:
        self._truth = batch["truth"].numpy()

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        truth = self._truth[frames.row, frames.served]
        return _on_grid(parameters_from_moments(truth), size)


class MixtureNetwork(Predictor):
    """A model that gives a mixture for each clip.

    Args:
        predict_parameters: takes a batch, gives `[B, T, C, 6]`; such as a
            `rmdn_tf.model.stateful.StatefulNetwork`.
        stride: s, the frames that a clip serves.
    """

    def __init__(
        self, predict_parameters: Callable[[dict], tf.Tensor], stride: int
    ):
        self._predict_parameters = predict_parameters
        self._stride = stride

    def see(self, batch: dict) -> None:
        self._parameters = self._predict_parameters(batch).numpy()

    def parameters(self, frames: Frames) -> np.ndarray:
        """Returns the mixture of each frame, float32 `[n, C, 6]`."""
        return self._parameters[frames.row, frames.served // self._stride]

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        # A clip serves several frames: its density is evaluated once.
        clips, of_frame = np.unique(
            frames.served // self._stride, return_inverse=True
        )
        return _on_grid(self._parameters[frames.row, clips], size)[of_frame]


class Mixed(Predictor):
    """A model's density with a share of a static one.

    Args:
        model: the `MixtureNetwork`.
        static: the `Static`, such as the trained centre.
        share: of the static one, in [0, 1].
    """

    def __init__(self, model: MixtureNetwork, static: Static, share: float):
        self._model = model
        self._static = static
        self._share = share

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        return mixed(
            self._model.log_maps(frames, size),
            self._static.log_maps(frames, size),
            self._share,
        )


class Maps(Predictor):
    """Maps that any tool has written.

    Args:
        directory: the `MapDirectory`.
        uniform_share: share of a uniform density that is mixed in, in [0, 1).
            Maps of 8 bits give many pixels no probability at all.
    """

    def __init__(self, directory: MapDirectory, uniform_share: float = 0.0):
        self._directory = directory
        self._uniform_share = uniform_share

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        densities = self._directory.densities(
            frames.video.video_id, frames.numbers, *size
        )
        share = self._uniform_share
        with np.errstate(divide="ignore"):
            return np.log((1 - share) * densities + share / np.prod(size))


def mixed(log_maps: np.ndarray, others: np.ndarray, share: float) -> np.ndarray:
    """Mixes densities, a share of the others; logs in, logs out."""
    with np.errstate(divide="ignore"):
        return np.logaddexp(np.log1p(-share) + log_maps, np.log(share) + others)


def static_predictors(trained_centre: np.ndarray) -> dict[str, Predictor]:
    """Returns the baselines that are the same in every frame, by name."""
    return {
        "uniform": Static(None),
        "centre": Static(baselines.centre()),
        "TCB": Static(trained_centre),
    }


# One graph for any number of maps. A graph for the first number that comes
# would round in another way, and threads would race for being the first.
_log_density = tf.function(
    log_density,
    (
        tf.TensorSpec([None, None, 6], tf.float32),
        tf.TensorSpec([], tf.int32),
        tf.TensorSpec([], tf.int32),
    ),
    jit_compile=False,
    autograph=False,
)


def _on_grid(parameters: np.ndarray, size: Size) -> np.ndarray:
    """Log-densities of mixtures `[n, C, 6]`, float32 `[n, H, W]`."""
    return _log_density(parameters, *size).numpy()
