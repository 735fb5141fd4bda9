"""Densities of a video, frame by frame -> files; whole or not at all."""

import abc
import contextlib
import csv
import os
import pathlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator

import av
import numpy as np
import tensorflow as tf

from rmdn_tf.density import Density
from rmdn_tf.published_files import published, published_directory

MAP_FORMATS = ("png", "npy")
PARAMETER_SUFFIXES = (".csv", ".npz")

CSV_COLUMNS = (
    "frame",
    "time_seconds",
    "component",
    "weight",
    "x",
    "y",
    "scale_x",
    "scale_y",
    "correlation",
)

_TOP = 65535


class DensityFile(abc.ABC):
    """Takes the densities of a video, one after another."""

    @abc.abstractmethod
    def write(
        self, frame: av.VideoFrame, time: float, density: Density
    ) -> None:
        """Writes the density of the next frame, shown at `time` seconds."""


class MapFolder(DensityFile):
    """A map a frame, `0001.png`, ..., as DHF1K names them.

    `python -m rmdn_tf.evaluate --maps` reads them back.

    Args:
        directory: that exists.
        size: (height, width) of the maps.
        map_format: "png", 16 bits, the peak at 65535, so levels of different
            frames do not compare; or "npy", float32 that sums to 1.
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        size: tuple[int, int],
        map_format: str = "png",
    ):
        self._directory = pathlib.Path(directory)
        self._size = size
        self._format = map_format
        self._number = 0

    def write(self, frame, time: float, density: Density) -> None:
        self._number += 1
        saliency_map = density.saliency_map(*self._size)
        path = self._directory / f"{self._number:04d}.{self._format}"
        if self._format == "npy":
            np.save(path, saliency_map)
            return
        levels = np.rint(saliency_map / saliency_map.max() * _TOP)
        encoded = tf.io.encode_png(levels.astype(np.uint16)[..., None])
        path.write_bytes(encoded.numpy())


class ParameterTable(DensityFile):
    """The mixtures as text, a row a component; `CSV_COLUMNS` heads it.

    Args:
        file: text, opened with `newline=""`.
    """

    def __init__(self, file):
        self._writer = csv.writer(file)
        self._writer.writerow(CSV_COLUMNS)
        self._frame = 0

    def write(self, frame, time: float, density: Density) -> None:
        parameters = density.parameters.astype(np.float64)
        logits = parameters[:, 0]
        weights = np.exp(logits - np.logaddexp.reduce(logits))
        columns = [
            weights,
            *parameters[:, 1:3].T,
            *np.exp(parameters[:, 3:5]).T,
            np.tanh(parameters[:, 5]),
        ]
        for component, row in enumerate(zip(*columns, strict=True)):
            self._writer.writerow(
                [self._frame, f"{time:.6f}", component]
                + [f"{number:.7g}" for number in row]
            )
        self._frame += 1


class ParameterArrays(DensityFile):
    """The mixtures as arrays: `parameters` `[L, C, 6]`, `time_seconds` `[L]`.

    `parameters` are those of `rmdn_tf.mixture`. Frames between two clips have
    twice as many components; where others have fewer, the rest has a logit of
    minus infinity, weight 0. Memory does not grow with the length.

    Args:
        scratch: a binary file to collect them in, open to write and read.
        num_components: C, the most that a frame has.
    """

    def __init__(self, scratch, num_components: int):
        self._scratch = scratch
        self._num_components = num_components
        self._times = []

    def write(self, frame, time: float, density: Density) -> None:
        row = np.zeros((self._num_components, 6), np.float32)
        row[:, 0] = -np.inf
        row[: len(density.parameters)] = density.parameters
        self._scratch.write(row.tobytes())
        self._times.append(time)

    def pack(self, path: str | os.PathLike) -> None:
        """Writes the `.npz`."""
        shape = (len(self._times), self._num_components, 6)
        header = {
            "descr": np.lib.format.dtype_to_descr(np.dtype(np.float32)),
            "fortran_order": False,
            "shape": shape,
        }
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("time_seconds.npy", "w") as member:
                np.save(member, np.array(self._times))
            with archive.open(
                "parameters.npy", "w", force_zip64=True
            ) as member:
                np.lib.format.write_array_header_1_0(member, header)
                self._scratch.seek(0)
                shutil.copyfileobj(self._scratch, member)


@contextlib.contextmanager
def map_folder(
    directory: str | os.PathLike,
    size: tuple[int, int],
    map_format: str = "png",
) -> Iterator[MapFolder]:
    """Writes maps to a folder that appears when they are all there.

    Raises:
        ValueError: the format is none.
        FileExistsError: the folder holds something.
    """
    if map_format not in MAP_FORMATS:
        raise ValueError(
            f"Invalid `map_format`. Expected one of {MAP_FORMATS}. "
            f"Received: map_format={map_format}."
        )
    directory = pathlib.Path(directory)
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(
            f"'{directory}' is not empty. Name a new folder for the maps."
        )
    directory.parent.mkdir(parents=True, exist_ok=True)
    with published_directory(directory) as temporary:
        yield MapFolder(temporary, size, map_format)


@contextlib.contextmanager
def parameter_file(
    path: str | os.PathLike, num_components: int
) -> Iterator[DensityFile]:
    """Writes parameters to a file that appears when they are all there.

    Args:
        path: its suffix says the format, of `PARAMETER_SUFFIXES`.
        num_components: the most that a frame has.

    Raises:
        ValueError: the suffix is none of these.
    """
    suffix = os.path.splitext(path)[1]
    if suffix not in PARAMETER_SUFFIXES:
        raise ValueError(
            f"Invalid parameter file. Expected a name that ends with one of "
            f"{PARAMETER_SUFFIXES}. Received: '{path}'."
        )
    with published(path) as temporary:
        if suffix == ".csv":
            with open(temporary, "w", newline="") as file:
                yield ParameterTable(file)
            return
        directory = os.path.dirname(os.path.abspath(path))
        with tempfile.TemporaryFile(dir=directory) as scratch:
            arrays = ParameterArrays(scratch, num_components)
            yield arrays
            arrays.pack(temporary)
