"""Where the faces are: what BlazeFace finds, without learning from gaze."""

import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.encoders.blazeface import (
    INPUT_SIZE,
    anchor_centres,
    build_blazeface,
)
from rmdn_tf.encoders.blazeface_weights import assign_blazeface_weights
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Predictor, Size

# Of a face that counts, and of two boxes that show one face.
MIN_PROBABILITY, MAX_OVERLAP = 0.5, 0.3
MAX_FACES = 20

# Standard deviation of the gaze on a face, as a share of its box.
SCALE = 0.3


class FaceMap(Predictor):
    """A Gaussian on each face, weighing its probability; zeros without one.

    Frames are brought back to the shape of the video, with black bars to a
    square.
    """

    def __init__(self):
        self._network = build_blazeface()
        assign_blazeface_weights(self._network)
        self._anchors = anchor_centres((INPUT_SIZE, INPUT_SIZE))

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        """Predicts frames; see `Predictor`."""
        window = frames.batch["frames"][frames.row, CONTEXT:]
        chosen = tf.cast(tf.gather(window, frames.served), tf.float32)
        height, width = frames.video.original_size
        share = np.array([width, height]) / max(height, width)
        rows, columns = (np.rint(share[::-1] * INPUT_SIZE)).astype(int)
        small = tf.image.resize(chosen, (rows, columns), antialias=True)
        square = tf.image.resize_with_crop_or_pad(
            small / 127.5 - 1, INPUT_SIZE, INPUT_SIZE
        )
        found = self._network.predict(square, verbose=0)
        with np.errstate(divide="ignore"):
            return np.log(
                [
                    face_map(self._boxes(scores, boxes, share), size)
                    for scores, boxes in zip(
                        found["scores"], found["boxes"], strict=True
                    )
                ]
            )

    def _boxes(
        self, scores: np.ndarray, boxes: np.ndarray, share: np.ndarray
    ) -> np.ndarray:
        """Returns probability, x, y, width and height of faces, `[n, 5]`.

        `share` is the part of the square that the frame takes, across and down.
        """
        probabilities = 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
        middle = boxes[:, :2] / INPUT_SIZE + self._anchors
        extent = boxes[:, 2:4] / INPUT_SIZE
        corners = np.concatenate(
            [middle - extent / 2, middle + extent / 2], axis=-1
        )
        kept = tf.image.non_max_suppression(
            corners, probabilities, MAX_FACES, MAX_OVERLAP, MIN_PROBABILITY
        ).numpy()
        middle = (middle[kept] - 0.5) / share + 0.5
        return np.column_stack(
            [probabilities[kept], middle, extent[kept] / share]
        )


def face_map(faces: np.ndarray, size: Size) -> np.ndarray:
    """Makes the density of the gaze on faces, float64 `size`.

    Args:
        faces: probability, x, y, width and height of each, `[n, 5]`, in shares
            of the frame.
        size: (rows, columns).

    Returns:
        Zeros without a face; else a map of sum 1.
    """
    y, x = ((np.arange(side) + 0.5) / side for side in size)
    total = np.zeros(size)
    for probability, cx, cy, width, height in faces:
        along = np.exp(-0.5 * ((x - cx) / (SCALE * width)) ** 2)
        down = np.exp(-0.5 * ((y - cy) / (SCALE * height)) ** 2)
        one = down[:, None] * along
        total += probability * one / max(one.sum(), 1e-12)
    return total / total.sum() if total.any() else total
