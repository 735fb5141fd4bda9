"""Videos -> one descriptor each: that of their clips, pooled by the maximum.

Frames go by once, in bounded memory, whatever the length of the video.
"""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf

from rmdn_tf.action_recognition.attention_sources import (
    AttentionSource,
    WatchedVideo,
)
from rmdn_tf.action_recognition.weighted_clips import (
    ATTENTION_PART,
    WeightedClips,
)
from rmdn_tf.data.windows import CLIP_LENGTH, CONTEXT
from rmdn_tf.encoders.preprocessing import Preprocessing
from rmdn_tf.model.clip_stream import ClipStream

CLIP_STRIDE = 8
"""Frames from one clip's end to the next. The paper does not say; C3D's own
videos are described by clips that overlap by 8."""

CLIPS_AT_ONCE = 4
"""Clips of a video that are described together: of the paper's C3D a clip
takes 50 MB in the first layer alone."""

MAX_FRAMES = 64
"""Frames that wait to be described, at most."""


class VideoEncoder:
    """Describes a video by the largest of each number over its clips.

    Clips are whole: they end at the frames 15, 15 + s, ... A video of fewer
    than 16 frames is one clip, its last frame repeated.

    Args:
        clips: what describes a clip.
        source: of the attention; None where only the context is wanted.
        clip_stride: s.

    Call arguments:
        frames: uint8 `[H, W, 3]`, RGB, of one size.
        video: what is known of the video.

    Output shape:
        float32 `[F]` of each of the parts, by name.
    """

    def __init__(
        self,
        clips: WeightedClips,
        source: AttentionSource | None,
        clip_stride: int = CLIP_STRIDE,
    ):
        if source is None and ATTENTION_PART in clips.parts:
            raise ValueError(
                "Invalid `source`. Expected one for the part "
                f"'{ATTENTION_PART}'. Received: source=None."
            )
        self.parts = clips.parts
        self._source = source
        self._frames_at_once = min(CLIPS_AT_ONCE * clip_stride, MAX_FRAMES)
        self._stream = ClipStream(clips, clip_stride, first_end=CONTEXT)
        self._size = clips.encoder.input_size
        resize = Preprocessing(*self._size, (0.0, 0.0, 0.0), 1.0)
        self._resize = tf.function(
            lambda frames: resize(frames[None])[0],
            jit_compile=False,
            autograph=False,
            reduce_retracing=True,
        )

    def __call__(
        self, frames: Iterable[np.ndarray], video: WatchedVideo
    ) -> dict[str, np.ndarray]:
        self._stream.reset()
        pooled = None
        for chunk in self._chunks(self._with_maps(frames, video)):
            described = self._stream(self._join(*chunk))  # [T, P, F]
            if len(described):
                largest = described.max(0)
                pooled = (
                    largest if pooled is None else np.maximum(pooled, largest)
                )
        return dict(zip(self.parts, pooled, strict=True))

    def _with_maps(self, frames, video: WatchedVideo) -> Iterator[tuple]:
        """Frames with their maps, 16 of them at least."""
        uniform = np.full(self._size, 1 / np.prod(self._size), np.float32)
        watched = (
            ((frame, uniform) for frame in frames)
            if self._source is None
            else self._source.maps(frames, video, self._size)
        )
        num_frames, last = 0, None
        for last in watched:
            yield last
            num_frames += 1
        if last is None:
            raise ValueError(f"No frame in the video '{video.video_id}'.")
        yield from itertools.repeat(last, CLIP_LENGTH - num_frames)

    def _chunks(self, items: Iterator[tuple]) -> Iterator[tuple]:
        while chunk := list(itertools.islice(items, self._frames_at_once)):
            frames, maps = zip(*chunk, strict=True)
            yield np.stack(frames), np.stack(maps)

    def _join(self, frames: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """Resized pixels and maps, `[n, h, w, 4]`."""
        pixels = self._resize(frames).numpy()
        return np.concatenate([pixels, maps[..., None]], -1)
