"""Clips, with the density of gaze on their frames -> descriptors.

The counterpart of `rmdn_tf.model.clip_stream.KerasNetwork`: it is run by the
same `ClipStream`, which hands it frames once and cuts them into clips.
"""

import tensorflow as tf

from rmdn_tf.action_recognition.clip_encoders import ClipEncoder
from rmdn_tf.action_recognition.map_weights import MAP_SCALES, weights_of
from rmdn_tf.model.clip_stream import Network

CONTEXT_PART = "context"
ATTENTION_PART = "attention"
PARTS = (CONTEXT_PART, ATTENTION_PART)
"""What describes a clip: as it is, and weighted by where people look."""

PLACES = ("pixels", "features")
"""What attention weights: the pixels (the paper's choice), or the features in
cells that come before the descriptor (worse, says the paper)."""


class DescribedClips(Network):
    """Describes each clip as it is, weighted by attention, or both ways.

    A frame comes as float32 `[h, w, 4]` of the encoder's size: RGB from 0 to
    255, and the density of gaze, which sums to 1. Its pixels p are weighted by
    the density of that frame, before the mean colour m is subtracted:

        scale (w p - m)

    Cells see several frames: their weight is that of the mean of the densities
    of these frames, over the area of the cell.

    Args:
        encoder: the `ClipEncoder`.
        parts: some of `PARTS`.
        place: of `PLACES`.
        map_scale: of `rmdn_tf.action_recognition.map_weights.MAP_SCALES`.

    Output shape of `run`:
        float32 `[T, P, F]`, P parts in their order.
    """

    def __init__(
        self,
        encoder: ClipEncoder,
        parts: tuple[str, ...] = PARTS,
        place: str = PLACES[0],
        map_scale: str = MAP_SCALES[0],
    ):
        for name, value, known in (
            ("place", place, PLACES),
            ("map_scale", map_scale, MAP_SCALES),
        ):
            if value not in known:
                raise ValueError(
                    f"Invalid `{name}`. Expected one of {known}. "
                    f"Received: {name}='{value}'."
                )
        self.context = encoder.clip_length - 1
        self.encoder = encoder
        self.parts = parts
        self._place = place
        self._map_scale = map_scale
        size = encoder.input_size
        self._runs = tf.function(
            self._describe,
            [
                tf.TensorSpec([1, None, *size, 4], tf.float32),
                tf.TensorSpec([], tf.int32),
            ],
            jit_compile=False,
            autograph=False,
        )

    def preprocess(self, frames):
        return tf.cast(frames, tf.float32)

    def initial_state(self):
        return {}

    def run(self, window, clip_stride, state):
        return self._runs(window, clip_stride), state

    def _describe(self, window, clip_stride):
        """Descriptors of all clips of a window."""
        length = self.encoder.clip_length
        first = tf.range(0, tf.shape(window)[1] - length + 1, clip_stride)
        indices = first[:, None] + tf.range(length)
        clips = tf.gather(window[0], indices)  # [T, K, h, w, 4]
        cells = self._cells_of_parts(clips[..., :3], clips[..., 3])
        describe = self.encoder.to_descriptor
        return tf.stack([describe(part, training=False) for part in cells], 1)

    def _cells_of_parts(self, pixels, maps) -> list:
        if self._place == "features":
            cells = self._cells(pixels)
            weights = self._cell_weights(maps, cells.shape)[..., None]
            weighted = {CONTEXT_PART: 1.0, ATTENTION_PART: weights}
            return [cells * weighted[part] for part in self.parts]
        weights = weights_of(maps, self._map_scale)[..., None]
        weighted = {CONTEXT_PART: 1.0, ATTENTION_PART: weights}
        return [self._cells(pixels * weighted[part]) for part in self.parts]

    def _cells(self, pixels):
        mean = tf.constant(self.encoder.mean_rgb)
        pixels = (pixels - mean) * self.encoder.pixel_scale
        return self.encoder.to_cells(pixels, training=False)

    def _cell_weights(self, maps, shape):
        """Weights `[T, k, h', w']` of cells that have a shape."""
        times, *grid = shape[1:4]
        sizes = maps.shape  # [T, K, h, w]
        maps = tf.reshape(
            maps, [-1, times, sizes[1] // times, *sizes[2:]]
        )  # [T, k, K / k, h, w]
        maps = tf.reduce_mean(maps, 2)
        flat = tf.reshape(maps, [-1, *sizes[2:], 1])
        of_cells = tf.image.resize(flat, grid, method="area")
        of_cells = tf.reshape(of_cells, [-1, times, *grid])
        return weights_of(of_cells, self._map_scale)
