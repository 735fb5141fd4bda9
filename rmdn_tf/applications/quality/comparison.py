"""Reads a reference and its distorted videos side by side, and scores frames.

    (scores,) = compare(model, "A.mp4", ["B.mp4"], NetworkSettings())
    scores.pooled()["weighted_psnr"]["mean"]

Memory grows by a few numbers for each frame.
"""

import contextlib
import os
from collections.abc import Sequence

from tqdm import tqdm

from rmdn_tf.applications.quality.compared_video import (
    compared_video,
    frame_times,
)
from rmdn_tf.applications.quality.luma import luma_of
from rmdn_tf.applications.quality.scores import attention_weights
from rmdn_tf.applications.quality.sizes import require_size_for_ssim
from rmdn_tf.applications.quality.video_scores import VideoScores
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.settings import NetworkSettings


def compare(
    model: AttentionModel,
    reference: str | os.PathLike,
    videos: Sequence[str | os.PathLike],
    settings: NetworkSettings,
    *,
    scale: bool = False,
    offset: float | None = None,
) -> list[VideoScores]:
    """Scores every frame of distorted videos against their reference.

    Args:
        model: tells where people look in the reference.
        reference: path of a video or a picture.
        videos: paths of its distorted versions.
        settings: how the network runs.
        scale: resize the videos to the size of the reference, bicubic.
        offset: seconds of the reference before the first frame of the videos;
            None for 0. With None, a video whose frames are shifted is an error;
            otherwise it gives a warning.

    Returns:
        The scores of each video, in the order of `videos`.

    Raises:
        ValueError: a file is invalid, or does not fit the reference in times,
            size or colours.
    """
    with contextlib.ExitStack() as stack:
        original = stack.enter_context(
            predicted_video(model, reference, settings)
        )
        times = frame_times(original.reader)[: settings.num_frames]
        first = original.reader.first_frame
        if first is not None:
            size = first.height, first.width
            require_size_for_ssim(original.reader.name, size)
        compared = [
            stack.enter_context(
                compared_video(
                    path,
                    first,
                    original.reader.pixel_aspect,
                    times,
                    is_whole=settings.is_whole,
                    scale=scale,
                    offset=offset,
                )
            )
            for path in videos
        ]
        bar = tqdm(original, unit="frame", total=original.total, leave=False)
        for frame, density in bar:
            luma = luma_of(frame)
            weights = attention_weights(density, (frame.height, frame.width))
            for video in compared:
                video.add(frame.time, luma, weights)
        original.report_damage(bar.n)
        return [video.finish() for video in compared]
