"""Models, baselines and maps as predictors: frames -> log-densities."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import tensorflow as tf

from rmdn_tf.evaluation.centre_bias import CENTRE_SCALE, centre
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.model.saliency_maps import log_density_in_blocks

# Height and width of a map, in pixels.
Size = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class Trial:
    """Maps of n frames, and the fixations to score them against.

    Attributes:
        log_maps: float `[n, H, W]`, log-densities in nats, up to a constant per
            frame; or `[1, H, W]`, one map for all frames.
        mask: bool `[n, N]`, which of the frames' fixations count.
        is_predicted: bool `[n]`, False for a frame that has no score, since
            nothing was predicted; None if all frames have one.
    """

    log_maps: np.ndarray
    mask: np.ndarray
    is_predicted: np.ndarray | None = None


class Predictor:
    """Predicts where people look on frames; has no state of its own.

    A subclass defines `log_maps`; or `trials`, if it predicts some observers
    from others, and a frame's score is the mean over its trials. Threads call
    both methods at once.
    """

    @property
    def networks(self) -> tuple["MixtureNetwork", ...]:
        """The networks whose outputs it needs in `Frames.outputs`."""
        return ()

    def describe(self) -> str:
        """Says what the predictor is, for the report.

        Returns:
            A sentence or two; empty for a predictor that does not say it.
        """
        return ""

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        """Predicts frames for each trial.

        Args:
            frames: n frames of one video.
            size: (height, width) of the maps, in pixels.

        Yields:
            Maps, and the fixations to score them against; one trial for most
            predictors.
        """
        yield Trial(self.log_maps(frames, size), frames.gaze.mask)

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        """Predicts frames.

        Args:
            frames: n frames of one video.
            size: (height, width) of the maps, in pixels.

        Returns:
            float `[n, H, W]`, log-densities in nats, up to a constant per
            frame; or `[1, H, W]`, one map for all frames.
        """
        raise TypeError(f"{type(self).__name__} has no single map of a frame.")


class Static(Predictor):
    """A mixture that is the same in every frame.

    Args:
        parameters: float32 `[C, 6]`, of `rmdn_tf.model.mixture`; None for the
            uniform density.
        text: what it is, for the report.
    """

    def __init__(self, parameters: np.ndarray | None, text: str = ""):
        self.parameters = parameters
        self._text = text
        self._maps: dict[Size, np.ndarray] = {}

    def describe(self) -> str:
        return self._text

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        if size not in self._maps:
            self._maps[size] = (
                np.zeros([1, *size], np.float32)
                if self.parameters is None
                else _on_grid(self.parameters[None], size)
            )
        return self._maps[size]


class Oracle(Predictor):
    """The density from which a synthetic dataset drew its fixations."""

    def describe(self) -> str:
        return (
            "The density from which the made-up fixations were drawn: on "
            "average, no predictor has more bits."
        )

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        moments = frames.batch["truth"][frames.row].numpy()[frames.served]
        return _on_grid(parameters_from_moments(moments), size)


class MixtureNetwork(Predictor):
    """A network that predicts a mixture for each clip.

    Args:
        predict: batch -> float32 `[B, T, C, 6]`, such as a
            `rmdn_tf.model.stateful.StatefulNetwork`; gets every batch once and
            in order.
        stride: number of frames that a clip serves.
    """

    def __init__(self, predict: Callable[[dict], tf.Tensor], stride: int):
        self._predict = predict
        self._stride = stride

    def describe(self) -> str:
        frames = "frame" if self._stride == 1 else f"{self._stride} frames"
        return f"A network that gives a mixture of Gaussians every {frames}."

    @property
    def networks(self) -> tuple["MixtureNetwork", ...]:
        return (self,)

    def run(self, batch: dict[str, tf.Tensor]) -> np.ndarray:
        """Predicts the next batch.

        Args:
            batch: the next batch of `ordered_windows`.

        Returns:
            float32 `[B, T, C, 6]`.
        """
        return self._predict(batch).numpy()

    def parameters(self, frames: Frames) -> np.ndarray:
        """Selects the mixture of each frame.

        Args:
            frames: n frames of a batch that has run.

        Returns:
            float32 `[n, C, 6]`.
        """
        return self._of_row(frames)[frames.served // self._stride]

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        # A clip serves several frames: its density is evaluated once.
        clips, of_frame = np.unique(
            frames.served // self._stride, return_inverse=True
        )
        return _on_grid(self._of_row(frames)[clips], size)[of_frame]

    def _of_row(self, frames: Frames) -> np.ndarray:
        if self not in frames.outputs:
            raise ValueError(
                "Invalid `outputs` of the frames. Expected those of every "
                "network; a predictor that uses a network names it in "
                f"`networks`. Received: outputs of {len(frames.outputs)} other "
                "networks."
            )
        return frames.outputs[self][frames.row]


class Mixed(Predictor):
    """A mixture of two densities.

    Args:
        first: a predictor.
        second: another one.
        share: weight of the second, in [0, 1]; the first weighs 1 - share.
        chosen_on: where the share predicts best, for the report.
    """

    def __init__(
        self,
        first: Predictor,
        second: Predictor,
        share: float,
        chosen_on: str = "a split that is not scored",
    ):
        self._first = first
        self._second = second
        self._share = share
        self._chosen_on = chosen_on

    def describe(self) -> str:
        return describe_mixture([self._share], self._chosen_on)

    @property
    def networks(self) -> tuple[MixtureNetwork, ...]:
        return self._first.networks + self._second.networks

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        first, second = (
            one.log_maps(frames, size) for one in (self._first, self._second)
        )
        with np.errstate(divide="ignore"):
            return np.logaddexp(
                np.log1p(-self._share) + first, np.log(self._share) + second
            )


def describe_mixture(shares: Iterable[float], chosen_on: str) -> str:
    """Says what a mixture of two densities is.

    Args:
        shares: weights of the second density, which folds may have chosen.
        chosen_on: where they predict best.
    """
    every = sorted(set(shares))
    first = " or ".join(f"{1 - share:.2f}" for share in every)
    second = " or ".join(f"{share:.2f}" for share in every)
    return (
        f"The sum of the two densities, the first with a weight of {first}, "
        f"the second with {second}: the weights that predict best on "
        f"{chosen_on}."
    )


class Maps(Predictor):
    """Maps that another tool has written.

    Args:
        directory: the maps; its `missing` decides about a frame without a
            prediction. In a baseline such a frame is uniform.
        uniform_share: share of a uniform density to mix in, in [0, 1): 8-bit
            maps give many pixels a probability of 0.
    """

    def __init__(self, directory: MapDirectory, uniform_share: float = 0.0):
        self.directory = directory
        self._uniform_share = uniform_share

    def describe(self) -> str:
        share = self._uniform_share
        mixed = f", with a uniform share of {share:.4g}" if share else ""
        return f"Maps that another tool wrote{mixed}."

    @property
    def skips(self) -> bool:
        """Whether a frame without a prediction has no score."""
        return self.directory.missing == "skip"

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        log_maps, is_predicted = self._read(frames, size)
        mask = frames.gaze.mask
        if self.skips and not is_predicted.all():
            mask = mask & is_predicted[:, None]
        yield Trial(log_maps, mask, is_predicted if self.skips else None)

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        return self._read(frames, size)[0]

    def _read(
        self, frames: Frames, size: Size
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns log-densities, and bool `[n]`, which are predictions."""
        densities = self.directory.densities(
            frames.video.video_id, frames.numbers, *size
        )
        is_predicted = ~np.isnan(densities[:, 0, 0])
        densities[~is_predicted] = 1 / np.prod(size)
        share = self._uniform_share
        with np.errstate(divide="ignore"):
            logs = np.log((1 - share) * densities + share / np.prod(size))
        return logs, is_predicted


