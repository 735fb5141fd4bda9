"""Times the exact metrics against pysaliency's, on the same log-densities.

    pip install pysaliency torch "setuptools<81"  # It imports all of them.
    python -m benchmarks.metrics_speed

Without pysaliency, a plain sort of the same maps stands for it. Both sides take
turns within one run: its ratios travel between machines, times do not. Either
side uses one core.

Of pysaliency these are the fastest functions for maps at hand; its models call
the same ones: `roc.general_rocs_per_positive` (AUC against all pixels; half the
time of `general_roc`), `metrics.NSS`, `metrics.CC`, `metrics.SIM`,
`metrics.image_based_kl_divergence`, and for the information gain the difference
of log-densities at the fixations.
"""

import os

# Before NumPy is imported: one core for either side.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import dataclasses
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from rmdn_tf.exact_scores import exact_scores
from rmdn_tf.fixation_maps import count_fixations, fixation_densities
from rmdn_tf.truth import Truth

try:
    from pysaliency import metrics as theirs
    from pysaliency.roc import general_rocs_per_positive
except ImportError as error:
    theirs = None
    print(f"No pysaliency ({error}): np.sort stands for it.")

NUM_FIXATIONS = 30
BLUR = 0.03
"""Of the width, in the true densities."""

NUM_ROUNDS = 9
LARGE, SMALL = (360, 640), (128, 171)
NUM_FRAMES = 244_860
"""Frames to extrapolate to: about those of a large data set's test videos."""


@dataclasses.dataclass(frozen=True)
class Case:
    """Mixtures of two Gaussians and fixations that follow them.

    Attributes:
        logs: float32 `[n, H, W]`, log-densities, as a network gives them.
        baseline: float32 `[1, H, W]`, the log-density of a centre bias.
        points: float64 `[n, 30, 2]`, fixations.
        counts: int `[n, H, W]`.
        densities: float64 `[n, H, W]`, the true ones.
        others: int `[H, W]`, fixations of other videos.
    """

    logs: np.ndarray
    baseline: np.ndarray
    points: np.ndarray
    counts: np.ndarray
    densities: np.ndarray
    others: np.ndarray

    @classmethod
    def draw(cls, num_frames: int, height: int, width: int) -> "Case":
        rng = np.random.default_rng(0)
        centres = 0.2 + 0.6 * rng.random((num_frames, 2, 2))
        scales = 0.08 + 0.1 * rng.random((num_frames, 2, 1))
        of_component = rng.integers(0, 2, (num_frames, NUM_FIXATIONS))
        frame = np.arange(num_frames)[:, None]
        noise = rng.normal(size=(num_frames, NUM_FIXATIONS, 2))
        points = centres[frame, of_component]
        points = np.clip(points + scales[frame, of_component] * noise, 0, 1)
        size = (np.ones(points.shape[:2], bool), height, width)
        return cls(
            np.stack(
                [
                    _log_mixture(*frame, height, width)
                    for frame in zip(centres, scales, strict=True)
                ]
            ),
            _log_mixture([[0.5, 0.5]], [[0.2]], height, width)[None],
            points,
            count_fixations(points, *size),
            fixation_densities(points, *size, sigma=BLUR * width),
            rng.poisson(3, (height, width)),
        )


def _log_mixture(
    centres: np.ndarray, scales: np.ndarray, height: int, width: int
) -> np.ndarray:
    """Of equal isotropic Gaussians, normalized, float32 `[H, W]`."""
    y = (np.arange(height)[:, None] + 0.5) / height
    x = (np.arange(width) + 0.5) / width
    logs = [
        -((x - cx) ** 2 + (y - cy) ** 2) / (2 * s**2) - 2 * np.log(s)
        for (cx, cy), (s,) in zip(centres, scales, strict=True)
    ]
    logs = np.logaddexp.reduce(logs)
    return (logs - np.log(np.exp(logs).sum())).astype(np.float32)


def score(case: Case) -> dict[str, np.ndarray]:
    """Ours: everything that one predictor needs, the truth included."""
    truth = Truth.of_maps(case.counts, case.densities)
    return exact_scores(case.logs, truth, None, case.baseline)


