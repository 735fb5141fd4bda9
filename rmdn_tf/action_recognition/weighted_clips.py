"""Clips and the gaze density of their frames -> descriptors of the clips."""

import tensorflow as tf

from rmdn_tf.action_recognition.choices import (
    ATTENTION_PART,
    CONTEXT_PART,
    MAP_SCALES,
    PARTS,
    PLACES,
)
from rmdn_tf.action_recognition.clip_encoders import ClipEncoder
from rmdn_tf.model.clip_stream import Network


def weights_of(maps: tf.Tensor, scale: str) -> tf.Tensor:
    """Scales densities `[..., h, w]`, not all 0 in a frame, to weights."""
    _require_known("map_scale", scale, MAP_SCALES)
    total_of = {
        "peak": tf.reduce_max,
        "mean": tf.reduce_mean,
        "sum": tf.reduce_sum,
    }[scale]
    return maps / total_of(maps, axis=[-2, -1], keepdims=True)


class WeightedClips(Network):
    """Computes the descriptor of each clip, part by part.

    Frames come as float32 `[h, w, 4]` of the encoder's size: RGB from 0 to 255,
    and the gaze density, which sums to 1. Pixels p are multiplied by the
    weights w before the mean colour m is subtracted:

        scale (w p - m)

    A feature cell sees several frames: its weight is the mean density of these
    frames over the area of the cell.

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
        _require_known("place", place, PLACES)
        _require_known("map_scale", map_scale, MAP_SCALES)
        self.context = encoder.clip_length - 1
        self.encoder = encoder
        self.parts = parts
        self._place = place
        self._map_scale = map_scale
        frames = tf.TensorSpec([1, None, *encoder.input_size, 4], tf.float32)
        self._encode = tf.function(
            self._encode_window,
            [frames, tf.TensorSpec([], tf.int32)],
            jit_compile=False,
            autograph=False,
        )

    def preprocess(self, frames):
        return tf.cast(frames, tf.float32)

    def initial_state(self):
        return {}

    def run(self, window, clip_stride, state):
        return self._encode(window, clip_stride), state

    def _encode_window(self, window, clip_stride):
        length = self.encoder.clip_length
        first = tf.range(0, tf.shape(window)[1] - length + 1, clip_stride)
        indices = first[:, None] + tf.range(length)
        clips = tf.gather(window[0], indices)  # [T, K, h, w, 4]
        cells = self._cells_of_parts(clips[..., :3], clips[..., 3])
        encode = self.encoder.to_descriptor
        return tf.stack([encode(part, training=False) for part in cells], 1)

    def _cells_of_parts(self, pixels, maps) -> list:
        if self._place == "features":
            cells = self._cells(pixels)
            weights = self._cell_weights(maps, cells.shape)
            return [cells * factor for factor in self._factors(weights)]
        weights = weights_of(maps, self._map_scale)
        return [self._cells(pixels * w) for w in self._factors(weights)]

    def _factors(self, weights) -> list:
        factors = {CONTEXT_PART: 1.0, ATTENTION_PART: weights[..., None]}
        return [factors[part] for part in self.parts]

    def _cells(self, pixels):
        mean = tf.constant(self.encoder.mean_rgb)
        pixels = (pixels - mean) * self.encoder.pixel_scale
        return self.encoder.to_cells(pixels, training=False)

    def _cell_weights(self, maps, shape):
        """Computes the weights `[T, k, h', w']` of cells of a shape."""
        times, *grid = shape[1:4]
        length, *size = maps.shape[1:]  # [T, K, h, w]
        maps = tf.reshape(maps, [-1, times, length // times, *size])
        flat = tf.reshape(tf.reduce_mean(maps, 2), [-1, *size, 1])
        of_cells = tf.image.resize(flat, grid, method="area")
        of_cells = tf.reshape(of_cells, [-1, times, *grid])
        return weights_of(of_cells, self._map_scale)


def _require_known(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(
            f"Invalid `{name}`. Expected one of {known}. "
            f"Received: {name}='{value}'."
        )
