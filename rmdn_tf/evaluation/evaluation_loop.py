"""Predictors + a split + a protocol -> scores, in bounded memory.

Batches come in time order; a predictor that has to see the video in order sees
them once. The frames of a batch are then scored in parts of bounded size, by
several threads. Log-densities stay logarithms wherever a metric allows it,
since a peaked mixture underflows.
"""

import concurrent.futures
import dataclasses
import functools
import os
from collections.abc import Iterable, Mapping
from typing import Protocol as Interface

import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import Video
from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.evaluation.predictors import (
    Choice,
    Frames,
    Predictor,
    Static,
    rows_of,
)
from rmdn_tf.evaluation.protocols import Protocol
from rmdn_tf.evaluation.scores import Scores

PIXELS_AT_ONCE = 2**20
"""Of all maps of a part: bounds the memory of a thread."""


class Watcher(Interface):
    """Sees some of the frames that are scored, to draw them."""

    def choose(self, frames: Frames) -> int | None:
        """Returns which of these frames it wants to see, if any."""

    def show(self, shown: "Shown") -> None:
        """Takes the frame."""


@dataclasses.dataclass(frozen=True)
class Shown:
    """A scored frame, for a `Watcher`.

    Attributes:
        video_id: its video.
        frame: uint8 `[H, W, 3]`, as stored.
        points: float32 `[m, 2]`, the fixations on it, (x, y) in [0, 1].
        log_maps: predictor -> float `[H, W]`, nats, up to a constant.
        values: predictor -> metric -> score.
    """

    video_id: str
    frame: np.ndarray
    points: np.ndarray
    log_maps: dict[str, np.ndarray]
    values: dict[str, dict[str, float]]

    def density(self, predictor: str) -> np.ndarray:
        """Returns a predictor's density of the frame's size, of any scale."""
        log_map = self.log_maps[predictor]
        density = np.exp(log_map - log_map.max())
        size = self.frame.shape[:2]
        if density.shape == size:
            return density
        return tf.image.resize(density[..., None], size)[..., 0].numpy()


def evaluate(
    predictors: Mapping[str, Predictor],
    batches: Iterable[dict],
    videos: Mapping[str, Video],
    protocol: Protocol,
    *,
    baseline: Predictor | None = None,
    choice: Choice | None = None,
    watchers: Iterable[Watcher] = (),
    num_threads: int | None = None,
) -> Scores:
    """Scores predictors on the frames of the batches.

    Args:
        predictors: by name.
        batches: of `rmdn_tf.data.input_pipeline.ordered_windows`.
        videos: of `rmdn_tf.data.annotations.read_videos`, those of the split.
        protocol: how to score.
        baseline: what `information_gain` is taken over; None for uniform.
        choice: which frames; None for all.
        watchers: what sees some of them.
        num_threads: one a core by default.

    Returns:
        The `Scores`.

    Raises:
        ValueError: no frame has a fixation.
    """
    scores = Scores(predictors, protocol.metrics)
    score = functools.partial(
        _score, predictors, baseline or Static(None), protocol
    )
    watchers = list(watchers)
    num_threads = num_threads or os.cpu_count() or 1
    with concurrent.futures.ThreadPoolExecutor(num_threads) as pool:
        for batch in batches:
            for predictor in predictors.values():
                predictor.see(batch)
            parts = []
            for frames in rows_of(batch, videos, choice):
                seen = frames.those(frames.gaze.counts > 0)
                scores.add_unseen(
                    frames.video.video_id, len(frames) - len(seen)
                )
                size = protocol.size(frames.video)
                parts += _parts_of(seen, size, watchers)
            results = pool.map(score, parts)
            for part, (values, log_maps) in zip(parts, results, strict=True):
                frames = part.frames
                scores.add(
                    frames.video.video_id,
                    frames.seconds,
                    frames.gaze.counts,
                    values,
                )
                for watcher, index in part.watched:
                    watcher.show(
                        _shown(frames, index, batch, log_maps[index], values)
                    )
    if not scores.num_fixations.total():
        raise ValueError(
            "Invalid `batches`. Expected frames with fixations to score. "
            f"Received: {scores.num_frames.total()} frames without any."
        )
    return scores


