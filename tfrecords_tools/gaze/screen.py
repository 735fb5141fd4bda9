"""Pixels of the observers' screen -> pixels of the video that they saw."""

import numpy as np


def screen_to_video(
    points: np.ndarray, size: tuple[int, int], screen_size: tuple[int, int]
) -> np.ndarray:
    """Maps points from the screen to a video that filled the screen's width.

    Bars of equal height lay above and below the video.

    Args:
        points: float64 `[n, 2]`, x and y in pixels of the screen.
        size: (height, width) of the video in pixels.
        screen_size: (height, width) of the screen in pixels.

    Returns:
        float64 `[n, 2]`, x and y in pixels of the video.
    """
    height, width = size
    screen_height, screen_width = screen_size
    scale = width / screen_width
    bar = (screen_height - height / scale) / 2
    with np.errstate(over="ignore", invalid="ignore"):
        return scale * (points - [0, bar])
