"""A competitor that learns nothing: what moves, near the centre."""

import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.evaluation import centre_bias
from rmdn_tf.evaluation.predictors import Frames, Predictor, Size, Static

BLUR = 0.047
"""Of the difference, as a share of the frame's height and width."""

FLOOR = 0.1
"""Added to the difference, whose mean over the frame is 1."""


class MotionTimesCentre(Predictor):
    """The blurred difference to the frame before, times a centred Gaussian."""

    def __init__(self):
        self._centre = Static(centre_bias.centre(0.22))

    def see(self, batch: dict) -> None:
        frames = tf.cast(batch["frames"][:, CONTEXT - 1 :], tf.float32) / 255
        differences = tf.abs(frames[:, 1:] - frames[:, :-1])
        self._motion = tf.reduce_mean(differences, -1).numpy()  # [B, F, H, W]

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        motion = self._motion[frames.row, frames.served][..., None]
        motion = tf.image.resize(motion, size, "area")[..., 0].numpy()
        blur = (0, BLUR * size[0], BLUR * size[1])
        motion = gaussian_filter(motion, blur)
        mean = motion.mean(axis=(1, 2), keepdims=True)
        motion = motion / np.maximum(mean, 1e-6) + FLOOR
        return np.log(motion) + self._centre.log_maps(frames, size)
