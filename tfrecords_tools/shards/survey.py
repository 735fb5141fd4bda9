"""Reads the length and the checksum of each raw video.

The lengths balance the shards. The checksums show whether the raw files of a
finished shard have changed. Files in the `HashMemory` are not read again.
"""

import contextlib
import dataclasses
import functools
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

import av

from rmdn_tf.engines.tasks import Run
from rmdn_tf.files.checksums import sha256_of
from rmdn_tf.files.unchanged import (
    file_state,
    is_settled,
    while_unchanged,
)
from tfrecords_tools.raw_video import Source, SourceError, VideoEntry
from tfrecords_tools.shards.hash_memory import HashMemory, KnownFile

# What estimates lengths. Another version may estimate others.
ESTIMATOR = f"1, PyAV {av.__version__}"

# Videos and files that are looked up at once. Their common tables are looked
# at once for so many files.
_VIDEOS_AT_ONCE = 500
_FILES_AT_ONCE = 10_000

# A video, and its known files by path.
_Task = tuple[VideoEntry, Mapping[str, KnownFile]]


@dataclasses.dataclass(frozen=True, slots=True)
class SurveyedVideo:
    """A video to prepare.

    Attributes:
        num_frames: an estimate; 0 if unknown.
        sha256: checksum of its files; empty if a file is unreadable.
    """

    entry: VideoEntry
    num_frames: int
    sha256: str


def survey_all(
    source: Source,
    entries: Iterable[VideoEntry],
    memory: HashMemory,
    run: Run,
    add: Callable[[SurveyedVideo], None],
) -> None:
    """Surveys all videos, in any order; reads only what is not remembered.

    Args:
        run: reads the files of the unknown videos. The others are surveyed in
            this process, while `run` asks for its next item.
        add: takes each surveyed video.
    """

    def unknown() -> Iterator[_Task]:
        known: dict[str, KnownFile] = {}
        remaining = iter(entries)
        while listed := _look_up(source, remaining, memory, known):
            for entry, paths in listed:
                video, mine = _recall(source, entry, paths, known)
                if video is None:
                    yield entry, mine
                else:
                    add(video)
            if len(known) >= _FILES_AT_ONCE:
                known.clear()

    survey_one = functools.partial(_survey_task, source)
    for video, files in run(survey_one, unknown(), lambda t: t[0].video_id):
        for file in files:
            memory.remember(file)
        add(video)


def _look_up(
    source: Source,
    entries: Iterator[VideoEntry],
    memory: HashMemory,
    known: dict[str, KnownFile],
) -> list[tuple[VideoEntry, list[str] | None]]:
    """Adds what is remembered of the files of the next videos to `known`.

    Returns:
        The videos with their files; None if these cannot be listed.
    """
    listed: list[tuple[VideoEntry, list[str] | None]] = []
    states = {}
    for entry in entries:
        paths = None
        with contextlib.suppress(SourceError, OSError):
            paths = source.files(entry)
        listed.append((entry, paths))
        for path in paths or ():
            if path not in known and path not in states:
                state = file_state(path)
                if state is not None:
                    states[path] = state
        if len(listed) >= _VIDEOS_AT_ONCE or len(states) >= _FILES_AT_ONCE:
            break
    known |= memory.recall(states)
    return listed


def _recall(
    source: Source,
    entry: VideoEntry,
    paths: list[str] | None,
    known: Mapping[str, KnownFile],
) -> tuple[SurveyedVideo | None, dict[str, KnownFile]]:
    """Surveys a video by what is known of its files, without reading them.

    Returns:
        The video; None if a file is unknown. And the known files, by path.
    """
    if paths is None:
        return SurveyedVideo(entry, 0, ""), {}
    mine = {path: known[path] for path in paths if path in known}
    if len(mine) < len(set(paths)):
        return None, mine
    try:
        num_frames = _num_frames(source, entry, mine)
    except (SourceError, OSError):
        return SurveyedVideo(entry, 0, ""), mine
    if num_frames is None:
        return None, mine
    sha256 = _join((path, mine[path].sha256) for path in paths)
    return SurveyedVideo(entry, num_frames, sha256), mine


def _num_frames(
    source: Source, entry: VideoEntry, known: Mapping[str, KnownFile]
) -> int | None:
    """Returns the length of a video if no file must be opened, or None."""
    path = source.measured_file(entry)
    if path is None:
        return source.num_frames(entry)
    return known[path].num_frames if path in known else None


def survey(source: Source, entry: VideoEntry) -> SurveyedVideo:
    """Reads all files of one video without decoding it.

    An unreadable video is no error here, only when it is opened.
    """
    return _survey_task(source, (entry, {}))[0]


def _survey_task(
    source: Source, task: _Task
) -> tuple[SurveyedVideo, list[KnownFile]]:
    """Surveys a video, and returns what to remember of its files.

    Args:
        task: the video, and its known files by path.
    """
    entry, known = task
    new: dict[str, KnownFile] = {}
    try:
        paths = source.files(entry)
        hashes = {path: _hash(path, known, new) for path in paths}
        num_frames = _num_frames(source, entry, known)
        if num_frames is None:
            num_frames = source.num_frames(entry)
        measured = source.measured_file(entry)
    except (SourceError, OSError):
        return SurveyedVideo(entry, 0, ""), list(new.values())
    file = new.get(measured or "") or known.get(measured or "")
    # Of 0 frames the cause may have been a file system that did not answer.
    if file is not None and file.num_frames is None and num_frames:
        new[file.path] = file._replace(num_frames=num_frames)
    sha256 = _join((path, hashes[path]) for path in paths)
    return SurveyedVideo(entry, num_frames, sha256), list(new.values())


def _hash(
    path: str, known: Mapping[str, KnownFile], new: dict[str, KnownFile]
) -> str:
    """Returns a file's checksum; adds to `new` what can be remembered."""
    if path in known:
        return known[path].sha256
    now = time.time_ns()
    state = file_state(path)
    sha256 = _content(path)
    if state is not None and is_settled(state, now):
        new[path] = KnownFile(path, state, sha256)
    return sha256


def checksum(paths: list[str]) -> str:
    """Returns the SHA-256 of the files' contents and names without folder."""
    return _join((path, _content(path)) for path in paths)


def _join(hashes: Iterable[tuple[str, str]]) -> str:
    total = hashlib.sha256()
    for path, sha256 in hashes:
        name = os.fsencode(os.path.basename(path))
        total.update(b"%s\0%s\0" % (name, sha256.encode()))
    return total.hexdigest()


# The cache keeps a shared table from being read again for each video.
@while_unchanged(lambda path: [path], num_results=1024)
def _content(path: str) -> str:
    return sha256_of(path)
