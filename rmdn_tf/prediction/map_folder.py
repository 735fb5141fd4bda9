"""Writes a folder with a saliency map of each frame; resumes after a kill."""

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import pathlib
from collections.abc import Iterator, Mapping

import av
import numpy as np
from PIL import Image

import rmdn_tf
from rmdn_tf.files.published import published_directory, write_json
from rmdn_tf.files.settings_file import SettingsFile
from rmdn_tf.files.write_errors import writing
from rmdn_tf.prediction.best_map import BestMap
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.density_files import DensityFile
from rmdn_tf.prediction.settings import (
    MAP_FORMATS,
    NetworkSettings,
    is_bfloat16,
)
from rmdn_tf.runs.fingerprint import fingerprint
from rmdn_tf.runs.paths import fastest_form
from rmdn_tf.runtimes.formats import library_of

# File in a folder of maps that names their video, model and settings.
MAPS_FILE = "maps.json"

_TOP = 65535


class MapFolder(DensityFile):
    """A map of each frame, `0001.png`, ..., as DHF1K names them.

    `rmdn evaluate --maps` reads them. Existing maps are kept.

    Args:
        directory: an existing folder.
        size: (height, width) of the maps.
        map_format: "png": 16 bits with the peak at 65535, so levels of
            different frames do not compare; or "npy": float32, sum 1.
        best_map: makes the maps of the densities; None for the densities.
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        size: tuple[int, int],
        map_format: str = "png",
        best_map: BestMap | None = None,
    ):
        self._best_map = best_map
        self._directory = pathlib.Path(directory)
        self._size = size
        self._format = map_format
        self._number = 0

    def write(
        self, frame: av.VideoFrame, time: float, density: Density
    ) -> None:
        self._number += 1
        path = self._directory / f"{self._number:04d}.{self._format}"
        if path.exists():
            return
        saliency_map = density.saliency_map(*self._size)
        if self._best_map:
            saliency_map = self._best_map(saliency_map)
        content = self._encode(saliency_map)
        # A map appears under its name only when it is whole.
        temporary = path.with_name(f"{path.name}.partial")
        with writing(path), open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)

    def _encode(self, saliency_map: np.ndarray) -> bytes:
        if self._format == "npy":
            content = io.BytesIO()
            np.save(content, saliency_map)
            return content.getvalue()
        levels = np.rint(saliency_map / saliency_map.max() * _TOP)
        content = io.BytesIO()
        Image.fromarray(levels.astype(np.uint16)).save(content, "PNG")
        return content.getvalue()


def origin_of(
    video: str | os.PathLike,
    model: str | os.PathLike,
    network: NetworkSettings,
) -> dict:
    """Returns all that maps depend on besides size and format, for JSON."""
    with open(video, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    model = fastest_form(model, is_bfloat16(network.precision))
    return {
        "video": digest,
        "model": fingerprint(model),
        **dataclasses.asdict(network),
        # Other versions may compute other bytes.
        "rmdn-tf": rmdn_tf.__version__,
        "library": library_of(model),
        "pyav": av.__version__,
    }


@contextlib.contextmanager
def map_folder(
    directory: str | os.PathLike,
    size: tuple[int, int],
    map_format: str = "png",
    origin: Mapping[str, object] | None = None,
    best_map: BestMap | None = None,
) -> Iterator[MapFolder]:
    """Opens a folder for maps, which appears when it is complete; a context.

    Args:
        directory: the folder. Its parent is made if absent.
        size: (height, width) of the maps, in pixels.
        map_format: "png" or "npy"; see `MapFolder`.
        origin: result of `origin_of`. A writer with the same origin resumes the
            maps of a killed one, and accepts a complete folder. None starts
            anew.
        best_map: makes the maps of the densities; None for the densities.

    Yields:
        The folder, while it is written.

    Raises:
        ValueError: the format is unknown, or the folder holds maps of another
            video, model or setting.
        FileExistsError: the folder holds other files.
        OSError: the folder cannot be written, or another process writes the
            same maps.
    """
    if map_format not in MAP_FORMATS:
        raise ValueError(
            f"Invalid `map_format`. Expected one of {MAP_FORMATS}. "
            f"Received: map_format={map_format}."
        )
    directory = pathlib.Path(directory)
    about = origin and {**origin, "size": [*size], "format": map_format}
    if about and best_map:
        about = {**about, "best_map": dataclasses.asdict(best_map)}
    if directory.exists() and any(directory.iterdir()):
        settings = SettingsFile(directory / MAPS_FILE, {"type": "object"})
        if not about or settings.check(about) is None:
            raise FileExistsError(
                f"'{directory}' is not empty. Name a new folder for the maps."
            )
        yield MapFolder(directory, size, map_format, best_map)
        return
    directory.parent.mkdir(parents=True, exist_ok=True)
    identity = json.dumps(about, sort_keys=True) if about else None
    with published_directory(directory, identity) as temporary:
        yield MapFolder(temporary, size, map_format, best_map)
        if about:
            write_json(os.path.join(temporary, MAPS_FILE), about)
