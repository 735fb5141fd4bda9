"""Folds of the scored videos: what is fitted to some is scored on the others.

A baseline that is scored on the fixations it was fitted to seems too good.
Where no other videos are left to fit it to, each video gets a baseline that was
fitted to the videos of the other folds.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import (
    MixtureNetwork,
    Predictor,
    Size,
    Trial,
)

NUM_FOLDS = 5

# What the other folds choose for the videos of a fold.
Choice = TypeVar("Choice")


class Folds:
    """Deals videos to folds of about the same number of videos.

    Only their names count, so the same videos always get the same folds.

    Args:
        video_ids: names of the videos.
        of_shots: whether the videos are shots, named `<video>_<number>`; the
            shots of one video stay together.

    Attributes:
        members: names of the videos of each fold; no fold is empty.

    Raises:
        ValueError: there are fewer than two videos to deal.
    """

    def __init__(self, video_ids: Iterable[str], *, of_shots: bool = False):
        groups: dict[str, list[str]] = {}
        for video_id in sorted(video_ids):
            key = re.sub(r"_\d+$", "", video_id) if of_shots else video_id
            groups.setdefault(key, []).append(video_id)
        if len(groups) < 2:
            raise ValueError(
                "Invalid `split`. Expected two videos or more, since "
                "baselines are fitted to other videos than the scored one; "
                "or give another dataset to fit the trained centre to, "
                f"--tcb_data_dir. Received: {list(groups)}."
            )
        names = sorted(groups, key=lambda name: zlib.crc32(name.encode()))
        self.members: list[list[str]] = [
            [v for name in names[start::NUM_FOLDS] for v in groups[name]]
            for start in range(min(NUM_FOLDS, len(names)))
        ]

    def __len__(self) -> int:
        return len(self.members)

    def describe(self) -> str:
        """Says what is fitted to what, as a part of a sentence."""
        return f"the other videos, in {len(self)} folds of the scored videos"

    def others(self, fold: int) -> list[list[str]]:
        """Lists the videos of all folds but one.

        Args:
            fold: number of a fold, from 0.

        Returns:
            Names of the videos, a list for each other fold.
        """
        return [of for number, of in enumerate(self.members) if number != fold]

    def choose(
        self, choose: Callable[[list[str]], Choice]
    ) -> dict[str, Choice]:
        """Chooses something for each video by the videos of the other folds.

        Args:
            choose: takes names of videos; called once for each fold.

        Returns:
            Video -> what the other folds chose.
        """
        decided: dict[str, Choice] = {}
        for fold, members in enumerate(self.members):
            others = [v for group in self.others(fold) for v in group]
            decided |= dict.fromkeys(members, choose(others))
        return decided


class ByVideo(Predictor):
    """A predictor of its own for each video: what its fold has learned.

    Args:
        of_video: name of a video -> its predictor.
        text: what it is, for the report; None for that of the first one.
    """

    def __init__(
        self, of_video: Mapping[str, Predictor], text: str | None = None
    ):
        self._of_video = of_video
        self._text = text

    def describe(self) -> str:
        if self._text is None:
            return next(iter(self._of_video.values())).describe()
        return self._text

    @property
    def networks(self) -> tuple[MixtureNetwork, ...]:
        every = (n for one in self._of_video.values() for n in one.networks)
        return tuple(dict.fromkeys(every))

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        return self._of(frames).trials(frames, size)

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        return self._of(frames).log_maps(frames, size)

    def _of(self, frames: Frames) -> Predictor:
        return self._of_video[frames.video.video_id]


def distinct(values: Iterable[float]) -> float | list[float]:
    """Returns the only value, or all different ones, sorted, for JSON."""
    found = sorted(set(values))
    return found[0] if len(found) == 1 else found
