"""The evaluation loop: batches -> predicted maps -> scores, in bounded memory.

Each network gets every batch once, in time order; threads then score its frames
in parts. Densities stay logarithms as long as possible, since `exp` of a peaked
mixture underflows.
"""

import concurrent.futures
import dataclasses
import functools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from typing import Protocol as Interface

import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import Video
from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.evaluation.frame_scores import (
    add_observed,
    observe_frames,
    score_frames,
)
from rmdn_tf.evaluation.frames import Choice, Frames, frames_of_batch
from rmdn_tf.evaluation.predictors import (
    Predictor,
    Static,
    run_networks,
)
from rmdn_tf.evaluation.protocols import Protocol, TwoPassProtocol
from rmdn_tf.evaluation.scores import Scores

# Pixels of the maps of a part: bounds the memory of a thread.
PIXELS_AT_ONCE = 2**20


class Watcher(Interface):
    """Gets some of the scored frames, to draw them."""

    def choose(self, frames: Frames) -> int | None:
        """Chooses a frame.

        Args:
            frames: scored frames of one video.

        Returns:
            Index in `frames` of the frame to show; None to show no frame.
        """

    def show(self, shown: "Shown") -> None:
        """Takes the chosen frame.

        Args:
            shown: the chosen frame, with its scores.
        """


@dataclasses.dataclass(frozen=True)
class Shown:
    """A scored frame, for a `Watcher`.

    Attributes:
        video_id: name of the video.
        frame: uint8 `[H, W, 3]`.
        seconds: time of the frame, from the first one.
        points: float32 `[m, 2]`, the fixations on it, (x, y) in [0, 1].
        log_maps: predictor -> float `[h, w]`, nats, up to a constant. A
            predictor with several maps of a frame (`BestMaps`) has none here.
        values: predictor -> metric -> score.
    """

    video_id: str
    seconds: float
    frame: np.ndarray
    points: np.ndarray
    log_maps: dict[str, np.ndarray]
    values: dict[str, dict[str, float]]

    def density(self, predictor: str) -> np.ndarray:
        """Evaluates a predictor's density.

        Args:
            predictor: name of a predictor.

        Returns:
            float `[H, W]`, at the frame's size and any scale.
        """
        log_map = self.log_maps[predictor]
        density = np.exp(log_map - log_map.max())
        size = self.frame.shape[:2]
        if density.shape == size:
            return density
        return tf.image.resize(density[..., None], size)[..., 0].numpy()


