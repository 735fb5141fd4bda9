"""Runs a model through a video, and records its densities."""

import os
from collections.abc import Callable

from rmdn_tf.applications.view.recording import FrameTime, Recording
from rmdn_tf.applications.view.tasks import Task
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.video.shots import ShotDetector


def record(
    model: AttentionModel,
    video: str | os.PathLike,
    recording: Recording,
    task: Task,
    take_bytes: Callable[[int], None],
    max_seconds: float,
    num_frames: int | None,
) -> None:
    """Runs a model through a video.

    Args:
        model: the model.
        video: a file.
        recording: takes the densities.
        task: takes the progress.
        take_bytes: called with the number of bytes that go to the disk.
        max_seconds: longest video to accept.
        num_frames: number of frames to expect; None if unknown.

    Raises:
        ValueError: the video is damaged or too long.
    """
    begins_shot = ShotDetector()
    last: Density | None = None
    is_after_cut = False
    # Each density is held until the next one: a new one tells a clip's end.
    settings = NetworkSettings(hold=True)
    with predicted_video(model, video, settings) as predicted:
        for number, (frame, density) in enumerate(predicted):
            task.go_on(number, num_frames)
            if frame.time > max_seconds:
                raise ValueError(
                    f"The video is longer than {max_seconds / 60:g} minutes."
                )
            is_cut = begins_shot(frame)
            is_after_cut |= is_cut
            duration = float(frame.duration * frame.time_base)
            recording.add_frame(
                FrameTime(
                    frame.time,
                    duration,
                    is_cut,
                    frame.pts in predicted.reader.restarts,
                )
            )
            if density is not last:
                take_bytes(recording.add(frame.time, density, is_after_cut))
                last, is_after_cut = density, False
    recording.complete()
