"""The videos of a server, their runs, and the limits of them all."""

import dataclasses
import functools
import os
import pathlib
import secrets
import shutil
import threading
from collections.abc import Sequence
from typing import Any

import rmdn_tf
from rmdn_tf.applications.areas.share_errors import ShareErrors
from rmdn_tf.applications.view.dataset import ShownDataset
from rmdn_tf.applications.view.opening import MAX_PIXELS, find_facts
from rmdn_tf.applications.view.people import PeopleModel
from rmdn_tf.applications.view.playable import make_playable
from rmdn_tf.applications.view.recording import Recording
from rmdn_tf.applications.view.running import record
from rmdn_tf.applications.view.settings import Limits
from rmdn_tf.applications.view.shown_video import (
    COMMAND,
    DATASET,
    UPLOAD,
    Run,
    ShownVideo,
)
from rmdn_tf.applications.view.tasks import (
    DONE,
    FAILED,
    LISTED,
    Cancelled,
    Task,
    Work,
    Worker,
)
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.video.folders import VIDEO_SUFFIXES
from rmdn_tf.video.picture_names import SUFFIXES

PEOPLE = "people"

# Suffixes of the files that may be uploaded.
UPLOADED = (*sorted(VIDEO_SUFFIXES), ".gif", *SUFFIXES)


class Full(ValueError):
    """A limit is reached; the message says which."""


class NotReady(ValueError):
    """The work that a request needs is not done."""


@dataclasses.dataclass(frozen=True)
class NamedModel:
    """A model that all videos run through.

    Attributes:
        id: "model" or "other_model".
        name: name to display.
        model: the model.
        share_errors: errors of its shares of areas; None if unknown.
    """

    id: str
    name: str
    model: AttentionModel
    share_errors: ShareErrors | None = None


