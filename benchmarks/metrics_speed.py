"""Times the exact metrics against a plain sort of the same maps.

Prints ratios from one run, which travel between machines better than times:

    python -m benchmarks.metrics_speed
"""

import time
from collections.abc import Callable

import numpy as np

from rmdn_tf import metrics

NUM_FRAMES = 64
HEIGHT, WIDTH = 128, 171
NUM_FIXATIONS = 30
NUM_RUNS = 5


def main() -> None:
    rng = np.random.default_rng(0)
    shape = (NUM_FRAMES, HEIGHT, WIDTH)
    maps, truth, baseline = rng.random((3, *shape))
    points = rng.random((2, NUM_FRAMES, NUM_FIXATIONS, 2))
    mask = np.ones(points.shape[1:3], bool)
    fixations, others = (
        metrics.count_fixations(p, mask, HEIGHT, WIDTH) for p in points
    )
    calls = {
        "count_fixations": lambda: metrics.count_fixations(
            points[0], mask, HEIGHT, WIDTH
        ),
        "auc_judd": lambda: metrics.auc_judd(maps, fixations),
        "auc_shuffled": lambda: metrics.auc_shuffled(maps, fixations, others),
        "nss": lambda: metrics.nss(maps, fixations),
        "cc": lambda: metrics.cc(maps, truth),
        "sim": lambda: metrics.sim(maps, truth),
        "kl": lambda: metrics.kl(maps, truth),
        "information_gain": lambda: metrics.information_gain(
            maps, baseline, fixations
        ),
    }
    sort = seconds_per_frame(lambda: np.sort(maps.reshape(NUM_FRAMES, -1)))
    print(f"np.sort: {1e3 * sort:.3f} ms a frame of {HEIGHT}x{WIDTH}")
    ratios = {
        name: seconds_per_frame(call) / sort for name, call in calls.items()
    }
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} sorts")
    print(f"all: {sum(ratios.values()):.2f} sorts")


def seconds_per_frame(call: Callable[[], object]) -> float:
    """Returns the least time of `NUM_RUNS` calls, in seconds a frame."""
    times = []
    for _ in range(NUM_RUNS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times) / NUM_FRAMES


if __name__ == "__main__":
    main()
