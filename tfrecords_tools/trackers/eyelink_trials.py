"""Finds which video was shown when in the messages of EyeLink.

See `trackers.eyelink` for references.
"""

import dataclasses
import itertools
import re
from collections.abc import Sequence

import numpy as np

from tfrecords_tools.gaze.coordinates import Rectangle
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.eyelink_lines import BLOCK_END, Message
from tfrecords_tools.trackers.eyelink_messages import (
    FRAME,
    find_start,
    named_videos,
    quote,
    video_name,
)
from tfrecords_tools.trackers.options import GazeOptions

_TRIAL_START = re.compile(r"TRIALID\b|start_trial\b", re.IGNORECASE)
_TRIAL_END = re.compile(r"TRIAL_RESULT\b|(?:stop|end)_trial\b", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, eq=False)
class Showing:
    """A time in which one stimulus was shown.

    Attributes:
        stimulus: as the export names it.
        start_ms, end_ms: on the clock of the recording.
        line: number of the line that names the stimulus.
        playback: when each frame appeared, float64 `[m, 3]`, columns
            `PLAYBACK_COLUMNS`, if known.
    """

    stimulus: str
    start_ms: float
    end_ms: float
    line: int
    playback: np.ndarray | None = None


class Trials:
    """Finds the showings of videos in the messages of a recording.

    Attributes:
        showings: in the order of the file.
        rectangles: video -> (left, top, width, height) on the screen, if the
            messages tell it; width and height may be None.
        starts: texts of the messages that told the start of a video.
        num_others: number of trials without a video or its start.

    Raises:
        SourceError: no message names a video or tells when it appeared, or
            the messages of a trial name several videos.
    """

    def __init__(
        self, path: str, messages: Sequence[Message], options: GazeOptions
    ):
        self.showings: list[Showing] = []
        self.rectangles: dict[str, Rectangle] = {}
        self.starts: dict[str, None] = {}
        self.num_others = 0
        self._path = path
        self._name = options.stimulus_message
        self._start = options.start_message
        # First trial that names a video, but has no start.
        self._unstarted: tuple[str, Sequence[Message]] | None = None
        for trial in _split(messages):
            matches = [(m, FRAME.fullmatch(m.text)) for m in trial]
            frames = [(m, match) for m, match in matches if match]
            if frames and not (self._name or self._start):
                showings = self._by_frames(trial, frames)
            else:
                showings = self._by_message(trial)
            self.num_others += not showings
            self.showings += showings
        if not self.showings:
            self._refuse(messages)

    def _by_frames(
        self,
        trial: Sequence[Message],
        frames: list[tuple[Message, re.Match]],
    ) -> list[Showing]:
        """Returns a showing of each video whose frames are announced."""
        self.starts["!V VFRAME"] = None
        groups = [
            (name, list(group))
            for name, group in itertools.groupby(
                frames, lambda frame: video_name(frame[1]["file"])
            )
        ]
        begins = [group[0][0].time_ms for _, group in groups[1:]]
        ends = [*begins, _end(trial, frames[-1][0])]
        showings = []
        for (name, group), end_ms in zip(groups, ends, strict=True):
            message, match = group[0]
            numbers = np.array([int(match["number"]) for _, match in group])
            times = np.array([message.time_ms for message, _ in group])
            numbers, times, end_ms = _played_once(numbers, times, end_ms)
            self.rectangles[name] = (
                float(match["left"]),
                float(match["top"]),
                match["width"] and float(match["width"]),
                match["height"] and float(match["height"]),
            )
            start_ms, no_observer = times[0], np.zeros(len(times))
            playback = np.stack([numbers, times - start_ms, no_observer], 1)
            showings.append(
                Showing(name, start_ms, end_ms, message.line, playback)
            )
        return showings

    def _by_message(self, trial: Sequence[Message]) -> list[Showing]:
        """Returns the one showing of a trial, if a message names its video."""
        named = named_videos(trial, self._name)
        if not named:
            return []
        if len(named) > 1:
            raise SourceError(
                f"Several videos in the trial from line {trial[0].line} of "
                f"'{self._path}': {sorted(name for name, _ in named)}. "
                "Expected one; tell which message names it by "
                "--stimulus_message."
            )
        ((name, message),) = named
        start = find_start(trial, message, self._start)
        if start is None:
            self._unstarted = self._unstarted or (name, trial)
            return []
        self.starts[start.text] = None
        return [Showing(name, start.time_ms, _end(trial, start), message.line)]

    def _refuse(self, messages: Sequence[Message]) -> None:
        if self._unstarted is None:
            raise SourceError(
                f"No message of '{self._path}' names a video. Expected a "
                "message such as '!V TRIAL_VAR video NAME'; give a regular "
                "expression for another one by --stimulus_message. "
                f"Received: {quote(messages)}."
            )
        name, trial = self._unstarted
        raise SourceError(
            f"No message tells when '{name}' appeared, in the trial from line "
            f"{trial[0].line} of '{self._path}'. Expected SYNCTIME, DISPLAY ON "
            "or !V VFRAME; give a regular expression for another one by "
            f"--start_message. Received: {quote(trial)}."
        )


def _split(messages: Sequence[Message]) -> list[Sequence[Message]]:
    """Splits at the starts of trials, or else at the ends of blocks."""
    cuts = [i for i, m in enumerate(messages) if _TRIAL_START.match(m.text)]
    if not cuts:
        ends = [i + 1 for i, m in enumerate(messages) if m.text == BLOCK_END]
        cuts = [0, *ends]
    parts = itertools.pairwise([*cuts, len(messages)])
    return [messages[begin:end] for begin, end in parts if begin < end]


def _played_once(
    numbers: np.ndarray, times: np.ndarray, end_ms: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Keeps each frame's first appearance, until the video starts again.

    Numbers come out from 0; most programs count from 1.
    """
    restarts = np.flatnonzero(np.diff(numbers) < 0) + 1
    if len(restarts):
        end_ms = times[restarts[0]]
        numbers, times = numbers[: restarts[0]], times[: restarts[0]]
    is_new = np.diff(numbers, prepend=-1) > 0
    is_later = times > np.maximum.accumulate(
        np.concatenate([[-np.inf], times[:-1]])
    )
    is_kept = is_new & is_later
    return numbers[is_kept] - min(numbers[0], 1), times[is_kept], end_ms


def _end(trial: Sequence[Message], after: Message) -> float:
    """Returns when the trial or the block ends."""
    for message in trial:
        is_end = message.text == BLOCK_END or _TRIAL_END.match(message.text)
        if is_end and message.time_ms > after.time_ms:
            return message.time_ms
    return max(after.time_ms, trial[-1].time_ms)
