"""Plans the outputs of several videos, and checks them before any work."""

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence

from rmdn_tf.files.safe_names import refuse
from rmdn_tf.prediction.checks import check_outputs, not_a_picture
from rmdn_tf.prediction.settings import (
    PARAMETER_SUFFIXES,
    DrawingSettings,
    NumberSettings,
)
from rmdn_tf.video.folders import VIDEO_SUFFIXES, is_video_name
from rmdn_tf.video.picture_names import SUFFIXES, is_picture_name

# Stands for the name of a video in the path of an output.
NAME = "{name}"

_OUTPUTS = ("output", "maps", "parameters", "summary")
_FILE_SUFFIXES = {*VIDEO_SUFFIXES, *SUFFIXES, *PARAMETER_SUFFIXES, ".gif"}


@dataclasses.dataclass(frozen=True)
class Job:
    """A video and its outputs.

    Attributes:
        name: of `rmdn_tf.prediction.video_names.named_videos`.
        video: path of the video.
        drawing: the video to write, if any.
        numbers: the maps and tables to write, if any.
    """

    name: str
    video: str
    drawing: DrawingSettings
    numbers: NumberSettings

    @property
    def files(self) -> dict[str, str | None]:
        """Flag -> path of a file to write, or None."""
        return {
            "--output": self.drawing.output,
            "--parameters": self.numbers.parameters,
            "--summary": self.numbers.summary,
        }

    @property
    def outputs(self) -> dict[str, str]:
        """Flag -> path of a file or folder to write."""
        paths = {**self.files, "--maps": self.numbers.maps}
        return {flag: path for flag, path in paths.items() if path}


def plan(
    videos: Mapping[str, str], drawing: DrawingSettings, numbers: NumberSettings
) -> list[Job]:
    """Gives each video its own outputs.

    The path of an output is a folder, or contains `NAME`:

        OUT                 OUT/a.mp4, OUT/day/b.mp4
        OUT/{name}.mkv      OUT/a.mkv, OUT/day/b.mkv

    Args:
        videos: name -> path.
        drawing: the settings, with the path for all videos.
        numbers: the same.

    Returns:
        A job for each video, in the same order.

    Raises:
        ValueError: a path is a single file.
    """
    jobs = []
    for name, video in videos.items():
        paths = {
            option: _path_of(option, path, name, video)
            for option, path in _templates(drawing, numbers)
        }
        one = dataclasses.replace(drawing, output=paths.get("output"))
        others = dataclasses.replace(
            numbers,
            maps=paths.get("maps"),
            parameters=paths.get("parameters"),
            summary=paths.get("summary"),
        )
        jobs.append(Job(name, video, one, others))
    return jobs


def _templates(
    drawing: DrawingSettings, numbers: NumberSettings
) -> Iterator[tuple[str, str]]:
    """Yields the outputs to write, with their paths for all videos."""
    for option in _OUTPUTS:
        owner = drawing if option == "output" else numbers
        if getattr(owner, option):
            yield option, getattr(owner, option)


def _path_of(option: str, path: str, name: str, video: str) -> str:
    if NAME in path:
        return path.replace(NAME, name)
    if os.path.splitext(path)[1].lower() in _FILE_SUFFIXES:
        raise ValueError(
            f"Invalid --{option}. Expected a folder, or a path with {NAME}, "
            f"for the outputs of several videos. Received: '{path}'."
        )
    suffix = {
        "output": ".png" if is_picture_name(video) else ".mp4",
        "maps": "",
        "parameters": ".csv",
        "summary": "_summary.csv",
    }[option]
    return os.path.join(path, name + suffix)


def folder_of(drawing: DrawingSettings, numbers: NumberSettings) -> str:
    """Returns the folder that holds the first kind of outputs."""
    (_, path), *_ = _templates(drawing, numbers)
    before, holds_name, _ = path.partition(NAME)
    return (os.path.dirname(before) if holds_name else path) or "."


def check_jobs(
    jobs: Sequence[Job], values: Sequence[str], model: str | None
) -> None:
    """Makes sure that all outputs can be written, and overwrite nothing.

    Args:
        jobs: the videos and their outputs.
        values: the videos and folders that the command was given.
        model: path of a model, or None.

    Raises:
        ValueError: an output is an input, or lies in a folder of inputs; two
            outputs are one; or the output of a video has a picture's name.
    """
    inputs = {_identity(job.video) for job in jobs}
    folders = [os.path.realpath(v) for v in values if os.path.isdir(v)]
    known: set[str] = set()
    for job in jobs:
        check_outputs({"--video": job.video, "--model": model}, {}, job.outputs)
        output = job.drawing.output
        if output and is_picture_name(output) and is_video_name(job.video):
            raise not_a_picture(job.video, output)
        for flag, path in job.outputs.items():
            place = os.path.realpath(path)
            for folder in folders:
                if place.startswith(os.path.join(folder, "")):
                    refuse(flag, path, f"in the folder of videos '{folder}'")
            if os.path.exists(path) and _identity(path) in inputs:
                refuse(flag, path, "which is one of the videos")
            if place in known:
                refuse(flag, path, "for two outputs")
            known.add(place)


def _identity(path: str) -> tuple[int, int] | str:
    """Tells files apart, also behind hard links; a missing one by its path."""
    try:
        found = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return found.st_dev, found.st_ino
