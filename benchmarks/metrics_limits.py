"""Times each part of the exact metrics against a loop that does only its work.

    python -m benchmarks.metrics_limits

Prints the table of `docs/limits.md`. Bare loops go through the same memory in
the same bands, take the same exponentials and logarithms, and give no score.
Both take turns in one run, on one core.
"""

import os

# Before NumPy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
from collections.abc import Callable

import numpy as np

from benchmarks.metrics_speed import BLUR, LARGE, SMALL, Case, compare
from rmdn_tf.metrics import auc, exact_batch
from rmdn_tf.metrics.bands import bands
from rmdn_tf.metrics.ground_truth import GroundTruth
from rmdn_tf.metrics.true_density import fixation_densities

NUM_FRAMES = 16


def _in_bands(maps: np.ndarray, work: Callable) -> Callable[[], None]:
    """Returns a loop that hands each band of each map to `work`."""

    def loop():
        for one in maps:
            for band in bands(one.shape):
                work(one[band])

    return loop


def _exponential(case: Case, truth: GroundTruth) -> tuple[Callable, Callable]:
    room = np.empty(case.logs.shape[1:], np.float32)
    return (
        lambda: [exact_batch.density_of(one, room) for one in case.logs],
        _in_bands(case.logs, np.exp),
    )


def _comparison(case: Case, truth: GroundTruth) -> tuple[Callable, Callable]:
    densities = [
        exact_batch.density_of(one, np.empty_like(one)) for one in case.logs
    ]

    def ours():
        for density, frame in zip(densities, truth.frames, strict=True):
            density.compare(frame)

    def bare():
        for one, frame in zip(case.logs, truth.frames, strict=True):
            for band in bands(one.shape):
                true = frame.density[band]
                np.multiply(one[band], true)
                np.minimum(one[band], true)

    return ours, bare


def _areas(case: Case, truth: GroundTruth) -> tuple[Callable, Callable]:
    extremes = [(one.min(), one.max()) for one in case.logs]
    of_bins = np.zeros(8192)

    def ours():
        for one, limits, frame in zip(
            case.logs, extremes, truth.frames, strict=True
        ):
            auc.areas(one, limits, frame.fixated, frame.weights)

    def look_up(band):
        of_bins.take(band.astype(np.intp), mode="clip").sum()

    return ours, _in_bands(case.logs, look_up)


def _truth(case: Case, truth: GroundTruth) -> tuple[Callable, Callable]:
    positive = np.maximum(case.densities, 1e-30)
    return (
        lambda: GroundTruth.of_maps(case.counts, case.densities),
        _in_bands(positive, np.log),
    )


def _blur(case: Case, truth: GroundTruth) -> tuple[Callable, Callable]:
    height, width = case.logs.shape[1:]
    mask = np.ones(case.points.shape[:2], bool)
    in_y = np.ones([height, mask.shape[1]], np.float32)
    in_x = np.ones([mask.shape[1], width], np.float32)
    room = np.empty([height, width], np.float32)
    return (
        lambda: fixation_densities(
            case.points, mask, height, width, BLUR * width, dtype=np.float32
        ),
        lambda: [np.matmul(in_y, in_x, out=room) for _ in mask],
    )


# Part -> what must be done for a pixel, its two loops.
PARTS = {
    "exponentials, their sums": ("4 B, 1 exp", _exponential),
    "CC, SIM, KL": ("12 B, 3 products, 1 minimum", _comparison),
    "AUC": ("4 B, 1 look-up", _areas),
    "truth: entropy, deviation, fixated pixels": ("12 B, 1 log", _truth),
    "truth: blur of 30 fixations": ("4 B, 60 FLOPs", _blur),
}


def report(size: tuple[int, int]) -> None:
    """Prints the rows of the table for maps of one size."""
    case = Case.draw(NUM_FRAMES, *size)
    truth = GroundTruth.of_maps(case.counts, case.densities)
    for name, (work, make) in PARTS.items():
        ours, bare = make(case, truth)
        times = compare({"ours": ours, "bare": bare}, NUM_FRAMES)
        ratio = np.median(times["bare"] / times["ours"])
        print(
            f"| {name} | {size[0]}x{size[1]} | {work} "
            f"| {np.median(times['bare']):.3f} "
            f"| {np.median(times['ours']):.3f} | {ratio:.2f} |"
        )


def main() -> None:
    """Prints the table."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print("| part | maps | work for a pixel | bare, ms | ours, ms | ratio |")
    print("|---|---|---|---|---|---|")
    for size in (LARGE, SMALL):
        report(size)


if __name__ == "__main__":
    main()
