"""Decodes the JPEG frames of a prepared dataset, to one size."""

import os
from collections.abc import Sequence

import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.records import SPEC
from rmdn_tf.data.windows import Window


class StoredFrames:
    """Frames, as the shards of a prepared dataset hold them.

    Args:
        info: the dataset.
        data_dir: directory of the dataset.

    Attributes:
        key: of the frames in a record and in a batch.
        spec: keys and types of a record.
        directory: of the shards.
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
        """Returns how many frames a window holds."""
        return window.num_used

    def cut(
        self,
        values: tf.Tensor,
        context: tf.Tensor,
        begins: tf.Tensor,
        window: Window,
    ) -> tf.Tensor:
        """Gathers the frames of windows; the first one served is at `begins`.

        Args:
            values: string `[n]`, the frames of a record.
            context: string `[15]`, the frames before it.
            begins: int32 `[W]`, index in the record.
            window: the `Window`.

        Returns:
            String `[W, num_values]`; past the end the last frame is repeated.
        """
        used = begins[:, None] + tf.range(window.num_used)
        used = tf.minimum(used, len(context) + tf.size(values) - 1)
        return tf.gather(tf.concat([context, values], 0), used)

    def decode(self, stored: tf.Tensor) -> tf.Tensor:
        """Decodes bytes, string `[n]` -> uint8 `[n, H, W, 3]`."""
        return tf.map_fn(
            self.decode_frame, stored, fn_output_signature=tf.uint8
        )

    def decode_frame(self, jpeg: tf.Tensor) -> tf.Tensor:
        """Decodes JPEG bytes `[]` -> uint8 `[H, W, 3]`.

        Compares the size in the header first: pixels of another size take no
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
        return shrink(frame, self._size)

    def chunks(
        self,
        path: str | os.PathLike,
        chunk_size: int,
        video_ids: Sequence[str] | None = None,
    ) -> tf.data.Dataset:
        """Decodes a shard frame by frame, in order and in parallel.

        Args:
            path: of the shard.
            chunk_size: most frames, all of one record, that come at once.
            video_ids: the videos to decode; None for all.

        Returns:
            A dataset of records as `parse_example` gives them, `frames` being
            `chunk_size` or fewer decoded frames, uint8 `[n, H, W, 3]`.
        """
        records = tf.data.TFRecordDataset(os.fspath(path)).map(parse_example)
        if video_ids is not None:
            wanted = tf.constant(list(video_ids), tf.string)
            records = records.filter(
                lambda record: tf.reduce_any(record["video_id"] == wanted)
            )

        def of_record(record):
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


def shrink(frame: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Resizes a whole frame, uint8 `[H, W, 3]`, to (height, width).

    Averages all pixels under an output pixel, as preparation does.
    """
    resized = tf.image.resize(frame, size, method="area")
    return tf.cast(tf.round(resized), tf.uint8)
