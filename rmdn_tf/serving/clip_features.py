"""Encodes the clips of a request, a few at a time."""

import keras
import tensorflow as tf

from rmdn_tf.model.parts import build_encoder
from rmdn_tf.serving.network_cost import clips_together


class ClipFeatures:
    """Encodes the clips that end at given frames, to float `[B, T, D]`.

    Takes frames, uint8 `[B, L, H, W, 3]`, and ends, int32 `[T]`. A clip that
    would begin before the first frame repeats that frame. `context` is the
    number of frames before a clip's last one that the network uses.

    Clips are encoded in parts, so that a server's memory does not grow with
    their number. Frames are resized before clips repeat them: a frame as sent
    may be a thousand times as large.
    """

    def __init__(self, model: keras.Model):
        self.context = model.get_layer("clips").context
        self._preprocess = model.get_layer("preprocessing")
        self._encoder = build_encoder(model, preprocessed=True)
        self._most = clips_together(model)

    def __call__(self, frames: tf.Tensor, ends: tf.Tensor) -> tf.Tensor:
        num_rows, num_frames = tf.unstack(tf.shape(frames)[:2])
        frames = self._preprocess(frames)
        frames = tf.reshape(frames, [-1, *frames.shape[2:]])  # [B L, h, w, 3]
        of_clip = tf.maximum(ends[:, None] + tf.range(-self.context, 1), 0)
        of_row = tf.range(num_rows)[:, None, None] * num_frames
        places = tf.reshape(of_row + of_clip, [-1, self.context + 1])
        features = self._encode(frames, places)  # [B T, D]
        shape = [num_rows, tf.size(ends), self._encoder.output.shape[-1]]
        return tf.reshape(features, shape)

    def _encode(self, frames, places):
        """Encodes N clips of the frames at `places`, `[N, 16]`."""
        most, output = self._most, self._encoder.output
        num_parts = -(-tf.shape(places)[0] // most)
        empty = tf.TensorArray(
            output.dtype,
            num_parts,
            infer_shape=False,
            element_shape=[None, output.shape[-1]],
        )

        def encode(part, parts):
            some = places[part * most : (part + 1) * most]
            clips = tf.gather(frames, some)  # [n, 16, h, w, 3]
            features = self._encoder(clips, training=False)[:, 0]
            return part + 1, parts.write(part, features)

        _, parts = tf.while_loop(
            lambda part, _: part < num_parts,
            encode,
            (0, empty),
            parallel_iterations=1,
        )
        return parts.concat()
