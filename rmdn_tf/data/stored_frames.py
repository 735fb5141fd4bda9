"""Decodes the JPEG frames of a prepared dataset to frames of one size."""

import os
from collections.abc import Sequence

import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.record_dataset import records_of
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.records import SPEC
from rmdn_tf.data.windows import Window
from rmdn_tf.video.resizing import resize_pixels


class StoredFrames:
    """Cuts and decodes the frames of a prepared dataset.

    Attributes:
        key: name of the frames in a record and in a batch.
        spec: keys and types of a record.
        directory: place of the shards.
        blank: bytes of a black frame.
    """

    key = "frames"
    spec = SPEC

    def __init__(self, info: DatasetInfo, data_dir: str | os.PathLike):
        self.directory = data_dir
        self._size = info.size
        # Frames stored at their own aspect ratio differ in size.
        self._max_size = info.max_size
        black = tf.zeros([*self._size, 3], tf.uint8)
        self.blank = tf.io.encode_jpeg(black)

    def num_values(self, window: Window) -> int:
        """Counts the frames of a window."""
        return window.num_used

    def cut(
        self,
        values: tf.Tensor,
        context: tf.Tensor,
        begins: tf.Tensor,
        window: Window,
    ) -> tf.Tensor:
        """Gathers the encoded frames of windows.

        Args:
            values: string `[n]`, the frames of a record.
            context: string `[15]`, the frames before the record.
            begins: int32 `[W]`, index in the record of the first served frame.

        Returns:
            String `[W, num_values]`; past the end the last frame is repeated.
        """
        used = begins[:, None] + tf.range(window.num_used)
        used = tf.minimum(used, len(context) + tf.size(values) - 1)
        return tf.gather(tf.concat([context, values], 0), used)

    def decode(self, stored: tf.Tensor) -> tf.Tensor:
        """Decodes JPEGs, string `[n]` -> uint8 `[n, H, W, 3]`.

        Decodes equal JPEGs once: windows repeat a frame before the begin and
        after the end of a video.
        """
        different, place = tf.unique(stored)
        frames = tf.map_fn(
            self.decode_frame, different, fn_output_signature=tf.uint8
        )
        return tf.gather(frames, place)

    def decode_frame(self, jpeg: tf.Tensor) -> tf.Tensor:
        """Decodes a JPEG, string `[]` -> uint8 `[H, W, 3]`.

        Checks the size in the header first: a frame that is too large takes no
        memory.
        """
        size = tf.io.extract_jpeg_shape(jpeg)[:2]
        if self._max_size is None:
            holds = tf.reduce_all(size == self._size)
            expected = f"of the size {self._size}"
        else:
            holds = tf.reduce_max(size) <= self._max_size
            expected = f"with sides of at most {self._max_size} pixels"
        sentence = (
            f"Invalid `frames` in a record. Expected JPEGs {expected}. "
            "Received one of the size"
        )
        checked = tf.debugging.Assert(holds, [sentence, size])
        with tf.control_dependencies([] if checked is None else [checked]):
            frame = tf.io.decode_jpeg(tf.identity(jpeg), channels=3)
        if self._max_size is None:
            return tf.ensure_shape(frame, [*self._size, 3])
        return resize_pixels(frame[None], self._size)[0]

    def chunks(
        self,
        path: str | os.PathLike,
        chunk_size: int,
        video_ids: Sequence[str] | None = None,
    ) -> tf.data.Dataset:
        """Decodes the frames of a shard in order.

        Args:
            path: the shard.
            chunk_size: most frames of an element.
            video_ids: the videos to decode; None for all.

        Returns:
            A dataset of dicts as from `parse_example`, whose `frames` are the
            next `chunk_size` or fewer frames of a record, uint8
            `[n, H, W, 3]`.
        """
        records = records_of(path).map(parse_example)
        if video_ids is not None:
            wanted = tf.constant(list(video_ids), tf.string)
            records = records.filter(
                lambda record: tf.reduce_any(record["video_id"] == wanted)
            )

        def of_record(record: dict) -> tf.data.Dataset:
            frames = tf.data.Dataset.from_tensor_slices(record.pop("frames"))
            decoded = frames.map(
                self.decode_frame,
                num_parallel_calls=tf.data.AUTOTUNE,
                deterministic=True,
            )
            return decoded.batch(chunk_size).map(
                lambda frames: {**record, "frames": frames}
            )

        return records.flat_map(of_record).prefetch(2)
