"""Times the exact metrics against pysaliency's, on the same log-densities.

    pip install pysaliency torch "setuptools<81"  # It imports all of them.
    python -m benchmarks.metrics_speed

Times are of the processor, on one core: libraries may not use more. Without
pysaliency, ours are timed against a plain sort of the same maps. Both take
turns in one run: compare ratios between machines, not times.

pysaliency is timed in two ways:

- "its models", as in its documentation: `SaliencyMapModel.AUC`, `NSS`, `CC`,
  `SIM`, `image_based_kl_divergence` and `Model.information_gain` over stimuli
  and fixations, with the maps cached before the clock starts;
- "its functions", the fastest ones for maps in memory, on one core:
  `roc.general_rocs_per_positive` (AUC against all pixels, in half the time of
  `general_roc`), `metrics.NSS`, `CC`, `SIM`, `image_based_kl_divergence`, and
  for the information gain the difference of log-densities at the fixations.
"""

import os

# Before NumPy is imported: both sides use one core.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["NUMBA_NUM_THREADS"] = "1"

import argparse
import dataclasses
import time
from collections.abc import Callable

import numpy as np

from rmdn_tf.metrics.exact_batch import exact_scores
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.metrics.ground_truth import GroundTruth
from rmdn_tf.metrics.true_density import fixation_densities

try:
    import pysaliency
    from pysaliency import metrics as theirs
    from pysaliency.roc import general_rocs_per_positive
except ImportError:
    pysaliency = theirs = None

NUM_FIXATIONS = 30
BLUR = 0.03  # Of the true densities, as a share of the width.

NUM_ROUNDS = 9
LARGE, SMALL = (360, 640), (128, 171)
# Frames to extrapolate to: about those of a large dataset's test videos.
NUM_FRAMES = 244_860


@dataclasses.dataclass(frozen=True)
class Case:
    """Mixtures of two Gaussians, and fixations drawn from them.

    Attributes:
        logs: float32 `[n, H, W]`, log-densities, as from a network.
        baseline: float32 `[1, H, W]`, the log-density of a centre bias.
        points: float64 `[n, 30, 2]`, fixations.
        counts: int `[n, H, W]`, fixations on each pixel.
        densities: float32 `[n, H, W]`, true densities.
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
            fixation_densities(
                points, *size, sigma=BLUR * width, dtype=np.float32
            ),
            rng.poisson(3, (height, width)),
        )


def _log_mixture(
    centres: np.ndarray, scales: np.ndarray, height: int, width: int
) -> np.ndarray:
    """Returns the normalized log of equal isotropic Gaussians, `[H, W]`."""
    y = (np.arange(height)[:, None] + 0.5) / height
    x = (np.arange(width) + 0.5) / width
    logs = [
        -((x - cx) ** 2 + (y - cy) ** 2) / (2 * s**2) - 2 * np.log(s)
        for (cx, cy), (s,) in zip(centres, scales, strict=True)
    ]
    logs = np.logaddexp.reduce(logs)
    return (logs - np.log(np.exp(logs).sum())).astype(np.float32)


def score(case: Case) -> dict[str, np.ndarray]:
    """Computes our scores of one predictor, and what they need of the truth."""
    truth = GroundTruth.of_maps(case.counts, case.densities)
    return exact_scores(case.logs, truth, None, case.baseline)


def score_by_pysaliency(case: Case) -> dict[str, np.ndarray]:
    """Computes the scores that both have, under our names."""
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


class PysaliencyModels:
    """Computes the same scores by pysaliency's models, with maps in memory."""

    def __init__(self, case: Case):
        height, width = case.baseline.shape[1:]
        # The grey level of its pixels identifies a frame.
        self._stimuli = pysaliency.Stimuli(
            [
                np.full((height, width, 3), number, np.uint8)
                for number in range(len(case.logs))
            ]
        )
        points = case.points * (width, height)
        x, y = np.minimum(points, (width - 1, height - 1)).reshape(-1, 2).T
        number = np.repeat(np.arange(len(case.logs)), NUM_FIXATIONS)
        self._fixations = pysaliency.Fixations.create_without_history(
            x, y, number
        )
        baseline = np.broadcast_to(case.baseline, case.logs.shape)
        self._density = _model_of(case.logs)
        self._baseline = _model_of(baseline)
        self._map = _saliency_model_of(np.exp(case.logs))
        self._truth = _saliency_model_of(case.densities)
        self()  # Fills the caches.

    def __call__(self) -> None:
        stimuli, fixations = self._stimuli, self._fixations
        self._map.AUC(stimuli, fixations)
        self._map.NSS(stimuli, fixations)
        self._map.CC(stimuli, self._truth)
        self._map.SIM(stimuli, self._truth)
        self._map.image_based_kl_divergence(stimuli, self._truth)
        self._density.information_gain(stimuli, fixations, self._baseline)


