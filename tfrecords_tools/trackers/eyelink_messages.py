"""Finds names and starts of videos in the messages of EyeLink.

See `trackers.eyelink` for references.
"""

import itertools
import re
from collections.abc import Iterable, Sequence

from rmdn_tf.video.folders import is_video_name
from tfrecords_tools.trackers.eyelink_lines import Message

_NUM_QUOTED = 8  # messages in an error

# The number of a frame, where it was drawn, and the file.
FRAME = re.compile(
    r"!V\s+VFRAME\s+(?P<number>\d{1,9})\s+(?P<left>-?\d+)\s+(?P<top>-?\d+)\s+"
    r"(?P<file>.+?)(?:\s+resize\s+(?P<width>\d+)\s+(?P<height>\d+))?",
    re.IGNORECASE | re.ASCII,
)
_VARIABLE = re.compile(
    r"!V\s+TRIAL_VAR(?:_DATA)?\s+(?P<name>\S+)\s+(?P<value>.+)", re.IGNORECASE
)
_OF_VIDEO = re.compile(r"video|movie|clip|film|stim|file", re.IGNORECASE)

_THING = r"(?:video|movie|clip|film|stim|playback)"
_BEGIN = r"(?:start|onset|begin|play)"
# Messages that tell the start of a video; tried in this order.
_STARTS = (
    r"SYNCTIME\b",
    r"DISPLAY[ _]?ON\b",
    rf"(?!TRIALID|!).*{_THING}.*(?:{_BEGIN}|[ _]on\b)",
    rf"(?!TRIALID|!).*{_BEGIN}.*{_THING}",
)
_NO_START = re.compile("TRIALID|!", re.IGNORECASE)


def named_videos(
    trial: Sequence[Message], pattern: str | None
) -> list[tuple[str, Message]]:
    """Returns (name, first message with it) of each video in a trial.

    A name is what the pattern finds. Without a pattern, it is a word with the
    suffix of a video file, or else the value of a variable such as `video` or
    `stimulus`.
    """
    if pattern is not None:
        matched = [(m, re.search(pattern, m.text)) for m in trial]
        found = [(match_name(match), m) for m, match in matched if match]
    else:
        found = [(name, m) for m in trial for name in _video_files(m.text)]
    if not found and pattern is None:
        variables = [(m, _VARIABLE.fullmatch(m.text)) for m in trial]
        found = [
            (match["value"], message)
            for message, match in variables
            if match and _OF_VIDEO.search(match["name"])
        ]
    by_file: dict[str, tuple[str, Message]] = {}
    for name, message in found:
        file = name.replace("\\", "/").rpartition("/")[2].casefold()
        by_file.setdefault(file, (video_name(name), message))
    return list(by_file.values())


def find_start(
    trial: Sequence[Message], named: Message, pattern: str | None
) -> Message | None:
    """Returns the message that was sent when the video appeared, if any.

    Args:
        named: the message that names the video. It tells the start if no other
            message does, unless it describes the whole trial.
    """
    if pattern is not None:
        return next((m for m in trial if re.search(pattern, m.text)), None)
    for start in _STARTS:
        for message in trial:
            if re.match(start, message.text, re.IGNORECASE):
                return message
    return None if _NO_START.match(named.text) else named


def match_name(match: re.Match) -> str:
    """Returns the first group of a match, or all of it without a group."""
    return match[1 if match.re.groups else 0] or ""


def video_name(file: str) -> str:
    """Spells a path with '/', and without '.', '..' and a leading '/'."""
    names = file.strip().replace("\\", "/").split("/")
    return "/".join(n for n in names if n not in ("", ".", "..")) or file


def quote(messages: Iterable[Message]) -> str:
    """Returns the first different texts, for an error."""
    texts = dict.fromkeys(m.text for m in messages)
    quoted = map(repr, itertools.islice(texts, _NUM_QUOTED))
    return ", ".join(quoted) or "no message"


def _video_files(text: str) -> list[str]:
    """Returns the names of video files in a message."""
    variable = _VARIABLE.fullmatch(text)
    words = [variable["value"]] if variable else text.split()
    words = [word.strip("'\",;:()[] ") for word in words]
    return [word for word in words if is_video_name(word)]