class Session:
    """The videos of a server, until it ends.

    Networks run one at a time, in one thread; videos for the browser are
    encoded in another.

    Args:
        folder: private folder on disk.
        models: one or more.
        limits: of the videos.
        dataset: a prepared dataset to show, or None.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        models: Sequence[NamedModel],
        limits: Limits,
        dataset: ShownDataset | None = None,
    ):
        self.models = list(models)
        self.limits = limits
        self.videos: dict[str, ShownVideo] = {}
        self._folder = pathlib.Path(folder)
        self._dataset = dataset
        self._num_bytes = 0
        self._lock = threading.Lock()
        self._networks, self._encoder = Worker("networks"), Worker("encoder")
        if dataset:
            for name, gaze in dataset.videos.items():
                self._add(name, DATASET, gaze=gaze)

    def close(self) -> None:
        """Ends all work."""
        for worker in (self._networks, self._encoder):
            worker.close()
        for video in self.videos.values():
            video.clear()

    def state(self) -> dict[str, Any]:
        """Returns `State` of the page."""
        models = [{"id": one.id, "name": one.name} for one in self.models]
        if self._dataset:
            models.append({"id": PEOPLE, "name": "people"})
        return {
            "version": rmdn_tf.__version__,
            "models": models,
            "limits": {
                "bytes": self.limits.num_bytes,
                "seconds": self.limits.seconds,
                "pixels": MAX_PIXELS,
                "videos": self.limits.videos,
            },
            "suffixes": list(UPLOADED),
            "videos": [video.to_json() for video in self.videos.values()],
        }

    def add_files(self, paths: Sequence[str | os.PathLike]) -> None:
        """Lists files of the command line, which are only read."""
        for path in paths:
            path = pathlib.Path(path)
            self._add(path.name, COMMAND, source=path)

    def begin_upload(
        self, name: str, num_bytes: int
    ) -> tuple[ShownVideo, pathlib.Path]:
        """Makes room for an upload.

        Only the suffix of the name becomes part of a path, if it is known.

        Args:
            name: name to display.
            num_bytes: its length.

        Returns:
            The video, and where to write it.

        Raises:
            Full: too many videos, or too many bytes.
            ValueError: the suffix is unknown.
        """
        suffix = pathlib.PurePath(name).suffix.lower()
        if suffix not in UPLOADED:
            raise ValueError(
                "Invalid name. Expected that of a video or picture, such as "
                f"clip.mp4. Received: '{name}'."
            )
        number = sum(v.origin == UPLOAD for v in self.videos.values())
        if number >= self.limits.videos:
            raise Full(
                f"At most {self.limits.videos} videos at once. Remove one."
            )
        video = ShownVideo(secrets.token_urlsafe(16), name, UPLOAD)
        self.take_bytes(video, num_bytes)
        folder = self._make_folder()
        video.folder, video.source = folder, folder / f"original{suffix}"
        return video, video.source

    def finish_upload(self, video: ShownVideo) -> None:
        """Opens a video whose bytes are complete, and begins its runs.

        Raises:
            ValueError: the video is invalid, too long or too large.
        """
        self._open(video)
        self.videos[video.id] = video
        self._begin(video)

    def start(self, video: ShownVideo) -> None:
        """Begins the runs of a video that is listed.

        Raises:
            NotReady: the video was removed meanwhile.
            ValueError: the video is invalid, too long or too large.
        """
        with self._lock:
            if video.is_cleared:
                raise NotReady("The video was removed meanwhile.")
            if video.folder:
                return  # It has begun.
            folder = video.folder = self._make_folder()
        try:
            with video.plain_errors():
                if self._dataset and video.origin == DATASET:
                    video.source = folder / "frames.mkv"
                    self.take_bytes(
                        video, self._dataset.write(video.name, video.source)
                    )
                self._open(video)
        except BaseException:
            self.remove(video)
            raise
        self._begin(video)

    def remove(self, video: ShownVideo) -> None:
        """Stops the runs of a video, and removes all that was made."""
        with self._lock:
            video.is_cleared = True  # Now no other thread starts it.
        video.clear()
        with self._lock:
            self._num_bytes -= video.num_bytes
            video.num_bytes = 0
            if self.videos.get(video.id) is not video:
                return  # Another request has removed it.
            if video.origin == UPLOAD:
                del self.videos[video.id]
            else:
                self.videos[video.id] = self._listed_again(video)

    def _listed_again(self, video: ShownVideo) -> ShownVideo:
        listed = ShownVideo(video.id, video.name, video.origin)
        listed.gaze = video.gaze
        if video.origin == COMMAND:
            listed.source = video.source
        self._list_runs(listed)
        return listed

    def take_bytes(self, video: ShownVideo, num_bytes: int) -> None:
        """Counts bytes that go to the disk.

        Raises:
            Full: all videos together would take too many bytes.
            Cancelled: the video has been removed.
        """
        with self._lock:
            if video.is_cleared:
                raise Cancelled
            if self._num_bytes + num_bytes > self.limits.num_bytes:
                raise Full(
                    "The videos and what was made of them take more than "
                    f"{self.limits.num_bytes / 1e9:g} GB, the limit of "
                    "--max_gigabytes. Remove a video."
                )
            self._num_bytes += num_bytes
            video.num_bytes += num_bytes

    def drop_oldest_file(self, video: ShownVideo) -> None:
        """Removes the oldest file that was made of a video.

        Raises:
            Full: all files are still being made.
        """
        with self._lock:
            settled = (DONE, FAILED)
            files = [f for f in video.files.values() if f.state in settled]
            if not files:
                raise Full(f"At most {len(video.files)} files at once.")
            del video.files[files[0].id]
            path = files[0].path
            if path:
                freed = path.stat().st_size
                shutil.rmtree(path.parent)
                video.num_bytes -= freed
                self._num_bytes -= freed

    def recording_of(self, video: ShownVideo, model: str) -> Recording:
        """Returns the recording of a model.

        Raises:
            NotReady: the run is not done.
        """
        recording = video.runs[model].recording
        if recording is None or not recording.is_complete:
            raise NotReady("The run of the model is not done.")
        return recording

    def share_errors(self, id: str) -> ShareErrors | None:
        """Returns the errors of a model's shares; None if unknown."""
        return next((o.share_errors for o in self.models if o.id == id), None)

    def add_work(self, video: ShownVideo, task: Task, work: Work) -> None:
        """Queues work of a video that computes."""
        self._networks.add(task, video.plain_errors()(work))

    def _add(self, name: str, origin: str, **more: Any) -> None:
        video = ShownVideo(secrets.token_urlsafe(16), name, origin, **more)
        self.videos[video.id] = video
        self._list_runs(video)

    def _list_runs(self, video: ShownVideo) -> None:
        video.runs = {one.id: Run() for one in self.models}
        if video.gaze:
            video.runs[PEOPLE] = Run()

    def _open(self, video: ShownVideo) -> None:
        if video.source:
            video.facts = find_facts(video.source, self.limits.seconds)

    def _make_folder(self) -> pathlib.Path:
        folder = self._folder / secrets.token_hex(8)
        folder.mkdir()
        return folder

    def _begin(self, video: ShownVideo) -> None:
        """Queues all that a new video needs."""
        if video.state == LISTED:
            self._list_runs(video)
        self._begin_playable(video)
        for id, run in video.runs.items():
            self.add_work(video, run, functools.partial(self._run, video, id))

    def _begin_playable(self, video: ShownVideo) -> None:
        playable, (source, folder, facts) = video.playable, video.opened
        if facts.media_type:
            playable.path, playable.media_type = source, facts.media_type
            playable.finish()
            return

        def encode(task: Task) -> None:
            path, media_type = make_playable(source, facts, folder, task)
            self.take_bytes(video, path.stat().st_size)
            playable.media_type, playable.path = media_type, path

        self._encoder.add(playable, video.plain_errors()(encode))

    def _run(self, video: ShownVideo, id: str, task: Task) -> None:
        """Runs a model, or the gaze of people, through a video."""
        model, (source, folder, facts) = self._model_of(video, id), video.opened
        folder.joinpath(id).mkdir()
        recording = Recording(folder / id, model.config)
        video.runs[id].recording = recording
        record(
            model,
            source,
            recording,
            task,
            functools.partial(self.take_bytes, video),
            self.limits.seconds,
            facts.frames,
        )

    def _model_of(self, video: ShownVideo, id: str) -> AttentionModel:
        if id == PEOPLE and video.gaze:
            return PeopleModel(video.gaze, self.models[0].model.config)
        return next(one.model for one in self.models if one.id == id)
