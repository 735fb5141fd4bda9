"""A picture network of Google's as a competitor: attention-center (TFLite).

    https://github.com/google/attention-center, Apache-2.0

It was trained on SALICON, with pictures of COCO. Its output is one point, the
mean of a map inside it, which is read here.
"""

import os

import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Predictor, Size

# The map, in [0, 1], [1, 480, 640]: the point is its centre of mass.
MAP = "Sigmoid"


class AttentionCenter(Predictor):
    """The map of attention-center; frames are squeezed to its 480x640 pixels.

    Args:
        path: the network, `center.tflite`.
    """

    def __init__(self, path: str | os.PathLike):
        self._interpreter = tf.lite.Interpreter(
            os.fspath(path), experimental_preserve_all_tensors=True
        )
        self._interpreter.allocate_tensors()
        (self._input,) = (
            one
            for one in self._interpreter.get_input_details()
            if len(one["shape"]) == 4
        )
        (self._map,) = (
            one["index"]
            for one in self._interpreter.get_tensor_details()
            if one["name"] == MAP
        )

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        """Predicts frames one by one; see `Predictor`. Not for threads."""
        window = frames.batch["frames"][frames.row, CONTEXT:]
        return np.stack([self.log_map(window[i], size) for i in frames.served])

    def log_map(self, frame, size: Size) -> np.ndarray:
        """Predicts a frame, uint8 `[h, w, 3]`; float32 `size`, nats."""
        shape = self._input["shape"][1:3]
        pixels = tf.image.resize(
            tf.cast(frame, tf.float32) / 255, shape, "bicubic", antialias=True
        )
        self._interpreter.set_tensor(
            self._input["index"], tf.clip_by_value(pixels, 0, 1)[None]
        )
        self._interpreter.invoke()
        saliency = self._interpreter.get_tensor(self._map)[0]
        small = tf.image.resize(saliency[..., None], size, "area")[..., 0]
        return np.log(small.numpy())

    def point(self) -> np.ndarray:
        """Returns the network's own output for the last frame, (x, y)."""
        (output,) = self._interpreter.get_output_details()
        return self._interpreter.get_tensor(output["index"])[0]