def score_by_pysaliency(case: Case) -> dict[str, np.ndarray]:
    """The scores that both have, under our names."""
    height, width = case.baseline.shape[1:]
    rows = []
    for logs, points, density in zip(
        case.logs, case.points, case.densities, strict=True
    ):
        saliency_map = np.exp(logs, dtype=np.float64)
        x, y = np.minimum(
            (points * (width, height)).astype(int), (width - 1, height - 1)
        ).T
        aucs = general_rocs_per_positive(
            saliency_map[y, x], saliency_map.ravel()
        )
        gains = logs[y, x] - case.baseline[0, y, x]
        rows.append(
            {
                "auc_borji": aucs.mean(),
                "information_gain": gains.mean() / np.log(2),
                "nss": theirs.NSS(saliency_map, x, y).mean(),
                "cc": theirs.CC(saliency_map, density),
                "sim": theirs.SIM(saliency_map, density),
                "kl": theirs.image_based_kl_divergence(saliency_map, density),
            }
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def score_from_points(case: Case) -> dict[str, np.ndarray]:
    """Ours, and more: blurs the fixations, and has the shuffled AUC too."""
    mask = np.ones(case.points.shape[:2], bool)
    height, width = case.baseline.shape[1:]
    truth = Truth.of_fixations(
        case.points, mask, height, width, sigma=BLUR * width
    )
    return exact_scores(case.logs, truth, case.others, case.baseline)


def check(case: Case) -> None:
    """Both sides must compute the same.

    Raises:
        ValueError: they do not.
    """
    ours = score(case)
    for name, values in score_by_pysaliency(case).items():
        # The information gain is theirs in single precision.
        if not np.allclose(ours[name], values, rtol=1e-5, atol=0):
            raise ValueError(f"{name}: {ours[name]} here, {values} there.")


def compare(
    calls: dict[str, Callable[[], object]],
    num_frames: int,
    clock: Callable[[], float] = time.thread_time,
) -> dict[str, np.ndarray]:
    """Times calls in turns, milliseconds a frame; the first round warms up.

    The clock is the time on the core, since others may use it as well.
    """

    def milliseconds(call):
        start = clock()
        call()
        return 1e3 * (clock() - start) / num_frames

    rounds = [
        {name: milliseconds(call) for name, call in calls.items()}
        for _ in range(NUM_ROUNDS + 1)
    ][1:]
    return {name: np.array([one[name] for one in rounds]) for name in calls}


def report(size: tuple[int, int], num_frames: int) -> None:
    """Prints times and ratios at one size."""
    case = Case.draw(num_frames, *size)
    truth = Truth.of_maps(case.counts, case.densities)
    calls = {
        "ours": lambda: score(case),
        "ours, truth at hand": lambda: exact_scores(
            case.logs, truth, None, case.baseline
        ),
        "ours, from points": lambda: score_from_points(case),
        "one map for all": lambda: exact_scores(case.baseline, truth),
        "np.sort": lambda: np.sort(case.logs.reshape(num_frames, -1)),
    }
    if theirs:
        check(case)
        calls["pysaliency"] = lambda: score_by_pysaliency(case)
    times = compare(calls, num_frames)
    print(f"\n{size[0]}x{size[1]}, {NUM_FIXATIONS} fixations, one core:")
    other = "pysaliency" if theirs else "np.sort"
    for name, values in times.items():
        ratio = np.median(times[other] / values)
        total = np.median(values) * NUM_FRAMES / 1e3 / 60
        print(
            f"  {name:>20}: {np.median(values):7.3f} ms a frame, "
            f"{total:6.1f} min for {NUM_FRAMES:,} frames, "
            f"{other} takes {ratio:5.2f} times as long"
        )


def report_threads(num_frames: int = 64) -> None:
    """Prints what a second thread gives."""
    case = Case.draw(num_frames, *SMALL)
    truth = Truth.of_maps(case.counts, case.densities)
    halves = [
        (case.logs[part], Truth(truth.densities[part], truth.frames[part]))
        for part in (
            slice(num_frames // 2),
            slice(num_frames // 2, num_frames),
        )
    ]
    with ThreadPoolExecutor(2) as pool:
        times = compare(
            {
                "one": lambda: [exact_scores(*half) for half in halves],
                "two": lambda: list(
                    pool.map(lambda half: exact_scores(*half), halves)
                ),
            },
            num_frames,
            clock=time.perf_counter,
        )
    gain = np.median(times["one"] / times["two"])
    print(f"\nTwo threads are {gain:.2f} times as fast as one.")


def main() -> None:
    print(f"NumPy {np.__version__}, medians of {NUM_ROUNDS} rounds.")
    report(LARGE, num_frames=16)
    report(SMALL, num_frames=32)
    report_threads()


if __name__ == "__main__":
    main()