def evaluate(
    predictors: Mapping[str, Predictor],
    batches: Iterable[dict[str, tf.Tensor]],
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
        batches: of `rmdn_tf.data.input_pipeline.ordered_windows`. A
            `TwoPassProtocol` iterates over them twice, and runs the networks
            twice.
        videos: all videos of the split, by name.
        protocol: what the metrics mean.
        baseline: of `information_gain`; None for the uniform density.
        choice: which frames to score; None for all.
        watchers: get some of the frames, to draw them.
        num_threads: None for one per core.

    Returns:
        Scores of every frame, by predictor and metric.

    Raises:
        ValueError: no frame has a fixation; the baseline gives a fixation no
            probability; or two passes are needed, and `batches` can be iterated
            over once only.
    """
    if isinstance(protocol, TwoPassProtocol):
        if iter(batches) is batches:
            raise ValueError(
                "Invalid `batches`. Expected an iterable, such as a list, "
                f"since protocol '{protocol.name}' takes two passes. Received: "
                "an iterator, which is used up after one pass."
            )
        observed = observe_batches(
            predictors, batches, videos, protocol, choice, num_threads
        )
        protocol = protocol.learnt(observed)
    scores = score_batches(
        predictors,
        batches,
        videos,
        protocol,
        baseline=baseline,
        choice=choice,
        watchers=watchers,
        num_threads=num_threads,
    )
    require_scores(scores)
    return scores


def require_scores(scores: Scores) -> None:
    """Makes sure that a frame was scored.

    Raises:
        ValueError: no frame has a fixation.
    """
    if not scores.num_fixations.total():
        raise ValueError(
            "Invalid `batches`. Expected frames with fixations to score. "
            f"Received: {scores.num_frames.total()} frames without any."
        )


def score_batches(
    predictors: Mapping[str, Predictor],
    batches: Iterable[dict[str, tf.Tensor]],
    videos: Mapping[str, Video],
    protocol: Protocol,
    *,
    baseline: Predictor | None = None,
    choice: Choice | None = None,
    watchers: Iterable[Watcher] = (),
    num_threads: int | None = None,
) -> Scores:
    """Scores predictors in one pass; see `evaluate`.

    A `TwoPassProtocol` has learnt before. There may be nothing to score.
    """
    baseline = baseline or Static(None)
    scores = Scores(tuple(predictors), protocol.metrics, protocol.ranges)
    score = functools.partial(_score, predictors, baseline, protocol)
    with _threads(num_threads) as pool:
        for parts in _parts(
            [*predictors.values(), baseline],
            batches,
            videos,
            choice,
            protocol,
            scores,
            list(watchers),
        ):
            for part, scored in zip(parts, pool.map(score, parts), strict=True):
                _collect(scores, part, *scored)
    return scores


def observe_batches(
    predictors: Mapping[str, Predictor],
    batches: Iterable[dict[str, tf.Tensor]],
    videos: Mapping[str, Video],
    protocol: TwoPassProtocol,
    choice: Choice | None = None,
    num_threads: int | None = None,
) -> dict[str, Any]:
    """Shows all maps to a protocol, which will learn from them.

    Takes arguments of `evaluate`.

    Returns:
        Predictor -> what was observed, see `TwoPassProtocol.observer`.
    """
    observe = functools.partial(observe_frames, predictors, protocol)
    observed: dict[str, Any] = {}
    with _threads(num_threads) as pool:
        for parts in _parts(
            [*predictors.values()], batches, videos, choice, protocol
        ):
            frames = [part.frames for part in parts]
            # In the order of the parts: sums are the same in every run.
            for seen in pool.map(observe, frames):
                add_observed(observed, seen)
    return observed


def _threads(number: int | None) -> concurrent.futures.ThreadPoolExecutor:
    return concurrent.futures.ThreadPoolExecutor(number or os.cpu_count() or 1)


@dataclasses.dataclass(frozen=True)
class _Part:
    """Frames that a thread scores at once, and the watched ones among them."""

    frames: Frames
    watched: list[tuple[Watcher, int]]


def _parts(
    predictors: Sequence[Predictor],
    batches: Iterable[dict[str, tf.Tensor]],
    videos: Mapping[str, Video],
    choice: Choice | None,
    protocol: Protocol,
    scores: Scores | None = None,
    watchers: Sequence[Watcher] = (),
) -> Iterator[list[_Part]]:
    """Runs the networks; yields the frames of each batch that are scored.

    Counts the other frames, which have no fixation, in `scores`.
    """
    for batch in batches:
        outputs = run_networks(predictors, batch)
        parts: list[_Part] = []
        for frames in frames_of_batch(batch, videos, outputs, choice):
            seen = frames
            if not protocol.scores_unseen:
                seen = frames.select(frames.gaze.counts > 0)
            if scores is not None:
                unseen = len(frames) - len(seen)
                scores.add_unseen(frames.video.video_id, unseen)
            most = PIXELS_AT_ONCE // protocol.num_pixels(frames.video)
            parts += _parts_of(seen, max(1, most), watchers)
        yield parts


def _parts_of(
    frames: Frames, length: int, watchers: Sequence[Watcher]
) -> Iterator[_Part]:
    wanted = {w: w.choose(frames) for w in watchers} if len(frames) else {}
    for begin in range(0, len(frames), length):
        watched = [
            (watcher, index - begin)
            for watcher, index in wanted.items()
            if index is not None and begin <= index < begin + length
        ]
        yield _Part(frames.select(slice(begin, begin + length)), watched)


def _score(
    predictors: Mapping[str, Predictor],
    baseline: Predictor,
    protocol: Protocol,
    part: _Part,
) -> tuple[dict, dict]:
    watched = [index for _, index in part.watched]
    return score_frames(predictors, baseline, protocol, part.frames, watched)


def _collect(scores: Scores, part: _Part, values: dict, log_maps: dict) -> None:
    """Adds the scores of a part, and shows the watched frames."""
    frames = part.frames
    gaze = frames.gaze
    scores.add(frames.video.video_id, frames.seconds, gaze.counts, values)
    for watcher, index in part.watched:
        window = frames.batch["frames"][frames.row]
        # A window at a stride ends before the last frames that it serves.
        place = min(frames.served[index] + CONTEXT, len(window) - 1)
        watcher.show(
            Shown(
                frames.video.video_id,
                float(frames.video.times_of(frames.numbers[index])),
                window[place].numpy(),
                gaze.points[index][gaze.mask[index]],
                log_maps[index],
                {
                    name: {metric: of[index] for metric, of in scored.items()}
                    for name, scored in values.items()
                },
            )
        )
