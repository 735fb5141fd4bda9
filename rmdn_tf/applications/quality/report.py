"""Tables, JSON and text of what a comparison has found."""

import os
from collections.abc import Iterator, Sequence
from math import isnan

import numpy as np

from rmdn_tf.applications.quality.video_scores import METRICS, VideoScores
from rmdn_tf.files.csv_tables import write_table
from rmdn_tf.files.published import write_json

# Worst moments that are named, and the seconds between two of them.
NUM_MOMENTS, SECONDS_APART = 3, 1.0


def write_frames(videos: Sequence[VideoScores], path: str) -> None:
    """Writes a row for each video and frame, CSV.

    The columns are `video`, `frame` and `time_seconds` of the reference, and
    `METRICS`, empty where the video has no frame.
    """
    write_table(path, _rows(videos))


def _rows(videos: Sequence[VideoScores]) -> Iterator[Sequence]:
    yield ("video", "frame", "time_seconds", *METRICS)
    for video in videos:
        frames = zip(*video.of_frames().values(), strict=True)
        for number, (time, values) in enumerate(
            zip(video.times, frames, strict=True)
        ):
            yield (
                video.name,
                number,
                f"{time:.6f}",
                *("" if isnan(value) else f"{value:.6f}" for value in values),
            )


def write_summary(
    videos: Sequence[VideoScores], reference: str, model: str, path: str
) -> None:
    """Writes all frames and pooled values, JSON, with libvmaf's names."""
    write_json(
        path,
        {
            "reference": os.fspath(reference),
            "model": os.fspath(model),
            "videos": [_document(video) for video in videos],
        },
    )


def _document(video: VideoScores) -> dict:
    frames = zip(*video.of_frames().values(), strict=True)
    return {
        "video": video.name,
        "num_compared": int(video.is_matched.sum()),
        "num_missing": int((~video.is_matched).sum()),
        "num_unused": video.num_unused,
        "pooled_metrics": video.pooled(),
        "frames": [
            {
                "frameNum": number,
                "time_seconds": float(video.times[number]),
                "metrics": dict(zip(METRICS, map(float, values), strict=True)),
            }
            for number, values in enumerate(frames)
            if video.is_matched[number]
        ],
    }


def worst_moments(video: VideoScores) -> list[int]:
    """Returns the frames of the lowest weighted PSNR, at most `NUM_MOMENTS`.

    They are at least `SECONDS_APART`, the worst one first.
    """
    values = video.of_frames()["weighted_psnr"]
    order = np.argsort(values)[: int(video.is_matched.sum())]
    chosen: list[int] = []
    for number in order:
        distances = np.abs(video.times[chosen] - video.times[number])
        if (distances >= SECONDS_APART).all():
            chosen.append(int(number))
        if len(chosen) == NUM_MOMENTS:
            break
    return chosen


def format_table(videos: Sequence[VideoScores]) -> str:
    """Formats the pooled values for the screen, the best video first."""
    pooled = [video.pooled() for video in videos]
    order = sorted(
        range(len(videos)),
        key=lambda n: -pooled[n]["weighted_psnr"]["of_mean_mse"],
    )
    head = ["video", "PSNR", "weighted", "5 %", "SSIM", "weighted", "5 %"]
    rows = [head]
    for number in order:
        of = pooled[number]
        decibels = (
            of["psnr"]["of_mean_mse"],
            of["weighted_psnr"]["of_mean_mse"],
            of["weighted_psnr"]["p5"],
        )
        shares = (
            of["ssim"]["mean"],
            of["weighted_ssim"]["mean"],
            of["weighted_ssim"]["p5"],
        )
        rows.append(
            [
                videos[number].name,
                *(f"{value:.2f}" for value in decibels),
                *(f"{value:.4f}" for value in shares),
            ]
        )
    width = max(len(row[0]) for row in rows)
    lines = [
        f"{row[0]:<{width}}" + "".join(f"{cell:>10}" for cell in row[1:])
        for row in rows
    ]
    return "\n".join([*lines, "", *map(_remark, (videos[n] for n in order))])


def _remark(video: VideoScores) -> str:
    """Returns what was compared, and the worst moments."""
    number, total = int(video.is_matched.sum()), len(video.times)
    text = f"{video.name}: {number} of {total} frames compared"
    if number < total:
        text += f", {total - number} missing"
    if video.num_unused:
        text += f", {video.num_unused} more fit no frame of the reference"
    values = video.of_frames()["weighted_psnr"]
    moments = [
        f"{video.times[n]:.2f} s ({values[n]:.2f} dB)"
        for n in worst_moments(video)
    ]
    return f"{text}; worst at {', '.join(moments)}."
