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
    """Draws where people look over a frame.

    Args:
        frame: RGB uint8 `[H, W, 3]`, or another frame that
            `AttentionModel.stream` takes.
        density: density of this frame.
        points: float `[n, 2]`, x and y in [0, 1], to draw rings around, such as
            points of gaze.
        **settings: of `rmdn_tf.prediction.overlay.Overlay`: `style` ("heat",
            "contours" or "ellipses"), `colormap`, `opacity`, `side_by_side`,
            `legend`.

    Returns:
        RGB uint8 `[H, W, 3]`, or `[H, 2 W, 3]` if side by side.

    Raises:
        ValueError: the frame or a setting is invalid.
    """
    pixels = rgb_picture(frame, "frame")
    plain = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), RGB)
    drawn = Overlay(**settings)(plain, density, points)
    return drawn.to_ndarray(format=RGB)
