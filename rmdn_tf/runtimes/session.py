"""A network in another runtime, as a stream uses it."""

import abc
import functools
from collections.abc import Mapping

import numpy as np

from rmdn_tf.model.clip_stream import PerSize, SteppedNetwork
from rmdn_tf.runtimes.description import Description
from rmdn_tf.runtimes.portable import FRAMES, IN, OUT, PARAMETERS
from rmdn_tf.video.resizing import resize_frames

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

        Args:
            inputs: by name.

        Returns:
            The outputs, by name. They belong to the caller. A later call does
            not change them.
        """


class RuntimeNetwork(SteppedNetwork):
    """A network in another runtime.

    Args:
        session: runs the network.
    """

    def __init__(self, session: Session):
        described = session.description
        super().__init__(self._run_session, described.config.clip_stride)
        self.context = described.context
        self._session = session
        self._preprocess = PerSize(
            functools.partial(_at_size, size=described.config.input_size)
        )

    def preprocess(self, frames):
        return self._preprocess(frames)

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


def _at_size(frames, size):
    """Resizes frames, `[1, n, H, W, 3]`, to float32 of 0 to 255."""
    return resize_frames(frames[0], size)[None]
