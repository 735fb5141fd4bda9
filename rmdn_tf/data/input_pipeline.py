"""Reads the shards of a split as batches of windows.

Two orders:

- `random_cuts`: windows from random places, as the paper trains;
- `ordered_windows`: every frame once, for evaluation and for training with a
  carried state. Row b of a batch continues the video of row b in the batch
  before; `is_first` marks where the next video begins.

With cached features in place of frames, the order and the random draws are the
same.

A batch is a dict of B rows, L = `window.num_used` frames, F =
`window.num_served` frames with a density, and N fixations:

    frames          uint8 [B, L, H, W, 3] or, from a feature cache,
    features        float16 [B, T, D]     one row for each clip; those past the
                                          end are meaningless
    frame_mask      bool [B, F]           False past the end of the video
    fixations       float32 [B, F, N, 2]  (x, y) in [0, 1]
    fixation_mask   bool [B, F, N]        False where padded
    is_first        bool [B]              the row's video begins here; always
                                          True in `random_cuts`
    video_id        string [B]            "" after the row's last video
    first_frame     int64 [B]             index in the video of the first of F
    truth           float32 [B, F, Ct, 6] only in `ordered_windows`, if the
                                          true density is known
    actions         float32 [B, A]        only with `actions`: 1 if the video
                                          has the class as a label
"""

import tensorflow as tf

from rmdn_tf.data.random_windows import random_cuts
from rmdn_tf.data.windows_in_order import ordered_windows

__all__ = ["ordered_windows", "random_cuts", "to_device"]


def to_device(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Prefetches two batches to the first GPU, or to host memory without one.

    A GPU cannot hold strings: drop `video_id` before.
    """
    if tf.config.list_logical_devices("GPU"):
        return dataset.apply(
            tf.data.experimental.prefetch_to_device("/GPU:0", 2)
        )
    return dataset.prefetch(2)
