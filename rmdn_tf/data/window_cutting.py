"""Cuts records into windows, as graphs of TensorFlow.

Frames and features stay encoded until `decode`, so that shuffling moves few
bytes.
"""

import dataclasses

import tensorflow as tf

from rmdn_tf.data.cached_features import CachedFeatures
from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.windows import CONTEXT, Window


@dataclasses.dataclass(frozen=True)
class WindowCutter:
    """Cuts records into windows.

    Attributes:
        stored: decodes the frames or features of the records.
        fixations_per_frame: N; if a frame has more, N are drawn at random.
        actions: classes for `actions` of a batch; empty leaves the key out.
        truth_num_components: Ct of the true densities; 0 leaves them out.
    """

    stored: StoredFrames | CachedFeatures
    window: Window
    fixations_per_frame: int
    actions: tuple[str, ...] = ()
    truth_num_components: int = 0

    def at_random(
        self, serialized: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Cuts a record, string `[]`, at random places; seed: int64 `[2]`.

        Returns:
            The keys of a batch; the leading axis is that of the cuts.
        """
        record = parse_example(serialized, self.stored.spec)
        num_frames = tf.cast(record["num_frames"], tf.int32)
        # The context of the first frames lies in the record before.
        lowest = CONTEXT * tf.cast(record["first_frame"] > 0, tf.int32)
        highest = tf.maximum(lowest, num_frames - self.window.num_served)
        num_cuts = -(-(num_frames - lowest) // self.window.num_served)
        begins = tf.random.stateless_uniform(
            [tf.maximum(num_cuts, 0)], seed, lowest, highest + 1, tf.int32
        )
        context = tf.repeat(record[self.stored.key][:1], CONTEXT)
        windows = self._cut(record, begins, context, seed + 1)
        return {**windows, "is_first": tf.ones_like(begins, tf.bool)}

    def in_order(
        self, context: tf.Tensor, element: tuple[tf.Tensor, tf.Tensor]
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Cuts a record into windows that follow each other; for `scan`.

        Args:
            context: string `[15]`, the encoded frames before the record.
            element: the serialized record, string `[]`, and a seed, `[2]`.

        Returns:
            The context of the next record, and windows as from `at_random`.
        """
        serialized, seed = element
        record = parse_example(serialized, self.stored.spec)
        values = record[self.stored.key]
        is_first = tf.equal(record["first_frame"], 0)
        context = tf.where(is_first, values[0], context)
        num_frames = tf.cast(record["num_frames"], tf.int32)
        begins = tf.range(0, num_frames, self.window.num_served)
        windows = self._cut(record, begins, context, seed)
        windows["is_first"] = tf.logical_and(is_first, begins == 0)
        context = tf.concat([context, values[-CONTEXT:]], 0)[-CONTEXT:]
        return tf.ensure_shape(context, [CONTEXT]), windows

    def _cut(
        self,
        record: dict[str, tf.Tensor],
        begins: tf.Tensor,
        context: tf.Tensor,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Cuts windows whose first served frames are `begins`, `[W]`."""
        num_frames = tf.cast(record["num_frames"], tf.int32)
        served = begins[:, None] + tf.range(self.window.num_served)
        frame_mask = served < num_frames
        # Past the end: the last frame again, masked.
        served = tf.minimum(served, num_frames - 1)
        points, mask = draw_fixations(record, self.fixations_per_frame, seed)
        stored = self.stored
        windows = {
            stored.key: stored.cut(
                record[stored.key], context, begins, self.window
            ),
            "frame_mask": frame_mask,
            "fixations": tf.gather(points, served),
            "fixation_mask": tf.gather(mask, served) & frame_mask[..., None],
            "video_id": tf.fill(tf.shape(begins), record["video_id"]),
            "first_frame": record["first_frame"] + tf.cast(begins, tf.int64),
        }
        # No key with empty tensors: `unbatch` would crash the process.
        if self.truth_num_components:
            windows["truth"] = tf.gather(record["truth_mixture"], served)
        if self.actions:
            labels = record["labels"][:, None]
            shown = tf.reduce_any(labels == list(self.actions), 0)
            targets = tf.cast(shown, tf.float32)[None]
            windows["actions"] = tf.repeat(targets, tf.size(begins), 0)
        return windows

    def blank(self) -> dict[str, tf.Tensor]:
        """Makes a window of the usual shapes with all frames masked."""
        num_served = self.window.num_served
        num_fixations = self.fixations_per_frame
        num_values = self.stored.num_values(self.window)
        blank = {
            self.stored.key: tf.fill([num_values], self.stored.blank),
            "frame_mask": tf.zeros([num_served], tf.bool),
            "fixations": tf.zeros([num_served, num_fixations, 2]),
            "fixation_mask": tf.zeros([num_served, num_fixations], tf.bool),
            "video_id": tf.constant(""),
            "first_frame": tf.constant(0, tf.int64),
            "is_first": tf.constant(False),
        }
        if self.actions:
            blank["actions"] = tf.zeros([len(self.actions)])
        if self.truth_num_components:
            blank["truth"] = tf.zeros(
                [num_served, self.truth_num_components, 6]
            )
        return blank

    def decode(self, windows: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Decodes frames or features, string `[..., n]` -> `[..., n, *]`."""
        values = windows[self.stored.key]
        decoded = self.stored.decode(tf.reshape(values, [-1]))
        shape = [*values.shape, *decoded.shape[1:]]
        return {**windows, self.stored.key: tf.reshape(decoded, shape)}


def make_cutter(
    info: DatasetInfo,
    stored: StoredFrames | CachedFeatures,
    window: Window,
    fixations_per_frame: int | None = None,
    actions: tuple[str, ...] = (),
) -> WindowCutter:
    """Makes what cuts the records of a dataset.

    Args:
        info: the facts of the dataset.
        stored: cuts and decodes its frames or features.
        window: length and clip stride of a window.
        fixations_per_frame: N; None keeps all.
        actions: classes for `actions` of a batch.
    """
    if fixations_per_frame is None:
        # Without any fixation in the dataset, N is 1 and masked.
        fixations_per_frame = max(info.max_fixations_per_frame, 1)
    num_components = info.truth_num_components
    return WindowCutter(
        stored, window, fixations_per_frame, actions, num_components
    )


def draw_fixations(
    record: dict[str, tf.Tensor], fixations_per_frame: int, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Draws at most N fixations of each frame, without replacement.

    Returns:
        Points float32 `[n, N, 2]` and mask bool `[n, N]`.
    """
    frame = record["fixation_frame"]
    key = tf.random.stateless_uniform(tf.shape(frame), seed, dtype=tf.float64)
    order = tf.argsort(tf.cast(frame, tf.float64) + key)
    points = tf.stack([record["fixation_x"], record["fixation_y"]], -1)
    per_frame = tf.RaggedTensor.from_value_rowids(
        tf.gather(points, order),
        tf.gather(frame, order),
        nrows=record["num_frames"],
    )[:, :fixations_per_frame]
    mask = tf.sequence_mask(per_frame.row_lengths(), fixations_per_frame)
    points = per_frame.to_tensor(shape=[None, fixations_per_frame, 2])
    return points, mask
