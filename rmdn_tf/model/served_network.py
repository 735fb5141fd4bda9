"""A SavedModel, here or on a server, as a stream of clips runs it."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.clip_stream import SteppedNetwork
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.video.resizing import resize_pixels


class ServedNetwork(SteppedNetwork):
    """A model behind the signature `step`, in this process or on a server.

    Windows are split into requests within the limits. Frames too large for a
    request are resized to the network's input.

    Args:
        step: see `SteppedNetwork`; the context is 15 frames.
        initial_state: returns the state at the start of a video.
        clip_stride: built into the model.
        input_size: (h, w) of the network.
    """

    context = CONTEXT

    def __init__(
        self,
        step: Callable[[tf.Tensor, dict], tuple],
        initial_state: Callable[[], dict],
        clip_stride: int,
        input_size: tuple[int, int],
        limits: RequestLimits,
    ):
        super().__init__(step, clip_stride)
        self._initial_state = initial_state
        self._input_size = input_size
        self._limits = limits

    def preprocess(self, frames):
        if self._limits.clips_at_once(frames.shape[2:4], 1):
            return frames
        resized = resize_pixels(tf.constant(frames[0]), self._input_size)
        return resized.numpy()[None]

    def initial_state(self):
        return self._initial_state()

    def clips_at_once(self, window):
        return self._limits.clips_at_once(_size_of(window), self._stride)


def _size_of(window: np.ndarray) -> Sequence[int]:
    """Returns (height, width) of frames `[1, L, H, W, 3]` or JPEGs `[1, L]`."""
    if window.dtype == object:
        return tf.io.extract_jpeg_shape(window[0, 0]).numpy()[:2]
    return window.shape[2:4]