def run_networks(
    predictors: Iterable[Predictor], batch: dict[str, tf.Tensor]
) -> dict[MixtureNetwork, np.ndarray]:
    """Runs each network of the predictors once; returns `Frames.outputs`."""
    networks = dict.fromkeys(n for one in predictors for n in one.networks)
    return {network: network.run(batch) for network in networks}


def untrained_predictors() -> dict[str, Static]:
    """Makes the baselines that are fitted to nothing."""
    return {
        "uniform": Static(None, "The same probability everywhere."),
        "centre": Static(
            centre(),
            "One Gaussian at the centre of the frame, with a standard "
            f"deviation of {CENTRE_SCALE:.0%} of the width across and of the "
            "height down.",
        ),
    }


def describe_trained_centre(num_components: str, fitted_to: str) -> str:
    """Says what `TCB` is, and what it was fitted to."""
    noun = "Gaussian" if num_components == "1" else "Gaussians"
    return (
        f"Trained centre bias: one mixture of {num_components} {noun}, "
        f"fitted to {fitted_to} and the same in every frame. It knows where "
        "people usually look, and nothing of the video."
    )


# One graph for any number of maps: a graph for one number would round in
# another way, and threads would race for the number that comes first. The maps
# are made one by one, in blocks: a component in each of many cells, at the
# size of a large frame, would take gigabytes.
_log_density = tf.function(
    lambda parameters, height, width: tf.map_fn(
        lambda one: log_density_in_blocks(one, height, width),
        parameters,
        parallel_iterations=1,
    ),
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
