"""A network in another runtime, as a stream uses it."""

import abc
from collections.abc import Mapping

import numpy as np

from rmdn_tf.model.clip_stream import SteppedNetwork
from rmdn_tf.runtimes.description import Description
from rmdn_tf.runtimes.formats import FRAMES, IN, OUT, PARAMETERS
from rmdn_tf.video.numpy_resizing import resize_arrays

# Clips that run at once, if a network takes any number: more are no faster on
# a CPU, and take memory.
MAX_CLIPS = 4


class Session(abc.ABC):
    """A portable file that is loaded in its runtime.

    Attributes:
        description: what the file says of its network.
    """

    description: Description

    @abc.abstractmethod
    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs the function of `rmdn_tf.runtimes.portable` once.

        Several threads may call it.

        Args:
            inputs: by name.

        Returns:
            The outputs, by name. They belong to the caller. A later call does
            not change them.
        """


def require_shapes(received: Mapping, expected: Mapping) -> None:
    """Compares a graph with its description.

    Args:
        received: shapes of the graph's tensors, by name.
        expected: shapes that the description tells.

    Raises:
        ValueError: they differ.
    """
    if received != expected:
        raise ValueError(
            f"tensors {received} where the description tells {expected}"
        )


class RuntimeNetwork(SteppedNetwork):
    """A network in another runtime.

    Args:
        session: runs the network.

    Raises:
        ValueError: the network takes several clips at once, and no fewer.
    """

    def __init__(self, session: Session):
        described = session.description
        if described.num_clips not in (1, None):
            raise ValueError(
                "Invalid network. Expected one that takes one clip, or any "
                f"number. Received: num_clips={described.num_clips}."
            )
        super().__init__(self._run_session, described.config.clip_stride)
        self.context = described.context
        self._session = session

    def preprocess(self, frames):
        size = self._session.description.config.input_size
        return resize_arrays(frames[0], size)[None]

    def initial_state(self):
        return {
            name: np.zeros((1, *shape), np.float32)
            for name, shape in self._session.description.state.items()
        }

    def clips_at_once(self, window):
        if self._session.description.num_clips is None:
            return MAX_CLIPS
        return 1

    def _run_session(self, window, state):
        inputs = {FRAMES: np.asarray(window)}
        inputs |= {name + IN: part for name, part in state.items()}
        outputs = self._session.run(inputs)
        after = {name: outputs[name + OUT] for name in state}
        return outputs[PARAMETERS], after