def random_frames(
    frames: Mapping[str, np.ndarray], most: int, seed: int = 0
) -> Choice | None:
    """Draws the frames to score where there are too many to score all.

    Args:
        frames: numbers of the frames to draw from, int `[n]`, by video.
        most: frames to draw.
        seed: of the draw.

    Returns:
        The `choice` of `evaluate`; None for all frames, where there are no
        more than `most`.
    """
    lengths = [len(numbers) for numbers in frames.values()]
    if sum(lengths) <= most:
        return None
    drawn = np.zeros(sum(lengths), bool)
    generator = np.random.default_rng(seed)
    drawn[generator.choice(len(drawn), most, replace=False)] = True
    of_videos = np.split(drawn, np.cumsum(lengths)[:-1])
    chosen = {
        video_id: numbers[is_drawn]
        for (video_id, numbers), is_drawn in zip(
            frames.items(), of_videos, strict=True
        )
    }
    return lambda video, numbers: np.isin(numbers, chosen[video.video_id])


@dataclasses.dataclass(frozen=True)
class _Part:
    """Frames that a thread scores at once, and who wants to see which."""

    frames: Frames
    watched: list[tuple[Watcher, int]]


def _parts_of(
    frames: Frames, size: tuple[int, int], watchers: list[Watcher]
) -> list[_Part]:
    """Cuts frames into parts."""
    wanted = {w: w.choose(frames) for w in watchers} if len(frames) else {}
    length = max(1, PIXELS_AT_ONCE // (size[0] * size[1]))
    return [
        _Part(
            frames.those(slice(begin, begin + length)),
            [
                (watcher, index - begin)
                for watcher, index in wanted.items()
                if index is not None and begin <= index < begin + length
            ],
        )
        for begin in range(0, len(frames), length)
    ]


def _score(
    predictors: Mapping[str, Predictor],
    baseline: Predictor,
    protocol: Protocol,
    part: _Part,
) -> tuple[dict, dict]:
    """Returns predictor -> metric -> `[n]`, and the maps that are watched."""
    frames = part.frames
    size = protocol.size(frames.video)
    over = baseline.log_maps(frames, size)
    whole = protocol.truth(frames, frames.gaze.mask)
    values = {}
    log_maps = {index: {} for _, index in part.watched}
    for name, predictor in predictors.items():
        trials = []
        for trial in predictor.trials(frames, size):
            is_whole = trial.mask is frames.gaze.mask
            truth = whole if is_whole else protocol.truth(frames, trial.mask)
            trials.append(protocol.score(trial.log_maps, over, truth))
            for index, maps in log_maps.items():
                shape = (len(frames), *size)
                every = np.broadcast_to(trial.log_maps, shape)
                maps.setdefault(name, every[index])
        values[name] = {
            metric: _mean([trial[metric] for trial in trials])
            for metric in protocol.metrics
        }
    return values, log_maps


def _mean(rows: list[np.ndarray]) -> np.ndarray:
    """Mean over the rows that have a value, `[n]`; NaN where none has."""
    if len(rows) == 1:
        return rows[0]
    table = np.array(rows)
    there = ~np.isnan(table)
    total = np.where(there, table, 0).sum(0)
    with np.errstate(invalid="ignore"):
        return total / there.sum(0)


def _shown(
    frames: Frames, index: int, batch: dict, log_maps: dict, values: dict
) -> Shown:
    gaze, window = frames.gaze, batch["frames"][frames.row]
    # A window at a stride ends before the last frames that it serves.
    place = min(frames.served[index] + CONTEXT, len(window) - 1)
    return Shown(
        frames.video.video_id,
        window[place].numpy(),
        gaze.points[index][gaze.mask[index]],
        log_maps,
        {
            name: {metric: of[index] for metric, of in scored.items()}
            for name, scored in values.items()
        },
    )
