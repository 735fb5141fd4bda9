"""Density of gaze -> factors on the pixels of a frame, or on features."""

import tensorflow as tf

MAP_SCALES = ("peak", "mean", "sum")
"""What is 1 of the factors of a frame:

- "peak": the largest. A factor is the share of light that a pixel keeps, as
  if the map were a grey image over the frame.
- "mean": their mean. A uniform density changes nothing; pixels that are looked
  at get brighter than they were.
- "sum": their sum. The density itself; of 112 x 112 pixels a uniform one
  leaves a twelve-thousandth, so that nearly black frames go in.

The paper multiplies pixels by the map and does not say by which scale. Frames
that are to be seen by a pretrained network ask for "peak", the default.
"""


def weights_of(maps: tf.Tensor, scale: str) -> tf.Tensor:
    """Scales densities to factors.

    Args:
        maps: float `[..., h, w]`, at least 0, not all 0 in a frame.
        scale: of `MAP_SCALES`.

    Returns:
        Like `maps`; proportional to it in each frame.

    Raises:
        ValueError: `scale` is not one of `MAP_SCALES`.
    """
    if scale not in MAP_SCALES:
        raise ValueError(
            f"Invalid `map_scale`. Expected one of {MAP_SCALES}. "
            f"Received: map_scale='{scale}'."
        )
    total_of = {
        "peak": tf.reduce_max,
        "mean": tf.reduce_mean,
        "sum": tf.reduce_sum,
    }[scale]
    return maps / total_of(maps, axis=[-2, -1], keepdims=True)
