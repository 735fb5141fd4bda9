"""The gaze of people as a model: fixations, blurred."""

from typing import Any

import numpy as np

from rmdn_tf.data.annotations import Video
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.recording import Replay
from rmdn_tf.video.frame_selection import FrameSelection

# Blur of people's gaze, a share of the frame's sides, and the share of a
# uniform density: those that explain other people's gaze best, by
# `experiments.spatial.score`.
SIGMA, UNIFORM_SHARE = 0.045, 0.1

# Standard deviation of the Gaussian that stands for a uniform density, and its
# probability in the frame.
_FLAT, _FLAT_VISIBLE = 2.0, 0.0390


class PeopleModel(AttentionModel):
    """Gives the blurred fixations of people as densities.

    It runs through the frames of its video once.

    Args:
        gaze: the video with its fixations.
        config: settings of the model to compare with, whose clips end in the
            same frames.
    """

    def __init__(self, gaze: Video, config: ModelConfig):
        times = gaze.times_of(np.arange(gaze.num_frames))
        durations = np.diff(
            times, append=times[-1:] + 1 / gaze.frames_per_second
        )
        looks_at = FrameSelection(config.frames_per_second)
        seen = [
            number
            for number, moment in enumerate(zip(times, durations, strict=True))
            if looks_at(*moment)
        ]
        found = gaze.gaze_on(np.array(seen[:: config.clip_stride]))
        parameters = [
            blurred(points[known], found.mask.shape[1])
            for points, known in zip(found.points, found.mask, strict=True)
        ]
        super().__init__(Replay(parameters), config)


def blurred(points: np.ndarray, most: int) -> np.ndarray:
    """Blurs fixations to a density.

    Args:
        points: float `[n, 2]`, (x, y) in [0, 1]; n may be 0.
        most: the largest n of the video.

    Returns:
        Parameters, float32 `[most + 1, 6]`.
    """
    moments = np.zeros([most + 1, 6])
    moments[:, 3:5] = SIGMA
    number = len(points)
    moments[:number, 1:3] = points
    share = UNIFORM_SHARE if number else 1.0
    moments[:number, 0] = (1 - share) / max(1, number)
    moments[-1] = share / _FLAT_VISIBLE, 0.5, 0.5, _FLAT, _FLAT, 0
    return parameters_from_moments(moments)


def fixations_of(gaze: Video) -> dict[str, Any]:
    """Returns `Fixations` of the page.

    Args:
        gaze: the video with its fixations.
    """
    found = gaze.gaze_on(np.arange(gaze.num_frames))
    frames = [
        [
            [round(float(x), 4), round(float(y), 4), int(observer)]
            for (x, y), observer in zip(
                points[known], observers[known], strict=True
            )
        ]
        for points, observers, known in zip(
            found.points, found.observers, found.mask, strict=True
        )
    ]
    times = gaze.times_of(np.arange(gaze.num_frames))
    return {
        "frames_per_second": gaze.frames_per_second,
        "times": times.tolist(),
        "frames": frames,
    }
