"""A baseline without training: motion near the centre attracts the gaze."""

import numpy as np
import tensorflow as tf
from scipy.ndimage import gaussian_filter

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.evaluation import centre_bias
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Predictor, Size, Static

BLUR = 0.047  # Of the difference, as a share of the frame's height and width.
FLOOR = 0.1  # Added to the difference, whose mean over the frame is 1.


class MotionTimesCentre(Predictor):
    """Multiplies the blurred difference of two frames by a centred Gaussian."""

    def __init__(self):
        self._centre = Static(centre_bias.centre(0.22))

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        window = frames.batch["frames"][frames.row, CONTEXT - 1 :]
        window = tf.cast(window, tf.float32) / 255
        differences = tf.abs(window[1:] - window[:-1])
        motion = tf.reduce_mean(differences, -1, keepdims=True)
        motion = motion.numpy()[frames.served]  # [n, H, W, 1]
        motion = tf.image.resize(motion, size, "area")[..., 0].numpy()
        blur = (0, BLUR * size[0], BLUR * size[1])
        motion = gaussian_filter(motion, blur)
        mean = motion.mean(axis=(1, 2), keepdims=True)
        motion = motion / np.maximum(mean, 1e-6) + FLOOR
        return np.log(motion) + self._centre.log_maps(frames, size)
