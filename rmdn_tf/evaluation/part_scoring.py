"""Scores the frames of a part of a split, in any process."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from typing import Protocol as Interface

import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import Video
from rmdn_tf.evaluation.evaluation_loop import (
    Watcher,
    observe_batches,
    score_batches,
)
from rmdn_tf.evaluation.frame_scores import add_observed
from rmdn_tf.evaluation.frames import ChosenFrames
from rmdn_tf.evaluation.mixture_share import share_scores
from rmdn_tf.evaluation.predictors import Maps, MixtureNetwork, Predictor
from rmdn_tf.evaluation.protocols import Protocol, TwoPassProtocol
from rmdn_tf.evaluation.scores import Scores

Batches = Iterable[dict[str, tf.Tensor]]


class PartWatcher(Watcher, Interface):
    """A `Watcher` that other processes use, too; can be pickled.

    It chooses the frames of a video by that video alone.
    """

    def take(self) -> dict[str, Any]:
        """Takes out what it has to tell of the shown frames.

        Returns:
            Name of a video -> JSON.
        """

    def add(self, taken: Mapping[str, Any]) -> None:
        """Adds what another one, or this one itself, gave by `take`."""


@dataclasses.dataclass(frozen=True)
class PartScoring:
    """Scores predictors on parts of a split.

    Attributes:
        rows: predictors, by name.
        baseline: of `information_gain`.
        protocol: what the metrics mean; a `TwoPassProtocol` needs `learnt`.
        videos: all videos of the split, by name.
        watchers: get some of the frames.
    """

    rows: Mapping[str, Predictor]
    baseline: Predictor
    protocol: Protocol
    videos: Mapping[str, Video]
    watchers: Sequence[PartWatcher]

    def observe(
        self, batches: Batches, choice: ChosenFrames | None
    ) -> dict[str, Any]:
        """Shows the maps of a part to a `TwoPassProtocol`."""
        protocol = self._two_pass
        return observe_batches(
            self.rows, batches, self.videos, protocol, choice
        )

    def learnt(self, parts: Iterable[Mapping[str, Any]]) -> "PartScoring":
        """Learns from what was observed of all parts, added in their order."""
        observed: dict[str, Any] = {}
        protocol = self._two_pass
        for part in parts:
            add_observed(
                observed,
                {
                    name: protocol.observed_of(seen)
                    for name, seen in part.items()
                },
            )
        return dataclasses.replace(self, protocol=protocol.learnt(observed))

    @property
    def _two_pass(self) -> TwoPassProtocol:
        if not isinstance(self.protocol, TwoPassProtocol):
            raise TypeError(f"Protocol '{self.protocol.name}' learns nothing.")
        return self.protocol

    def score(
        self, batches: Batches, choice: ChosenFrames | None
    ) -> dict[str, Any]:
        """Scores a part; returns what `add` takes."""
        scores = score_batches(
            self.rows,
            batches,
            self.videos,
            self.protocol,
            baseline=self.baseline,
            choice=choice,
            watchers=self.watchers,
        )
        return {
            "scores": scores.state(),
            "missing": {
                name: maps.directory.take_missing()
                for name, maps in self._maps.items()
            },
            "watched": [watcher.take() for watcher in self.watchers],
        }

    def add(self, parts: Iterable[Mapping[str, Any]]) -> Scores:
        """Joins the scores of parts, and notes what they found.

        Args:
            parts: of `score`, in the order of the split.

        Returns:
            The scores of all parts.
        """
        protocol = self.protocol
        scores = Scores(tuple(self.rows), protocol.metrics, protocol.ranges)
        for part in parts:
            scores.add_state(part["scores"])
            for name, missing in part["missing"].items():
                self._maps[name].directory.add_missing(missing)
            for watcher, taken in zip(
                self.watchers, part["watched"], strict=True
            ):
                watcher.add(taken)
        return scores

    @property
    def _maps(self) -> dict[str, Maps]:
        return {
            name: row
            for name, row in self.rows.items()
            if isinstance(row, Maps)
        }


@dataclasses.dataclass(frozen=True)
class ShareScoring:
    """Computes `share_scores` of parts; has its arguments."""

    network: MixtureNetwork
    static_of: Callable[[str], np.ndarray]
    videos: Mapping[str, Video]

    def score(
        self, batches: Batches, choice: ChosenFrames | None
    ) -> dict[str, np.ndarray]:
        """Scores a part; of all its frames."""
        return share_scores(self.network, self.static_of, batches, self.videos)
