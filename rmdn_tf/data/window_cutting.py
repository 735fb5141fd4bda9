"""Records -> windows, still as stored bytes; runs inside `tf.data`."""

import tensorflow as tf

from rmdn_tf.data.cached_features import CachedFeatures
from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.windows import Window


def windows_at(
    begins: tf.Tensor,
    record: dict[str, tf.Tensor],
    context: tf.Tensor,
    fixations: tuple[tf.Tensor, tf.Tensor],
    window: Window,
    stored: StoredFrames | CachedFeatures,
    actions: tuple[str, ...] = (),
) -> dict[str, tf.Tensor]:
    """Cuts windows whose first served frame is at `begins` of a record.

    Args:
        begins: int32 `[W]`, index in the record.
        record: as `parse_example` gives it.
        context: string `[15]`, what is stored of the frames before the record.
        fixations: points `[n, N, 2]` and mask `[n, N]` of the record's frames.
        window: the `Window`.
        stored: what the record holds of each frame.
        actions: names of the classes that are asked for.

    Returns:
        The keys of a batch, less `is_first`, with leading axis W; what is
        stored is bytes still.
    """
    num_frames = tf.cast(record["num_frames"], tf.int32)
    served = begins[:, None] + tf.range(window.num_served)
    frame_mask = served < num_frames
    # Past the end the last frame stands in; the mask keeps it from counting.
    served = tf.minimum(served, num_frames - 1)
    points, mask = fixations
    windows = {
        stored.key: stored.cut(record[stored.key], context, begins, window),
        "frame_mask": frame_mask,
        "fixations": tf.gather(points, served),
        "fixation_mask": tf.gather(mask, served) & frame_mask[..., None],
        "video_id": tf.fill(tf.shape(begins), record["video_id"]),
        "first_frame": record["first_frame"] + tf.cast(begins, tf.int64),
        "truth": tf.gather(record["truth_mixture"], served),
    }
    if actions:
        shown = tf.reduce_any(record["labels"][:, None] == list(actions), 0)
        targets = tf.cast(shown, tf.float32)[None]
        windows["actions"] = tf.repeat(targets, tf.size(begins), 0)
    return windows


def blank_window(
    info: DatasetInfo,
    window: Window,
    fixations_per_frame: int,
    stored: StoredFrames | CachedFeatures,
    actions: tuple[str, ...] = (),
) -> dict[str, tf.Tensor]:
    """A window without a valid frame; its shapes are those of every other."""
    num_served = window.num_served
    num_components = info.truth_num_components
    blank = {
        stored.key: tf.fill([stored.num_values(window)], stored.blank),
        "frame_mask": tf.zeros([num_served], tf.bool),
        "fixations": tf.zeros([num_served, fixations_per_frame, 2]),
        "fixation_mask": tf.zeros([num_served, fixations_per_frame], tf.bool),
        "video_id": tf.constant(""),
        "first_frame": tf.constant(0, tf.int64),
        "is_first": tf.constant(False),
    }
    if actions:
        blank["actions"] = tf.zeros([len(actions)])
    if num_components:
        blank["truth"] = tf.zeros([num_served, num_components, 6])
    return blank


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
