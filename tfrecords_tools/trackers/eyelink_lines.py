"""The lines of an EyeLink `.asc` file -> messages, fixations, samples.

See `trackers.eyelink` for references.
"""

import dataclasses
import io
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from tfrecords_tools.gaze.checks import no_eye
from tfrecords_tools.raw_files import invalid_line, open_text
from tfrecords_tools.raw_video import SourceError

BLOCK_CHARACTERS = 2**24
MAX_LINE_BYTES = 2**16

# A message that begins with a whole number was sent that many ms too late.
_OFFSET = re.compile(r"([-+]?\d{1,9})\s+(?=\S)", re.ASCII)
_EYES = ("LEFT", "RIGHT")

# Stands among the messages for the line `END`.
BLOCK_END = "(END)"


@dataclasses.dataclass(frozen=True)
class Message:
    """A message of the experiment, at a time of the tracker's clock."""

    time_ms: float
    text: str
    line: int


@dataclasses.dataclass
class Recording:
    """What an `.asc` file holds; times are ms of the tracker's clock.

    Attributes:
        messages: in the file's order, with `BLOCK_END`.
        fixations: eye, "L" or "R" -> rows of onset, duration, x, y.
        samples: arrays `[n, 3]` of time, x, y; with two eyes, the middle
            between them, or the one that was seen.
        rate: samples a second; NaN if the file does not say.
        eyes: "left", "right" or "left and right".
    """

    messages: list[Message] = dataclasses.field(default_factory=list)
    fixations: dict[str, list] = dataclasses.field(default_factory=dict)
    samples: list[np.ndarray] = dataclasses.field(default_factory=list)
    rate: float = np.nan
    eyes: str = ""


def read_recording(path: str, encoding: str) -> Recording:
    """Reads a file of any length in blocks.

    The samples are read only if the file has no fixations of the tracker.

    Raises:
        SourceError: the file is unreadable or malformed.
    """
    try:
        has_fixations = any(
            line.startswith(b"EFIX")
            for _, lines in _blocks(path, encoding)
            for line in lines
        )
        reader = _Reader(path, with_samples=not has_fixations)
        for number, lines in _blocks(path, encoding):
            reader.take(number, lines)
    except OSError as error:
        raise SourceError(
            f"Unreadable gaze file '{path}': {error.strerror}."
        ) from error
    return reader.recording


def _blocks(path: str, encoding: str) -> Iterator[tuple[int, list[bytes]]]:
    """Yields (number of the first line, whole lines in UTF-8)."""
    number, rest = 1, b""
    with open_text(path, encoding, errors="replace", newline="") as file:
        while block := file.read(BLOCK_CHARACTERS):
            *lines, rest = (rest + block.encode()).split(b"\n")
            yield number, lines
            number += len(lines)
            if len(rest) > MAX_LINE_BYTES:
                expected = "a line of an EyeLink .asc file"
                raise invalid_line(path, number, expected, rest[:80].decode())
    yield number, [rest] if rest else []


