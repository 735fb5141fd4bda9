"""Files to download, made of a recording as `rmdn predict` makes them."""

import pathlib
import secrets
import shutil
import zipfile
from typing import Any

from rmdn_tf.applications.areas.report import report
from rmdn_tf.applications.areas.settings import AreaSettings
from rmdn_tf.applications.view.guard import Refused
from rmdn_tf.applications.view.measures import parse_areas
from rmdn_tf.applications.view.opening import Facts
from rmdn_tf.applications.view.recording import Recording
from rmdn_tf.applications.view.session import Session
from rmdn_tf.applications.view.shown_video import MadeFile, Opened, ShownVideo
from rmdn_tf.applications.view.tasks import Task
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.settings import (
    DrawingSettings,
    NetworkSettings,
    NumberSettings,
)
from rmdn_tf.prediction.video_prediction import VideoPrediction
from rmdn_tf.video.colours import STYLES
from rmdn_tf.video.decoding import size_within

_MAX_FILES = 20

# Longest side of maps, in pixels: enough, since densities are smooth.
_MAP_SIDE = 320

# Kind -> end of the name.
_NAMES = {
    "overlay": ".overlay.mp4",
    "maps": ".maps.zip",
    "parameters": ".parameters.npz",
    "summary": ".summary.csv",
    "areas": ".areas.csv",
}


def request_file(
    session: Session,
    video: ShownVideo,
    model: str,
    recording: Recording,
    document: dict[str, Any],
) -> MadeFile:
    """Queues the work that makes a file.

    Args:
        session: does the work.
        video: the video.
        model: id of the model.
        recording: of the model, complete.
        document: what the page asks for.

    Returns:
        The file, which is still to be made.

    Raises:
        Refused: the document is invalid.
        Full: too many files are being made.
    """
    kind, style = document.get("kind"), document.get("style", "heat")
    if not isinstance(kind, str) or kind not in _NAMES:
        raise Refused(400, f"Invalid `kind`. Expected one of {[*_NAMES]}.")
    if not isinstance(style, str) or style not in STYLES:
        raise Refused(400, f"Invalid `style`. Expected one of {[*STYLES]}.")
    areas = parse_areas(document.get("areas")) if kind == "areas" else []
    if len(video.files) >= _MAX_FILES:
        session.drop_oldest_file(video)  # The browser has it.
    opened = video.opened
    file = _new_file(video.name, opened.facts, model, kind)
    folder = opened.folder / secrets.token_hex(8)
    folder.mkdir()
    path = folder / f"file{pathlib.PurePath(file.name).suffix}"

    def make(task: Task) -> None:
        replay = recording.replay(task.go_on)
        if kind == "areas":
            errors = session.share_errors(model)
            settings = AreaSettings(areas="", output=str(path))
            source = str(opened.source)
            report(replay, errors, source, areas, settings, NetworkSettings())
        else:
            _predict(replay, opened, kind, path, style)
        session.take_bytes(video, path.stat().st_size)
        file.path = path

    video.files[file.id] = file
    session.add_work(video, file, make)
    return file


def _new_file(name: str, facts: Facts, model: str, kind: str) -> MadeFile:
    end = _NAMES[kind]
    if kind == "overlay" and facts.kind == "picture":
        end = ".overlay.png"
    stem = pathlib.PurePath(name).stem
    return MadeFile(
        secrets.token_urlsafe(16), kind, model, f"{stem}.{model}{end}"
    )


def _predict(
    replay: AttentionModel,
    video: Opened,
    kind: str,
    path: pathlib.Path,
    style: str,
) -> None:
    """Writes what `rmdn predict` writes of a video."""
    drawing, numbers = DrawingSettings(), NumberSettings()
    maps = path.with_name("maps")
    if kind == "overlay":
        drawing = DrawingSettings(output=str(path), style=style)
    elif kind == "maps":
        size = size_within(_MAP_SIDE, (video.facts.height, video.facts.width))
        numbers = NumberSettings(maps=str(maps), map_size=size)
    elif kind == "parameters":
        numbers = NumberSettings(parameters=str(path))
    else:
        numbers = NumberSettings(summary=str(path))
    VideoPrediction(
        replay, str(video.source), NetworkSettings(), drawing, numbers
    ).run()
    if kind == "maps":
        _zip(maps, path)
        shutil.rmtree(maps)


def _zip(folder: pathlib.Path, path: pathlib.Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
