"""Trains the head of a calibrated model on the features of a few videos.

A head of many weights soon overfits few data. So the learning rate is small,
and a fifth of the videos tells when to stop. If these score better so, the
weights go only a share of the way from the calibrated to the learned ones.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.calibration.applying import calibrated
from rmdn_tf.calibration.features import FeatureWindow
from rmdn_tf.calibration.fitting import Densities, Numbers, frame_bits
from rmdn_tf.calibration.folds import deal
from rmdn_tf.calibration.sample import Sample
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.parts import build_head, cell_grid, initial_state
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.runs.directory import TrainingError
from rmdn_tf.training.config import RunConfig, TrainingConfig
from rmdn_tf.training.step import NOT_FINITE, TrainingStep, make_optimizer

TRAINING = TrainingConfig(
    num_epochs=10,
    batch_size=1,
    optimizer="adam",
    learning_rate=3e-4,
    loss_reduction="mean",
    clip_norm=1.0,
    patience=2,
)

# Shares of the way to the learned weights that are tried beside all of it.
SHARES = (0.25, 0.5, 0.75)


class Tuned(NamedTuple):
    """A model with a tuned head.

    Attributes:
        model: the model, of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        num_epochs: passes through the videos after which training stopped.
        share: of the way from the calibrated weights to the learned ones.
    """

    model: keras.Model
    config: ModelConfig
    num_epochs: int
    share: float


@dataclasses.dataclass(frozen=True, order=True)
class _Candidate:
    """Weights to choose from: most bits on the held-out frames win."""

    bits: float
    weights: list[np.ndarray] = dataclasses.field(compare=False)
    num_epochs: int = dataclasses.field(compare=False)
    share: float = dataclasses.field(compare=False)


class _Place(NamedTuple):
    """A window, and the frames of the sample in it.

    Attributes:
        window: the window.
        rows: int `[m]`, of the frames in the sample.
        served: int `[m]`, of the frames in the window.
    """

    window: FeatureWindow
    rows: np.ndarray
    served: np.ndarray


class Tuner:
    """Tunes heads on parts of a sample.

    Every video runs from its beginning, with the state carried from window to
    window: the head sees what it sees in a stream.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`, not calibrated.
        config: its settings.
        sample: frames with fixations, and the model's mixtures.
        windows: features of the videos of the sample, in time order.
    """

    def __init__(
        self,
        model: keras.Model,
        config: ModelConfig,
        sample: Sample,
        windows: Sequence[FeatureWindow],
    ):
        self._model = model
        self._config = config
        self._sample = sample
        self._places = [_place(window, sample) for window in windows]

    def train(self, numbers: Numbers, frames: np.ndarray) -> Tuned:
        """Tunes a head, which starts at the calibrated model.

        Args:
            numbers: fitted to the frames.
            frames: bool `[F]`, those to learn from. A fifth of their videos, or
                of the time of one video, only tells when to stop.

        Returns:
            The tuned model.

        Raises:
            ValueError: there are frames of one time only.
            TrainingError: the loss is not finite.
        """
        keras.utils.set_random_seed(TRAINING.seed)
        model, config = calibrated(self._model, self._config, numbers)
        head = build_head(model)
        step = self._step_of(head, model)
        network = StatefulNetwork(head, config.clip_stride)
        fold = deal(self._sample, frames)[0]
        variables = head.trainable_variables

        def scored(
            weights: list[np.ndarray], num_epochs: int, share: float
        ) -> _Candidate:
            _assign(variables, weights)
            bits = self._bits(network, fold.held_out).mean()
            return _Candidate(bits, weights, num_epochs, share)

        first = best = scored(_values(variables), 0, 0.0)
        for epoch in range(1, TRAINING.num_epochs + 1):
            self._learn(step, head, fold.training, epoch)
            best = max(best, scored(_values(variables), epoch, 1.0))
            if epoch >= best.num_epochs + TRAINING.patience:
                break
        between = [
            scored(
                _between(first.weights, best.weights, share),
                best.num_epochs,
                share,
            )
            for share in (SHARES if best.num_epochs else ())
        ]
        best = max([best, *between])
        _assign(variables, best.weights)
        return Tuned(model, config, best.num_epochs, best.share)

    def bits(self, tuned: Tuned, frames: np.ndarray) -> np.ndarray:
        """Computes the bits of frames under a tuned model.

        Args:
            tuned: of `train`.
            frames: bool `[F]`, n of which are True.

        Returns:
            float64 `[n]`; see `rmdn_tf.calibration.fitting.frame_bits`.
        """
        head = build_head(tuned.model)
        network = StatefulNetwork(head, tuned.config.clip_stride)
        return self._bits(network, frames)

    def _bits(self, network: StatefulNetwork, frames: np.ndarray) -> np.ndarray:
        network.reset()
        parameters: dict[int, np.ndarray] = {}
        stride = self._config.clip_stride
        for place in self._places_of(frames):
            clips = network(dict(place.window.batch)).numpy()[0]
            parameters |= zip(
                place.rows, clips[place.served // stride], strict=True
            )
        wanted = np.flatnonzero(frames)
        mixtures = np.stack([parameters[index] for index in wanted])
        return frame_bits(Densities(self._sample.select(frames, mixtures)))

    def _places_of(self, frames: np.ndarray) -> list[_Place]:
        """Returns the windows of all videos with one of some frames."""
        videos = {*self._sample.videos[frames]}
        return [p for p in self._places if p.window.video_id in videos]

    def _step_of(self, head: keras.Model, model: keras.Model) -> TrainingStep:
        run = RunConfig()
        return TrainingStep(
            head,
            make_optimizer(TRAINING, run, head.trainable_variables),
            tf.distribute.get_strategy(),
            TRAINING,
            run,
            self._config.clip_stride,
            cell_grid(model),
        )

    def _learn(
        self,
        step: TrainingStep,
        head: keras.Model,
        frames: np.ndarray,
        epoch: int,
    ) -> None:
        """Goes once through the videos, in random order."""
        state = initial_state(head, 1)
        for place in _shuffled(self._places_of(frames), epoch):
            batch = dict(place.window.batch)
            learned = np.zeros(batch["frame_mask"].shape, bool)
            learned[0, place.served[frames[place.rows]]] = True
            batch["fixation_mask"] = batch["fixation_mask"] & learned[..., None]
            seed = tf.constant([TRAINING.seed, epoch])
            try:
                *_, state = step(batch, state, seed)
            except tf.errors.InvalidArgumentError as error:
                if NOT_FINITE not in error.message:
                    raise
                raise TrainingError(
                    f"Video '{place.window.video_id}' spoils the head: "
                    f"{NOT_FINITE} Leave --finetune out."
                ) from error


def _place(window: FeatureWindow, sample: Sample) -> _Place:
    served = sample.numbers - window.first_frame
    rows = np.flatnonzero(
        (sample.videos == window.video_id)
        & (served >= 0)
        & (served < window.batch["frame_mask"].shape[1])
    )
    return _Place(window, rows, served[rows])


def _shuffled(places: list[_Place], seed: int) -> Iterator[_Place]:
    """Yields windows video by video, the videos in random order."""
    videos = np.unique([place.window.video_id for place in places])
    for video in np.random.default_rng(seed).permutation(videos):
        yield from (p for p in places if p.window.video_id == video)


def _between(
    first: list[np.ndarray], last: list[np.ndarray], share: float
) -> list[np.ndarray]:
    """Returns the weights at a share of the way from first to last."""
    return [
        old + share * (new - old) for old, new in zip(first, last, strict=True)
    ]


def _values(variables: list[keras.Variable]) -> list[np.ndarray]:
    return [variable.numpy() for variable in variables]


def _assign(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
