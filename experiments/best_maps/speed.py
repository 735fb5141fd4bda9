"""Times the making of the best maps of one frame, CPU time on one core.

python -m experiments.best_maps.speed
"""

import time

import numpy as np
from threadpoolctl import threadpool_limits

from rmdn_tf.metrics import best_maps

SIZES = ((128, 171), (360, 640), (1080, 1920))
NUM_RUNS = 5


@threadpool_limits.wrap(limits=1)
def main() -> None:
    """Prints the median milliseconds of each map at each size."""
    for height, width in SIZES:
        y, x = np.indices((height, width))
        squares = np.square(x - width / 3) + np.square(y - height / 2)
        peak = -0.5 * squares / (0.05 * width) ** 2
        log_density = np.logaddexp(peak, -5)[None]
        truth = best_maps.Truth(np.array([16]), 0.03 * width)
        texts = [
            f"{make.__name__} {_milliseconds(make, log_density, truth):.1f}"
            for make in (
                best_maps.kl_map,
                best_maps.cc_map,
                best_maps.sim_map,
            )
        ]
        order = _milliseconds(best_maps.ordered_map, log_density)
        print(f"{height}x{width}: {', '.join(texts)}, ordered_map {order:.1f}")


def _milliseconds(make, *arguments) -> float:
    make(*arguments)  # Fills tables.
    times = []
    for _ in range(NUM_RUNS):
        begin = time.process_time()
        make(*arguments)
        times.append(time.process_time() - begin)
    return 1e3 * float(np.median(times))


if __name__ == "__main__":
    main()
