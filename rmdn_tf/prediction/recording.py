"""Records the mixtures that a network computes of a video, and replays them.

The video can then be shown or written again without a second run.
"""

import abc
from collections.abc import Sequence

import numpy as np

from rmdn_tf.model.clip_stream import Network


class Recorder(Network):
    """A network that keeps the mixture of every clip that it computes.

    Args:
        network: computes the mixtures.

    Attributes:
        parameters: float32 `[C, 6]` of each clip so far, in order.
    """

    def __init__(self, network: Network):
        self._network = network
        self.context = network.context
        self.parameters: list[np.ndarray] = []

    def preprocess(self, frames: np.ndarray) -> np.ndarray:
        return self._network.preprocess(frames)

    def initial_state(self) -> dict:
        return self._network.initial_state()

    def run(
        self, window: np.ndarray, clip_stride: int, state: dict
    ) -> tuple[np.ndarray, dict]:
        parameters, state = self._network.run(window, clip_stride, state)
        self.parameters.extend(np.asarray(parameters))
        return parameters, state


class Sightless(Network):
    """A network that looks at no frame: its mixtures are known in advance."""

    context = 0

    @abc.abstractmethod
    def next_clips(self, number: int) -> np.ndarray:
        """Returns the mixtures of the next clips, float32 `[number, C, 6]`."""

    def preprocess(self, frames: np.ndarray) -> np.ndarray:
        return np.zeros([1, frames.shape[1], 1], np.uint8)

    def initial_state(self) -> dict:
        return {}

    def run(
        self, window: np.ndarray, clip_stride: int, state: dict
    ) -> tuple[np.ndarray, dict]:
        number = (window.shape[1] - 1) // clip_stride + 1
        return self.next_clips(number), state


class Replay(Sightless):
    """A network that gives recorded mixtures, clip by clip, once.

    The video and the clip stride must be those of the recording.

    Args:
        parameters: float32 `[T, C, 6]`, of a `Recorder`.

    Raises:
        ValueError: while running: the video has more clips than the recording.
    """

    def __init__(self, parameters: Sequence[np.ndarray] | np.ndarray):
        self._parameters = parameters
        self._next = 0

    def next_clips(self, number: int) -> np.ndarray:
        begin, self._next = self._next, self._next + number
        if self._next > len(self._parameters):
            raise ValueError(
                "Invalid recording. Expected the mixtures of "
                f"{self._next} clips or more. Received: "
                f"{len(self._parameters)}. It may be that of another video, or "
                "of another clip stride."
            )
        return np.stack([*self._parameters[begin : self._next]])
