"""Draws a density over a frame that is an array, for notebooks and papers."""

from collections.abc import Sequence
from typing import Any

import av
import numpy as np

from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.overlay import Overlay
from rmdn_tf.video.decoding import RGB
from rmdn_tf.video.given_frames import rgb_picture


def draw(
    frame: np.ndarray,
    density: Density,
    points: Sequence | np.ndarray = (),
    **settings: Any,
) -> np.ndarray:
    """Draws where people look over a frame; see `rmdn_tf.draw`."""
    pixels = rgb_picture(frame, "frame")
    plain = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), RGB)
    drawn = Overlay(**settings)(plain, density, points)
    return drawn.to_ndarray(format=RGB)
