"""Writes the densities of a video to files, whole or not at all."""

import abc
import contextlib
import csv
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, TextIO

import av
import numpy as np

from rmdn_tf.files.published import published
from rmdn_tf.model.moments import COMPONENT, NUM_PARAMETERS, Moments
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.overlay import Overlay
from rmdn_tf.prediction.settings import require_suffix
from rmdn_tf.video.pictures import PictureWriter
from rmdn_tf.video.writer import VideoWriter

CSV_COLUMNS = ("frame", "time_seconds", "component", *Moments._fields)


class DensityFile(abc.ABC):
    """Takes the densities of a video, one after another."""

    @abc.abstractmethod
    def write(
        self, frame: av.VideoFrame, time: float, density: Density
    ) -> None:
        """Writes the density of the next frame.

        Args:
            frame: the frame.
            time: when it is shown, in seconds from the first frame.
            density: its density.
        """


class OverlayFile(DensityFile):
    """A video or picture, its densities and sampled points drawn over it."""

    def __init__(
        self,
        writer: VideoWriter | PictureWriter,
        overlay: Overlay,
        num_points: int,
        seed: int,
    ):
        self._writer = writer
        self._overlay = overlay
        self._num_points = num_points
        self._seed = seed

    def write(
        self, frame: av.VideoFrame, time: float, density: Density
    ) -> None:
        points = np.zeros((0, 2), np.float32)
        if self._num_points:
            points = density.sample(self._num_points, self._seed)
            self._seed += 1
        self._writer.write(self._overlay(frame, density, points))


class ParameterTable(DensityFile):
    """Moments of mixtures as CSV, a row for each component.

    `rmdn_tf.model.moments` says what the columns of `CSV_COLUMNS` mean.
    """

    def __init__(self, file: TextIO):
        self._writer = csv.writer(file)
        self._writer.writerow(CSV_COLUMNS)
        self._frame = 0

    def write(
        self, frame: av.VideoFrame, time: float, density: Density
    ) -> None:
        rows = zip(*density.moments(), strict=True)
        for component, row in enumerate(rows):
            self._writer.writerow(
                [self._frame, f"{time:.6f}", component]
                + [f"{number:.7g}" for number in row]
            )
        self._frame += 1


class ParameterArrays(DensityFile):
    """Mixtures as arrays: `parameters` `[L, C, 6]`, `time_seconds` `[L]`.

    `parameter_names`, `moment_names` and `moment_formulas`, texts `[6]`, say
    what the six numbers are, and how to compute moments.

    Frames between two clips have twice as many components; other frames are
    padded with components of weight 0, a logit of minus infinity. The binary
    file `scratch` collects the parameters, so memory does not grow with the
    length.
    """

    def __init__(self, scratch: BinaryIO, num_components: int):
        self._scratch = scratch
        self._num_components = num_components
        self._times: list[float] = []

    def write(
        self, frame: av.VideoFrame, time: float, density: Density
    ) -> None:
        row = np.zeros((self._num_components, NUM_PARAMETERS), np.float32)
        row[:, 0] = -np.inf
        row[: len(density.parameters)] = density.parameters
        self._scratch.write(row.tobytes())
        self._times.append(time)

    def pack(self, path: str | os.PathLike) -> None:
        """Writes the `.npz`."""
        shape = (len(self._times), self._num_components, NUM_PARAMETERS)
        header = {
            "descr": np.lib.format.dtype_to_descr(np.dtype(np.float32)),
            "fortran_order": False,
            "shape": shape,
        }
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in {
                "time_seconds": self._times,
                "parameter_names": [one.parameter for one in COMPONENT],
                "moment_names": [one.moment for one in COMPONENT],
                "moment_formulas": [one.formula for one in COMPONENT],
            }.items():
                with archive.open(f"{name}.npy", "w") as member:
                    np.save(member, np.array(array), allow_pickle=False)
            with archive.open(
                "parameters.npy", "w", force_zip64=True
            ) as member:
                np.lib.format.write_array_header_1_0(member, header)
                self._scratch.seek(0)
                shutil.copyfileobj(self._scratch, member)


@contextlib.contextmanager
def parameter_file(
    path: str | os.PathLike, num_components: int
) -> Iterator[DensityFile]:
    """Opens a file for mixtures, which appears when it is complete; a context.

    Args:
        path: name of the file; `.csv` has the moments of a component in each
            row, `.npz` the parameters `[L, C, 6]` and times `[L]`.
        num_components: largest number of components in a frame.

    Yields:
        The file, while it is written.

    Raises:
        ValueError: the suffix is another one.
        OSError: the file cannot be written.
    """
    suffix = require_suffix(path)
    with published(path) as temporary:
        if suffix == ".csv":
            with open(temporary, "w", newline="") as file:
                yield ParameterTable(file)
            return
        folder = os.path.dirname(temporary)
        with tempfile.TemporaryFile(dir=folder) as scratch:
            arrays = ParameterArrays(scratch, num_components)
            yield arrays
            arrays.pack(temporary)
