"""Runs the code of a benchmark on made-up frames and writes its values, CSV.

python -m experiments.protocols.goldens --peer ntire2026 --checkout NTIRE26

Needs a checkout of the benchmark at the commit that it names, and what its code
needs. The README of this folder tells how to get both.
"""

import argparse
import csv
import importlib
import pathlib
import sys
import tempfile
import types
from collections.abc import Callable

import numpy as np

from experiments.protocols.cases import Case, all_cases
from experiments.protocols.msu import msu

GOLDENS = pathlib.Path(__file__).parent / "goldens"
# Draws of the shuffled AUC to average: 100 splits each.
NUM_DRAWS = 100

Row = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer", choices=[*PEERS, "msu"], required=True)
    parser.add_argument(
        "--checkout",
        type=pathlib.Path,
        required=True,
        help="Directory of the benchmark's repository.",
    )
    parser.add_argument(
        "--output_dir", type=pathlib.Path, default=GOLDENS, help="Of the CSV."
    )
    options = parser.parse_args()
    scored = (
        msu(options.checkout)
        if options.peer == "msu"
        else _score_each(PEERS[options.peer](options.checkout))
    )
    rows = [{"case": name, **row} for name, row in scored.items()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    options.output_dir.mkdir(parents=True, exist_ok=True)
    path = options.output_dir / f"{options.peer}.csv"
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(path)


def _score_each(score: Callable[[Case], Row]) -> dict[str, Row]:
    return {case.name: score(case) for case in all_cases()}


def ntire2026(checkout: pathlib.Path) -> Callable[[Case], Row]:
    """Scores as `bench.py` does, from files."""
    import cv2

    bench = _module("bench", checkout)

    def score(case: Case) -> Row:
        with tempfile.TemporaryDirectory() as folder:
            paths = [f"{folder}/{name}.png" for name in ("map", "truth")]
            for path, of in zip(
                paths, (case.saliency, case.truth), strict=True
            ):
                # In three channels, as ffmpeg writes the frames of a video.
                cv2.imwrite(path, np.repeat(of[..., None], 3, -1))
            frame = {
                "gt_fixations": case.points,
                "gt_saliency_path": paths[1],
                "predictions_path": paths[0],
            }
            return _or_nothing(bench.calculate_frame_metrics, frame)

    return score


def crowdsal(checkout: pathlib.Path) -> Callable[[Case], Row]:
    """Scores as `bench.py` does, from decoded frames of 16 bits."""
    bench = _module("bench", checkout)

    def score(case: Case) -> Row:
        maps = case.saliency.astype(np.uint16), case.truth
        points = case.points.tolist()
        return _or_nothing(bench.calculate_frame_metrics, *maps, points, 0)

    return score


def unisal(checkout: pathlib.Path) -> Callable[[Case], Row]:
    """Scores a frame as `Trainer.run_inference` does, without the network."""
    import torch

    # The package imports what scores need no part of.
    package = types.ModuleType("unisal")
    package.__path__ = [str(checkout / "unisal")]
    sys.modules["unisal"] = package
    for name in ("tensorboardX", "unisal.model", "unisal.data"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["tensorboardX"].SummaryWriter = None  # type: ignore[attr-defined]
    trainer = _module("unisal.train", checkout).Trainer

    def score(case: Case) -> Row:
        maps = case.saliency + 1.0
        logs = np.log(maps / maps.sum()).astype(np.float32)
        truth = case.truth.astype(np.float32)
        truth = truth / truth.sum() if truth.any() else truth + 1 / truth.size
        sequences = [
            torch.from_numpy(of)[None, None, None]
            for of in (logs, truth.astype(np.float32), case.counts > 0)
        ]
        losses = trainer.loss_sequences(*sequences, ("kld", "nss", "cc"))
        row = {
            name: float(loss[0, 0])
            for name, loss in zip(("kl", "nss", "cc"), losses, strict=True)
        }
        row |= _areas(trainer, sequences, "sim")
        row |= _areas(trainer, sequences, "aucj")
        return row | _shuffled(trainer, sequences, case.others)

    return score


def _shuffled(trainer: type, sequences: list, others: np.ndarray) -> Row:
    """Averages the shuffled AUC over many draws of 100 splits."""
    values = []
    for _ in range(NUM_DRAWS):
        row = _areas(trainer, sequences, "aucs", others)
        if not row:
            return {}
        values.append(row["aucs"])
    error = np.std(values, ddof=1) / np.sqrt(NUM_DRAWS)
    return {
        "aucs": float(np.mean(values)),
        "aucs_standard_error": float(error),
    }


def _areas(
    trainer: type,
    sequences: list,
    metric: str,
    others: np.ndarray | None = None,
) -> Row:
    other_maps = None if others is None else iter([others * 1.0])
    try:
        values = trainer.eval_sequences(*sequences, [metric], other_maps)
        value = float(values[0][0])
        return {} if np.isnan(value) else {metric: value}
    except (AssertionError, TypeError, ValueError) as error:
        print(f"{metric} failed: {error!r}")
        return {}


def _or_nothing(score: Callable[..., Row], *arguments: object) -> Row:
    """Returns the scores; nothing if the code fails."""
    try:
        return {name: float(value) for name, value in score(*arguments).items()}
    except (IndexError, RuntimeWarning, ValueError, ZeroDivisionError) as error:
        print(f"failed: {error!r}")
        return {}


def _module(name: str, folder: pathlib.Path) -> types.ModuleType:
    sys.path.insert(0, str(folder))
    return importlib.import_module(name)


PEERS = {"ntire2026": ntire2026, "crowdsal": crowdsal, "unisal": unisal}

if __name__ == "__main__":
    main()
