"""Frames for the MSU benchmark's code, and their values by that code.

The code letterboxes all maps, and fits a remapping to all frames at once.
"""

import dataclasses
import importlib
import pathlib
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping

import numpy as np

from experiments.protocols import cases
from experiments.protocols.cases import Case

Row = dict[str, float]

# This frame is in no fit: the code stops at it.
UNFITTED = "black map"

# The code leaves its solver's tolerances at their defaults, and the solution
# is then up to 1e-3 off. Values are computed with both.
EXACT = {
    "abstol": 1e-12,
    "reltol": 1e-14,
    "feastol": 1e-12,
    "maxiters": 300,
}


def msu_cases() -> list[Case]:
    """Makes all frames, of 8 bits, the same ones in every run.

    Returns:
        Those of `cases.all_cases` with a fixation, and some of other shapes.
    """
    common = [case for case in cases.all_cases() if len(case.points)]
    return [_in_8_bits(case) for case in (*common, *_shapes())]


def centre_map() -> np.ndarray:
    """Makes the picture of the centre, uint8 `[180, 320]`."""
    size = (180, 320)
    return np.rint(
        255 * cases.make_bump(size, np.array([80, 150]), 60.0)
    ).astype(np.uint8)


def _shapes() -> Iterator[Case]:
    """Yields frames of twice, of three times the size, of other shapes."""
    generator = np.random.default_rng(cases.SEED + 1)
    for name, size in {
        "twice the size": (720, 1280),
        "4:3": (96, 128),
        "wide": (41, 131),
        "odd": (97, 171),
        "of the frame's size": (360, 640),
    }.items():
        blobs = cases.make_blobs(generator, size)
        points = cases.draw_points(generator, blobs, 30)
        corners = [[0, 0], [0, size[1] - 1], [size[0] - 1, size[1] - 1]]
        points = np.concatenate([points, points[:4] + [0, 0], corners])
        yield cases.make_case(generator, name, blobs, points)
    flat = np.zeros(size, np.uint16)
    yield cases.make_case(generator, UNFITTED, flat, points)
    yield cases.make_case(generator, "white map", ~flat, points)


def _in_8_bits(case: Case) -> Case:
    maps = {
        name: of if of.dtype == np.uint8 else (of >> 8).astype(np.uint8)
        for name, of in (("saliency", case.saliency), ("truth", case.truth))
    }
    return dataclasses.replace(case, **maps)


def msu(checkout: pathlib.Path) -> dict[str, Row]:
    """Scores as `bench.py` does, from files.

    Args:
        checkout: directory of the benchmark's repository.

    Returns:
        Name of a frame -> its scores: without the remapping, with it
        (`_fitted`), and with the code's inexact solution (`_fitted_as_is`).
        Besides the frames, "fit" has what was minimized and the weight.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _score(_Code(checkout), pathlib.Path(folder))


class _Code:
    """The modules of the benchmark's code."""

    def __init__(self, checkout: pathlib.Path):
        sys.path.insert(0, str(checkout))
        self.cv2 = importlib.import_module("cv2")
        self.options = importlib.import_module("cvxopt").solvers.options
        self.fitting = importlib.import_module("ss_robust_metric2")
        self.utils = importlib.import_module("utils")
        self.bench = importlib.import_module("bench")
        warnings.filterwarnings("error")  # As if `bench.py` were run.


def _score(code: _Code, folder: pathlib.Path) -> dict[str, Row]:
    frames = {case.name: _read(code, folder, case) for case in msu_cases()}
    centre = _read_image(code, folder, centre_map())
    rows: dict[str, Row] = {name: {} for name in (*frames, "fit")}
    fits = {
        "": None,
        "_fitted": _fit(code, folder, centre, EXACT),
        "_fitted_as_is": _fit(code, folder, centre, {}),
    }
    for suffix, remapping in fits.items():
        for name, frame in frames.items():
            for metric, value in _values(
                code, frame, centre, remapping
            ).items():
                rows[name][metric + suffix] = value
        if remapping:
            rows["fit"]["weight" + suffix] = float(remapping["beta"])
            rows["fit"]["error" + suffix] = _error(
                code, frames, centre, remapping
            )
    return rows


@dataclasses.dataclass(frozen=True)
class _Frame:
    """A frame as the code reads it, each `[360, 640]`."""

    saliency: np.ndarray
    truth: np.ndarray
    fixations: np.ndarray


def _read(code: _Code, folder: pathlib.Path, case: Case) -> _Frame:
    maps = [
        _read_image(code, folder, image, f"{kind}_{case.name}")
        for kind, image in (("map", case.saliency), ("truth", case.truth))
    ]
    fixated = np.where(case.counts > 0, 255, 0).astype(np.uint8)
    code.cv2.imwrite(str(folder / "fixated.png"), fixated)
    fixations = code.utils.read_sm(str(folder / "fixated.png"))
    return _Frame(*maps, code.utils.padding_fixation(fixations))


def _read_image(
    code: _Code, folder: pathlib.Path, image: np.ndarray, name: str = "other"
) -> np.ndarray:
    path = str(folder / f"{name.replace(':', 'x')}.png")
    code.cv2.imwrite(path, image)
    return code.utils.padding(code.utils.read_sm(path))


def _fit(
    code: _Code, folder: pathlib.Path, centre: np.ndarray, options: dict
) -> dict:
    """Fits the remapping, from the files that `_read` has left."""
    code.options.clear()
    code.options.update({"show_progress": False}, **options)
    maps, truth = (
        sorted(
            str(p) for p in folder.glob(f"{kind}_*") if UNFITTED not in p.name
        )
        for kind in ("map", "truth")
    )
    return code.fitting.ss_robust_metric2(
        [maps], [truth], centre, nbins=256, num_workers=1
    )


def _error(
    code: _Code,
    frames: Mapping[str, _Frame],
    centre: np.ndarray,
    remapping: dict,
) -> float:
    """Computes what was minimized."""
    return sum(
        float(
            np.square(
                code.bench.apply_transforms(frame.saliency, centre, remapping)
                - frame.truth
            ).sum()
        )
        for name, frame in frames.items()
        if name != UNFITTED
    )


def _values(
    code: _Code, frame: _Frame, centre: np.ndarray, remapping: dict | None
) -> Row:
    """Scores a frame; leaves out what the code cannot compute."""
    bench, saliency = code.bench, frame.saliency
    if remapping is not None:
        remapped = bench.apply_transforms(saliency, centre, remapping)
        saliency = np.clip(remapped, 0, 1)
    row = {}
    for name, score, truth in (
        ("cc", bench.cc, frame.truth),
        ("sim", bench.similarity, frame.truth),
        ("nss", bench.nss, frame.fixations),
        ("auc_judd", bench.auc_judd, frame.fixations),
        ("kl", bench.kldiv, frame.truth),
    ):
        try:
            row[name] = float(score(saliency, truth))
        except RuntimeWarning as error:
            print(f"{name} failed: {error!r}")
    return row