class _Reader:
    """Collects a `Recording` from blocks of lines."""

    def __init__(self, path: str, with_samples: bool):
        self.recording = Recording()
        self._path = path
        self._with_samples = with_samples
        self._num_eyes = 0  # 0 before the first line `SAMPLES`

    def take(self, number: int, lines: list[bytes]) -> None:
        """Takes consecutive lines; those that begin with a time are samples."""
        samples = {}
        for i, line in enumerate(lines, number):
            if line[:1].isdigit():
                samples[i] = line
            elif words := line.decode().split(None, 2):
                if words[0] == "SAMPLES":
                    self._add_samples(samples)
                    samples = {}
                self._take_line(i, words)
        self._add_samples(samples)

    def _take_line(self, number: int, words: list[str]) -> None:
        """Takes a line that is no sample: keyword, time or eye, the rest."""
        keyword, *rest = words
        try:
            if keyword == "MSG":
                self._add_message(number, float(rest[0]), rest[1:])
            elif keyword == "EFIX":
                onset, _, *numbers = rest[1].split()
                duration, x, y = numbers[:3]
                row = [float(onset), float(duration), _place(x), _place(y)]
                self.recording.fixations.setdefault(rest[0], []).append(row)
            elif keyword in ("SAMPLES", "EVENTS"):
                kind, options = rest
                self._configure(number, keyword, kind, options.split())
            elif keyword == "END":
                self._add_message(number, float(rest[0]), [BLOCK_END])
        except SourceError:
            raise
        except (ValueError, IndexError) as error:
            line = " ".join(words)
            expected = f"a line {keyword} of an EyeLink .asc file"
            raise invalid_line(self._path, number, expected, line) from error

    def _add_message(
        self, number: int, time_ms: float, rest: list[str]
    ) -> None:
        text = rest[0].strip() if rest else ""
        offset = _OFFSET.match(text)
        if offset:
            time_ms -= int(offset[1])
            text = text[offset.end() :]
        self.recording.messages.append(Message(time_ms, text, number))

    def _configure(
        self, number: int, keyword: str, kind: str, words: list[str]
    ) -> None:
        """Takes `SAMPLES` or `EVENTS`, which say what the lines after hold."""
        if kind != "GAZE":
            raise SourceError(
                f"Invalid positions in line {number} of '{self._path}'. "
                "Expected GAZE, pixels of the screen; convert the .edf file "
                f"again with edf2asc -sg. Received: {kind}."
            )
        eyes = [eye for eye in _EYES if eye in words]
        if keyword == "SAMPLES":
            self._num_eyes = len(eyes)
        self.recording.eyes = " and ".join(eyes).lower()
        if "RATE" in words:
            self.recording.rate = float(words[words.index("RATE") + 1])

    def _add_samples(self, samples: dict[int, bytes]) -> None:
        """Takes samples, line number -> line, which hold the same eyes."""
        if not samples or not self._with_samples:
            return
        # time, then x, y and the pupil's size of each eye; then other columns.
        columns = [0, 1, 2, 4, 5][: 1 + 2 * self._num_eyes]
        lines = list(samples.values())
        try:
            table = pd.read_csv(
                io.BytesIO(b"\n".join(lines)),
                sep=r"\s+",
                header=None,
                usecols=columns,
                na_values=["."],
            )
        except ValueError as error:
            size = max(len(lines[0].split()), 1 + columns[-1])
            sizes = np.array([len(line.split()) for line in lines])
            index = int(np.argmax(sizes != size))
            raise self._invalid([*samples][index], lines[index]) from error
        values = table.apply(pd.to_numeric, errors="coerce").to_numpy(float)
        is_timed = np.isfinite(values[:, 0])
        if not (self._num_eyes and np.all(is_timed)):
            index = int(np.argmin(is_timed))
            raise self._invalid([*samples][index], lines[index])
        self.recording.samples.append(_middle_of_eyes(values))

    def _invalid(self, number: int, line: bytes) -> SourceError:
        expected = f"a sample: time, x, y and pupil, {self.recording.eyes}"
        if not self._num_eyes:
            expected = "a line SAMPLES before the first sample"
        return invalid_line(self._path, number, expected, line.decode())


def _middle_of_eyes(numbers: np.ndarray) -> np.ndarray:
    """Returns `[n, 3]`: time, x, y of the eyes `[n, 1 + 2 * eyes]`."""
    places = numbers[:, 1:].reshape([len(numbers), -1, 2])
    kinds = no_eye(*places.reshape([-1, 2]).T)
    is_seen = ~np.any(list(kinds.values()), axis=0)
    is_seen = is_seen.reshape([len(numbers), -1, 1])
    num_seen = np.sum(is_seen, axis=1)
    total = np.sum(np.where(is_seen, places, 0), axis=1)
    with np.errstate(invalid="ignore"):
        return np.column_stack([numbers[:, 0], total / num_seen])


def _place(cell: str) -> float:
    return np.nan if cell == "." else float(cell)
