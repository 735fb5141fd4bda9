"""What an encoder sees in some videos, in memory: a head learns from it."""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.cached_features import DTYPE
from rmdn_tf.data.windows import Window
from rmdn_tf.files.disk_space import format_bytes
from rmdn_tf.model.parts import build_encoder, build_head
from rmdn_tf.model.stateful import StatefulNetwork, TimeCuts

# Largest features in memory. A frame of the model of the package takes 0.2 MB,
# so they hold about 10,000 frames.
MOST_BYTES = 2**31

_KEPT = ("frame_mask", "fixations", "fixation_mask", "is_first")


class FeatureWindow(NamedTuple):
    """Consecutive frames of one video.

    Attributes:
        batch: of one row, with `features` in place of frames; see
            `rmdn_tf.data.input_pipeline`.
        video_id: name of the video.
        first_frame: index in the video of the first frame with a density.
    """

    batch: dict[str, np.ndarray]
    video_id: str
    first_frame: int


class HeadFeatures:
    """Runs the encoder of a network, then its head; keeps the features.

    Call it as a `rmdn_tf.model.stateful.StatefulNetwork`, with batches of one
    row.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        clip_stride: s, of the model.

    Attributes:
        windows: what it was called with, in order. Features are float16, as in
            a feature cache.
    """

    def __init__(self, model: keras.Model, clip_stride: int):
        self.windows: list[FeatureWindow] = []
        encoder = build_encoder(model)
        self._cut = TimeCuts(model, clip_stride)
        self._num_features = encoder.output_shape[-1]
        self._encode = tf.function(
            lambda frames: tf.cast(encoder(frames, training=False), DTYPE),
            reduce_retracing=True,
            jit_compile=False,  # As in `StatefulNetwork`.
            autograph=False,
        )
        self._run_head = StatefulNetwork(build_head(model), clip_stride)

    def require_memory(self, num_frames: list[int], window: Window) -> None:
        """Refuses videos whose features are too large.

        Args:
            num_frames: of each video that will run.
            window: into which the videos are cut.

        Raises:
            ValueError: they take more than `MOST_BYTES`.
        """
        num_windows = sum(-(-n // window.num_served) for n in num_frames)
        clip = self._num_features * DTYPE.size
        needed = num_windows * window.num_clips * clip
        if needed > MOST_BYTES:
            raise ValueError(
                "Too many frames to train the head on. Expected features of at "
                f"most {format_bytes(MOST_BYTES)} in memory. Received: "
                f"{format_bytes(needed)} of {sum(num_frames)} frames of "
                f"{len(num_frames)} videos. Give a smaller --num_frames, which "
                "takes fewer videos, or train with rmdn train --init_from."
            )

    def __call__(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        parts = [self._encode(part["frames"]) for part in self._cut(batch)]
        features = tf.concat(parts, 1).numpy()
        video_id = batch["video_id"][0].numpy().decode()
        if not np.isfinite(features).all():
            raise ValueError(
                f"Invalid features of video '{video_id}'. Expected finite "
                f"numbers up to {DTYPE.max}, which float16 holds."
            )
        kept = {key: batch[key].numpy() for key in _KEPT}
        window = FeatureWindow(
            kept | {"features": features},
            video_id,
            int(batch["first_frame"][0]),
        )
        self.windows.append(window)
        return self._run_head(window.batch)
