"""Scores of a split: sums over the frames of each video and second.

Memory does not grow with the number of frames.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rmdn_tf.metrics.score_ranges import Range, range_of


class Scores:
    """Scores of predictors on the frames of a split.

    A frame without a score, such as NaN or one without a fixation, is counted,
    but in no mean.

    Args:
        predictors: names, in the order of the tables.
        metrics: names, in the order of the tables.
        ranges: metric -> its range, where it is not that of
            `rmdn_tf.metrics.score_ranges`.

    Attributes:
        num_frames: video -> number of frames, with and without a fixation.
        num_without_fixation: video -> number of frames without a fixation.
        num_fixations: video -> number of fixations.
    """

    def __init__(
        self,
        predictors: Sequence[str],
        metrics: Sequence[str],
        ranges: Mapping[str, Range] | None = None,
    ):
        self.predictors = tuple(predictors)
        self.metrics = tuple(metrics)
        self._ranges = tuple((ranges or {}).items())
        self.num_frames: Counter[str] = Counter()
        self.num_without_fixation: Counter[str] = Counter()
        self.num_fixations: Counter[str] = Counter()
        # [predictors, metrics, seconds] each, by video.
        self._sums: dict[str, np.ndarray] = {}
        self._counts: dict[str, np.ndarray] = {}
        # [predictors, predictors, metrics] each, by video: the scores of the
        # first predictor on the frames in which the second has a score too.
        self._common_sums: dict[str, np.ndarray] = {}
        self._common_counts: dict[str, np.ndarray] = {}

    def add(
        self,
        video_id: str,
        seconds: np.ndarray,
        num_fixations: np.ndarray,
        values: Mapping[str, Mapping[str, np.ndarray]],
    ) -> None:
        """Adds n frames of a video.

        Args:
            video_id: name of the video.
            seconds: int `[n]`, the second of the video in which a frame lies.
            num_fixations: int `[n]`, fixations on each frame.
            values: predictor -> metric -> float `[n]`, NaN for no score.
        """
        self.num_frames[video_id] += len(seconds)
        self.num_without_fixation[video_id] += int(np.sum(num_fixations == 0))
        self.num_fixations[video_id] += int(np.sum(num_fixations))
        if not len(seconds):
            return
        table = np.array(
            [[values[p][m] for m in self.metrics] for p in self.predictors],
            np.float64,
        )  # [predictors, metrics, n]
        sums, counts = self._room(video_id, int(seconds.max()) + 1)
        scored = ~np.isnan(table)
        np.add.at(sums.T, seconds, np.where(scored, table, 0.0).T)
        np.add.at(counts.T, seconds, scored.T)
        # [predictors, predictors, metrics, n]
        common = scored[:, None] & scored
        for kept, new in (
            (self._common_sums, np.where(common, table[:, None], 0.0)),
            (self._common_counts, common),
        ):
            kept[video_id] = kept.get(video_id, 0.0) + new.sum(-1)

    def extend(self, others: "Scores") -> None:
        """Adds the scores of other videos, such as those of another fold.

        Args:
            others: scores of the same predictors by the same metrics.

        Raises:
            ValueError: predictors or metrics differ, or a video is in both.
        """
        expected = (self.predictors, self.metrics)
        if (others.predictors, others.metrics) != expected:
            raise ValueError(
                f"Invalid `others`. Expected scores of {expected}. "
                f"Received: {(others.predictors, others.metrics)}."
            )
        known = sorted(set(self.num_frames) & set(others.num_frames))
        if known:
            raise ValueError(
                f"Invalid `others`. Expected other videos. Received: {known}."
            )
        for name, own in vars(self).items():
            if isinstance(own, dict):
                own.update(getattr(others, name))

    def state(self) -> dict[str, dict]:
        """Returns all that was added: name -> by video, numbers and arrays."""
        own = vars(self).items()
        return {name: dict(of) for name, of in own if isinstance(of, dict)}

    def add_state(self, state: Mapping[str, Mapping]) -> None:
        """Adds what other scores of the same kind hold of other videos.

        Args:
            state: of `state`.

        Raises:
            ValueError: a video is in both.
        """
        others = Scores(self.predictors, self.metrics, dict(self._ranges))
        for name, of_videos in state.items():
            getattr(others, name).update(of_videos)
        self.extend(others)

    def add_unseen(self, video_id: str, num_frames: int) -> None:
        """Counts frames of a video without a fixation.

        Args:
            video_id: name of the video.
            num_frames: number of frames.
        """
        self.num_frames[video_id] += num_frames
        self.num_without_fixation[video_id] += num_frames

    def _room(self, video_id: str, num_seconds: int) -> tuple:
        """Returns a video's sums and counts, grown to `num_seconds`."""
        shape = (len(self.predictors), len(self.metrics))
        for sums in (self._sums, self._counts):
            there = sums.get(video_id, np.zeros((*shape, 0)))
            missing = num_seconds - there.shape[-1]
            if missing > 0:
                there = np.concatenate([there, np.zeros((*shape, missing))], -1)
            sums[video_id] = there
        return self._sums[video_id], self._counts[video_id]

    def range_of(self, metric: str) -> Range:
        """Tells the smallest and the largest value of a metric.

        Args:
            metric: name of a metric.

        Returns:
            Its range.
        """
        return dict(self._ranges).get(metric, range_of(metric))

    @property
    def video_ids(self) -> list[str]:
        return sorted(self.num_frames)

    def by_video(
        self,
        predictor: str,
        metric: str,
        video_ids: Sequence[str] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sums a score over the frames of each video.

        Args:
            predictor: name of a predictor.
            metric: name of a metric.
            video_ids: names of the videos; None for all, in the order of
                `video_ids`.

        Returns:
            Sums of the score, and numbers of scored frames, float64 `[V]` both.
        """
        place = self._place(predictor, metric)
        ids = self.video_ids if video_ids is None else video_ids
        sums = [self._of(self._sums, v, place).sum() for v in ids]
        counts = [self._of(self._counts, v, place).sum() for v in ids]
        return np.array(sums, float), np.array(counts, float)

    def in_common(
        self,
        predictor: str,
        other: str,
        metric: str,
        video_ids: Sequence[str] | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums two predictors' scores over the frames in which both have one.

        Inter-observer predictors have no score in a frame that one person
        looked at.

        Args:
            predictor: name of a predictor.
            other: name of another one.
            metric: name of a metric.
            video_ids: names of the videos; None for all, in the order of
                `video_ids`.

        Returns:
            Sums of the predictor, sums of the other, and numbers of frames,
            float64 `[V]` each.
        """
        first, place = self._place(predictor, metric)
        second = self.predictors.index(other)
        ids = self.video_ids if video_ids is None else video_ids

        def read(kept: dict, *key: int) -> np.ndarray:
            return np.array([kept[v][key] if v in kept else 0.0 for v in ids])

        return (
            read(self._common_sums, first, second, place),
            read(self._common_sums, second, first, place),
            read(self._common_counts, first, second, place),
        )

    @property
    def num_seconds(self) -> int:
        """Seconds of the longest video."""
        return max((a.shape[-1] for a in self._sums.values()), default=0)

    def scored_in(self, ends: Sequence[int]) -> np.ndarray:
        """Tells which videos have any score at which time.

        Args:
            ends: as for `by_time`.

        Returns:
            Bool `[V, B]`.
        """
        scored = np.zeros((len(self.num_frames), len(ends)), bool)
        for row, video_id in zip(scored, self.video_ids, strict=True):
            if video_id in self._counts:
                counts = self._counts[video_id].sum((0, 1))
                row[:] = _in_bins(counts, ends) > 0
        return scored

    def by_time(
        self, predictor: str, metric: str, ends: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sums a score over the frames of each bin of time of each video.

        Args:
            predictor: name of a predictor.
            metric: name of a metric.
            ends: of the bins, in seconds; rising, the last at least
                `num_seconds`.

        Returns:
            Sums of the score, and numbers of scored frames, float64 `[V, B]`
            both.
        """
        place = self._place(predictor, metric)
        rows = np.zeros((2, len(self.num_frames), len(ends)))
        for kept, of in zip((self._sums, self._counts), rows, strict=True):
            for row, video_id in zip(of, self.video_ids, strict=True):
                row[:] = _in_bins(self._of(kept, video_id, place), ends)
        return rows[0], rows[1]

    def mean(self, predictor: str, metric: str) -> float:
        """Averages a score over all scored frames.

        Args:
            predictor: name of a predictor.
            metric: name of a metric.

        Returns:
            The mean; NaN if no frame has a score.
        """
        sums, counts = self.by_video(predictor, metric)
        return _ratio(sums.sum(), counts.sum())

    def video_means(self, predictor: str, metric: str) -> dict[str, float]:
        """Averages a score over the scored frames of each video.

        Args:
            predictor: name of a predictor.
            metric: name of a metric.

        Returns:
            Video -> mean, for each video that has a scored frame.
        """
        sums, counts = self.by_video(predictor, metric)
        rows = zip(self.video_ids, sums, counts, strict=True)
        return {v: _ratio(total, count) for v, total, count in rows if count}

    def _place(self, predictor: str, metric: str) -> tuple[int, int]:
        return self.predictors.index(predictor), self.metrics.index(metric)

    @staticmethod
    def _of(
        arrays: dict[str, np.ndarray], video_id: str, place: Any
    ) -> np.ndarray:
        return arrays[video_id][place] if video_id in arrays else np.zeros(0)


def _in_bins(values: np.ndarray, ends: Sequence[int]) -> np.ndarray:
    """Sums the values of seconds, `[S]`, in each bin, `[B]`."""
    sums = np.zeros(len(ends))
    begins = [begin for begin in (0, *ends[:-1]) if begin < len(values)]
    if begins:
        sums[: len(begins)] = np.add.reduceat(values, begins)
    return sums


def _ratio(total: float, count: float) -> float:
    return float(total / count) if count else float("nan")
