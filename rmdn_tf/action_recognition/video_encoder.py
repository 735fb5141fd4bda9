"""Videos -> one descriptor each: the maximum over the clips of the video.

Frames are read once, in bounded memory.
"""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf

from rmdn_tf.action_recognition.attention_sources import (
    AttentionSource,
    WatchedVideo,
)
from rmdn_tf.action_recognition.choices import ATTENTION_PART, CLIP_STRIDE
from rmdn_tf.action_recognition.weighted_clips import WeightedClips
from rmdn_tf.data.windows import CLIP_LENGTH, CONTEXT
from rmdn_tf.encoders.preprocessing import Preprocessing
from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.video.given_frames import rgb_frames

# Clips that are encoded together; C3D's first layer takes 50 MB for each.
CLIPS_AT_ONCE = 4

# Most frames that wait to be encoded.
MAX_FRAMES = 64


class VideoEncoder:
    """Computes the descriptor of a video: each number's maximum over the clips.

    Clips end at the frames 15, 15 + s, ..., where s is the stride. A video of
    fewer than 16 frames is one clip; its last frame is repeated. The context
    part alone needs no source.

    Call arguments:
        frames: see `rmdn_tf.video.given_frames.rgb_frames`.

    Output shape:
        float32 `[F]` of each part, by name.
    """

    def __init__(
        self,
        clips: WeightedClips,
        source: AttentionSource | None,
        clip_stride: int = CLIP_STRIDE,
    ):
        if source is None and ATTENTION_PART in clips.parts:
            raise ValueError(
                f"Invalid `source`. Expected one for the part "
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
        pooled = np.array(-np.inf)
        watched = self._with_maps(rgb_frames(frames), video)
        while some := list(itertools.islice(watched, self._frames_at_once)):
            of_clips = self._stream(self._join(some))  # [T, P, F]
            if len(of_clips):
                pooled = np.maximum(pooled, of_clips.max(0))
        return dict(zip(self.parts, pooled, strict=True))

    def _with_maps(self, frames, video: WatchedVideo) -> Iterator[tuple]:
        """Yields frames with their maps, at least 16."""
        if self._source is None:
            uniform = np.full(self._size, 1 / np.prod(self._size), np.float32)
            watched: Iterator[tuple] = ((frame, uniform) for frame in frames)
        else:
            watched = self._source.maps(frames, video, self._size)
        num_frames, last = 0, None
        for last in watched:
            yield last
            num_frames += 1
        if last is None:
            raise ValueError(f"No frame in the video '{video.video_id}'.")
        yield from itertools.repeat(last, CLIP_LENGTH - num_frames)

    def _join(self, watched: list[tuple]) -> np.ndarray:
        """Joins resized pixels and maps, `[n, h, w, 4]`."""
        frames, maps = map(np.stack, zip(*watched, strict=True))
        pixels = self._resize(frames).numpy()
        return np.concatenate([pixels, maps[..., None]], -1)
