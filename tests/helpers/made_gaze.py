"""Videos with made-up gaze, and their frames, without a dataset."""

import dataclasses

import numpy as np

from rmdn_tf.data.annotations import Video
from rmdn_tf.data.records import Fixations
from rmdn_tf.evaluation.frames import Frames


def make_video(
    video_id="a", num_frames=4, num_observers=6, seed=0, spread=0.05
) -> Video:
    """Returns a video whose observers look near one place in each frame."""
    generator = np.random.default_rng(seed)
    centres = generator.uniform(0.2, 0.8, (num_frames, 1, 2))
    shape = (num_frames, num_observers, 2)
    points = np.clip(generator.normal(centres, spread, shape), 0, 1)
    frame, observer = np.indices(shape[:2])
    rows = np.column_stack(
        [frame.ravel(), points.reshape(-1, 2), observer.ravel()]
    )
    return Video(
        video_id, (), (48, 64), 10.0, num_frames, Fixations.from_rows(rows)
    )


def without_fixations(video: Video, frames) -> Video:
    """Returns the video without the fixations on some frames."""
    kept = ~np.isin(video.fixations.frame, list(frames))
    fields = dataclasses.fields(Fixations)
    rows = (getattr(video.fixations, field.name)[kept] for field in fields)
    return dataclasses.replace(video, fixations=Fixations(*rows))


def frames_of(video: Video, numbers=None) -> Frames:
    """Returns all frames of a video, or some, as one window."""
    numbers = np.arange(video.num_frames) if numbers is None else numbers
    numbers = np.asarray(numbers)
    return Frames(video, numbers, 0, numbers, {}, {})
