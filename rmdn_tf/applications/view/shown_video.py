"""A video that the page shows, and all that was made of it."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

from rmdn_tf.applications.view.opening import Facts
from rmdn_tf.applications.view.recording import Recording
from rmdn_tf.applications.view.tasks import (
    DONE,
    FAILED,
    LISTED,
    RUNNING,
    WAITING,
    Task,
)
from rmdn_tf.data.annotations import Video as VideoWithGaze
from rmdn_tf.files.write_errors import full_disk

UPLOAD, COMMAND, DATASET = "upload", "command", "dataset"


class DiskError(OSError):
    """A file cannot be read or written; the text names no path.

    Args:
        error: what the system says.

    Attributes:
        is_full: whether the disk is full.
    """

    def __init__(self, error: Exception):
        self.is_full = full_disk(error) is not None
        reason = getattr(error, "strerror", None) or type(error).__name__
        super().__init__(
            "The disk is full. Remove a video, or set TMPDIR."
            if self.is_full
            else f"The server cannot read or write a file: {reason}."
        )


class Playable(Task):
    """The file that a browser shows.

    Attributes:
        path: the file, once it is done.
        media_type: its type for a browser.
    """

    path: pathlib.Path | None = None
    media_type = ""


class Run(Task):
    """A model's run through a video.

    Attributes:
        recording: of the densities; None until the run begins.
    """

    recording: Recording | None = None

    def to_json(self) -> dict[str, Any]:
        number = len(self.recording) if self.recording else 0
        return {**super().to_json(), "records": number}


class MadeFile(Task):
    """A file to download.

    Attributes:
        id: random text.
        kind: what it is, such as "overlay".
        model: id of the model.
        name: name for the browser.
        path: the file, once it is done.
    """

    path: pathlib.Path | None = None

    def __init__(self, id: str, kind: str, model: str, name: str):
        super().__init__()
        self.id, self.kind, self.model, self.name = id, kind, model, name

    def to_json(self) -> dict[str, Any]:
        path = self.path if self.state == DONE else None
        return {
            "id": self.id,
            "kind": self.kind,
            "model": self.model,
            "name": self.name,
            "bytes": path.stat().st_size if path else None,
            **super().to_json(),
        }


class Opened(NamedTuple):
    """A video whose work has begun.

    Attributes:
        source: its file.
        folder: holds all that is made of it.
        facts: what the page must know.
    """

    source: pathlib.Path
    folder: pathlib.Path
    facts: Facts


@dataclasses.dataclass
class ShownVideo:
    """A video of the page.

    Attributes:
        id: random text.
        name: name to display; no path.
        origin: `UPLOAD`, `COMMAND` or `DATASET`.
        source: the file; None for a video of a dataset that is not opened.
        gaze: fixations of people, for a video of a dataset.
        facts: what was found when it was opened.
        folder: holds all that is made of it; None while it is listed.
        playable: what the browser shows.
        runs: id of a model -> its run.
        files: id -> file to download.
        num_bytes: how much it takes on disk.
        is_cleared: whether it has been removed.
    """

    id: str
    name: str
    origin: str
    source: pathlib.Path | None = None
    gaze: VideoWithGaze | None = None
    facts: Facts | None = None
    folder: pathlib.Path | None = None
    playable: Playable = dataclasses.field(default_factory=Playable)
    runs: dict[str, Run] = dataclasses.field(default_factory=dict)
    files: dict[str, MadeFile] = dataclasses.field(default_factory=dict)
    num_bytes: int = 0
    is_cleared: bool = False

    @property
    def opened(self) -> Opened:
        """The file, folder and facts of an open video.

        Raises:
            ValueError: the video is not open, or has been removed.
        """
        if not (self.source and self.folder and self.facts):
            raise ValueError("The video is not open.")
        return Opened(self.source, self.folder, self.facts)

    @property
    def tasks(self) -> list[Task]:
        """All pieces of work."""
        return [self.playable, *self.runs.values(), *self.files.values()]

    @property
    def state(self) -> str:
        """State of all runs together."""
        states = {run.state for run in self.runs.values()}
        for one in (FAILED, RUNNING, WAITING):
            if one in states:
                return one
        return DONE if DONE in states else LISTED

    @contextlib.contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Takes paths of this machine out of errors, which the page shows."""
        try:
            yield
        except DiskError:
            raise
        except (ValueError, OSError) as error:
            if isinstance(error, OSError) or full_disk(error):
                raise DiskError(error) from error
            text = str(error)
            if self.source:
                text = text.replace(str(self.source), self.name)
            if self.folder:
                text = text.replace(f"{self.folder}{os.sep}", "")
            if text == str(error):
                raise
            raise ValueError(text) from error

    def clear(self) -> None:
        """Stops all work, and removes all that was made."""
        self.is_cleared = True
        for task in self.tasks:
            task.cancel()
        for run in self.runs.values():
            if run.recording:
                run.recording.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None

    def to_json(self) -> dict[str, Any]:
        """Returns what the page gets."""
        facts = self.facts
        shown = dataclasses.asdict(facts) if facts else {}
        names = [field.name for field in dataclasses.fields(Facts)]
        observers = None
        if self.gaze:
            observers = len({*self.gaze.fixations.observer.tolist()})
        return {
            "id": self.id,
            "name": self.name,
            "from": self.origin,
            "state": self.state,
            "error": next(
                filter(None, (task.error for task in self.runs.values())), None
            ),
            **{name: shown.get(name) for name in names[:-2]},
            "playable": {
                **self.playable.to_json(),
                "start_seconds": self._start_seconds,
            },
            "densities": {id: run.to_json() for id, run in self.runs.items()},
            "observers": observers,
            "files": [file.to_json() for file in self.files.values()],
        }

    @property
    def _start_seconds(self) -> float:
        """When the player shows the first frame; a made file begins at 0."""
        is_original = self.playable.path == self.source
        return self.facts.start_seconds if self.facts and is_original else 0.0
