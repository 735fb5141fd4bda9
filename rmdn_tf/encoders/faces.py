"""Faces as a cue: where faces are, how large, and each one's share of all.

Faces draw gaze more than anything else of their size. BlazeFace finds them, and
four numbers in each cell tell of them. Without a face all are exactly 0.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from rmdn_tf.encoders.blazeface import anchor_centres, build_blazeface
from rmdn_tf.encoders.cue_names import FACE_CUES

# Height and width of the frames in which faces are sought. Videos of 16:9 and
# 4:3 arrive squeezed to a square; more faces are found after a stretch to 4:3.
_DETECTOR = (192, 256)

# Probability of a face at which the cue begins, and at which it is full.
_BEGIN, _FULL = 0.4, 0.7

# Only this many boxes, of the highest scores, are used; a face has several.
_MOST_BOXES = 128

# Boxes that overlap more than this share of their union show one face.
_SAME_FACE = 0.3

# A bump reaches this many cells from its centre, plus a share of the face's
# width or height: one share for the face, one for its eyes.
_CELLS, _SHARE, _EYES_SHARE = 1.0, 0.75, 0.3

# Height of a small face, as a share of the frame's.
_SMALL = 0.05


@keras.saving.register_keras_serializable("rmdn_tf")
class FaceCue(layers.Layer):
    """Finds faces, and writes four numbers about them to each cell of a grid.

    Each number is the largest over the faces:

    - face: 0 to 1, the certainty of the face at its centre, which falls to 0
      beyond its outline;
    - eyes: the same about the point between the eyes and the nose;
    - size: `face` times log(1 + height/0.05); the height is a share of the
      frame's;
    - share: `face` times the height of the face as a share of the heights of
      all faces: a single face draws more gaze than one of thirty.

    The network, `rmdn_tf.encoders.blazeface`, is frozen. Its weights are random
    until `assign_blazeface_weights(layer.network)` is called.

    Args:
        grid: (h, w), cells.
        mean_rgb: of the frames, see `FrameEncoder`.
        pixel_scale: of the frames, see `FrameEncoder`.
        **kwargs: of every Keras layer.

    Input shape:
        float `[n, H, W, 3]`, frames after `Preprocessing`.

    Output shape:
        float `[n, h, w, 4]`.
    """

    def __init__(
        self,
        grid: tuple[int, int],
        mean_rgb: Sequence[float] = (127.0, 127.0, 127.0),
        pixel_scale: float = 1 / 128,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.grid = tuple(grid)
        self.mean_rgb = tuple(mean_rgb)
        self.pixel_scale = pixel_scale
        self.network = build_blazeface()
        self.trainable = False

    def call(self, frames):
        found = self.network(self._resize(frames), training=False)
        faces = _distinct_faces(found["scores"], found["boxes"])
        return _on_grid(faces, self.grid)

    def _resize(self, frames):
        """Makes BlazeFace's input: its size, and -1 (black) to 1 (white)."""
        pooling = [
            max(1, side // wanted)
            for side, wanted in zip(frames.shape[1:3], _DETECTOR, strict=True)
        ]
        frames = tf.nn.avg_pool2d(frames, pooling, pooling, "VALID")
        frames = tf.image.resize(frames, _DETECTOR)
        white = 127.5 * self.pixel_scale
        return frames / white + (tf.constant(self.mean_rgb) / 127.5 - 1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self.grid, len(FACE_CUES))

    def get_config(self):
        names = ("grid", "mean_rgb", "pixel_scale")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}


def _distinct_faces(scores, boxes):
    """Returns certainty `[n, k]`, centre, size and eyes `[n, k, 2]` of boxes.

    A box that overlaps a better one much has certainty 0.
    """
    scores, order = tf.math.top_k(scores, _MOST_BOXES)
    # Not with `batch_dims`, by which OpenVINO reads outside of the boxes.
    rows = tf.reshape(boxes[..., :10], [-1, 10])
    first = boxes.shape[1] * tf.range(tf.shape(boxes)[0])[:, None]
    boxes = tf.gather(rows, first + order)
    boxes = tf.reshape(boxes, [-1, _MOST_BOXES, 5, 2]) / _DETECTOR[::-1]
    anchors = tf.gather(tf.constant(anchor_centres(_DETECTOR)), order)
    centre = anchors + boxes[:, :, 0]
    size = tf.maximum(boxes[:, :, 1], 1e-3)
    eyes = anchors + tf.reduce_mean(boxes[:, :, 2:], 2)
    certainty = (tf.sigmoid(scores) - _BEGIN) / (_FULL - _BEGIN)
    certainty = tf.clip_by_value(certainty, 0.0, 1.0)
    # Not `tf.linalg.band_part`, which is wrong in TensorFlow.js.
    better = _same_face(centre, size) * np.triu(np.ones([_MOST_BOXES] * 2), 1)
    is_best = 1 - tf.reduce_max(better, 1)
    return certainty * is_best, centre, size, eyes


def _same_face(centre, size):
    """Returns 1.0 where two boxes overlap much, `[n, k, k]`."""
    first, last = centre - size / 2, centre + size / 2
    overlap = tf.minimum(last[:, :, None], last[:, None])
    overlap -= tf.maximum(first[:, :, None], first[:, None])
    overlap = tf.reduce_prod(tf.maximum(overlap, 0.0), -1)
    area = tf.reduce_prod(size, -1)
    union = area[:, :, None] + area[:, None] - overlap
    return tf.cast(overlap > _SAME_FACE * union, size.dtype)


def _on_grid(faces, grid):
    """Writes faces to cells, `[n, h, w, 4]`."""
    certainty, centre, size, eyes = faces
    height = size[..., 1]
    weight = certainty * height
    share = weight / tf.maximum(tf.reduce_sum(weight, 1, keepdims=True), 1e-6)
    face = certainty[:, :, None, None] * _spread(centre, _SHARE * size, grid)
    cells = [
        face,
        certainty[:, :, None, None] * _spread(eyes, _EYES_SHARE * size, grid),
        # Not `log1p`, which ONNX lacks.
        tf.math.log(1 + height / _SMALL)[:, :, None, None] * face,
        share[:, :, None, None] * face,
    ]
    return tf.stack([tf.reduce_max(one, 1) for one in cells], -1)


def _spread(centre, reach, grid):
    """Returns bumps on the grid, `[n, k, h, w]`: 1 at the centre, 0 beyond."""
    profiles = []
    for axis, cells in ((1, grid[0]), (0, grid[1])):
        places = (tf.range(cells, dtype=centre.dtype) + 0.5) / cells
        distance = places - centre[..., axis, None]
        distance /= reach[..., axis, None] + _CELLS / cells
        profiles.append(tf.maximum(1 - distance**2, 0.0) ** 2)
    return profiles[0][..., None] * profiles[1][..., None, :]