def _number_of(stimulus) -> int:
    return int(pysaliency.datasets.as_stimulus(stimulus).stimulus_data[0, 0, 0])


def _model_of(log_densities: np.ndarray):
    class Known(pysaliency.Model):
        def _log_density(self, stimulus):
            return log_densities[_number_of(stimulus)].astype(np.float64)

    return Known(caching=True)


def _saliency_model_of(maps: np.ndarray):
    class Known(pysaliency.SaliencyMapModel):
        def _saliency_map(self, stimulus):
            return maps[_number_of(stimulus)].astype(np.float64)

    return Known(caching=True)


def score_from_points(case: Case) -> dict[str, np.ndarray]:
    """Computes our scores and the shuffled AUC, from blurred fixations."""
    mask = np.ones(case.points.shape[:2], bool)
    height, width = case.baseline.shape[1:]
    truth = GroundTruth.of_fixations(
        case.points, mask, height, width, BLUR * width, dtype=np.float32
    )
    return exact_scores(case.logs, truth, case.others, case.baseline)


def check(case: Case) -> None:
    """Raises `ValueError` if the two sides compute different scores."""
    ours = score(case)
    for name, values in score_by_pysaliency(case).items():
        # The information gain is theirs in single precision.
        if not np.allclose(ours[name], values, rtol=1e-5, atol=0):
            raise ValueError(f"{name}: {ours[name]} here, {values} there.")


def compare(
    calls: dict[str, Callable[[], object]],
    num_frames: int,
) -> dict[str, np.ndarray]:
    """Times calls in turn, in milliseconds of processor time a frame.

    The time of all threads counts. The first round warms up.
    """

    def milliseconds(call):
        start = time.process_time()
        call()
        return 1e3 * (time.process_time() - start) / num_frames

    rounds = [
        {name: milliseconds(call) for name, call in calls.items()}
        for _ in range(NUM_ROUNDS + 1)
    ][1:]
    return {name: np.array([one[name] for one in rounds]) for name in calls}


def report(size: tuple[int, int], num_frames: int) -> None:
    """Prints processor times and ratios for maps of one size."""
    case = Case.draw(num_frames, *size)
    truth = GroundTruth.of_maps(case.counts, case.densities)
    double = case.logs.astype(np.float64)
    calls = {
        "ours, truth at hand": lambda: exact_scores(
            case.logs, truth, None, case.baseline
        ),
        "ours, float64": lambda: exact_scores(
            double, truth, None, case.baseline
        ),
        "ours, with truth": lambda: score(case),
        "ours, from points": lambda: score_from_points(case),
        "one map for all": lambda: exact_scores(case.baseline, truth),
        "np.sort": lambda: np.sort(case.logs.reshape(num_frames, -1)),
    }
    other = "np.sort"
    if theirs:
        check(case)
        calls["its functions"] = lambda: score_by_pysaliency(case)
        calls["its models"] = PysaliencyModels(case)
        other = "its models"
    times = compare(calls, num_frames)
    print(f"\n{size[0]}x{size[1]}, {NUM_FIXATIONS} fixations, one core:")
    for name, values in times.items():
        ratios = times[other] / values
        total = np.median(values) * NUM_FRAMES / 1e3 / 60
        print(
            f"  {name:>20}: {np.median(values):7.3f} ms a frame, "
            f"{total:6.1f} min for {NUM_FRAMES:,} frames, "
            f"{other} take {np.median(ratios):5.1f} times as long "
            f"({ratios.min():.1f} to {ratios.max():.1f})"
        )


def main() -> None:
    """Prints the times of each kind of call."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    if not pysaliency:
        print("No pysaliency: np.sort stands for it.")
    print(f"NumPy {np.__version__}, medians of {NUM_ROUNDS} rounds.")
    report(LARGE, num_frames=16)
    report(SMALL, num_frames=32)


if __name__ == "__main__":
    main()
