"""Times the making of the best maps of one frame, CPU time on one core.

    python -m experiments.best_maps.speed
    python -m experiments.best_maps.speed --data_dir data/video_database

With a dataset it times the scoring of a frame instead, by each protocol:
without a row of best maps, and with one.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from threadpoolctl import threadpool_limits

from rmdn_tf.metrics import best_maps

SIZES = ((128, 171), (360, 640), (1080, 1920))
NUM_RUNS = 5


# Score one frame of so many, on maps of this size, without the network.
EVERY = 16
SCORED_SIZE = (360, 640)


def main() -> None:
    """Times the maps, or the scoring of a dataset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data_dir", help="score its test split")
    options = parser.parse_args()
    if options.data_dir:
        time_scores(options.data_dir)
    else:
        time_maps()


@threadpool_limits.wrap(limits=1)
def time_scores(data_dir: str) -> None:
    """Prints the milliseconds of scoring a frame, by protocol."""
    from experiments.spatial.score import all_frames
    from rmdn_tf.data.annotations import read_videos
    from rmdn_tf.evaluation.best_maps import with_best_maps
    from rmdn_tf.evaluation.centre_bias import centre
    from rmdn_tf.evaluation.evaluation_loop import evaluate
    from rmdn_tf.evaluation.predictors import Static
    from rmdn_tf.evaluation.protocols import PROTOCOLS
    from rmdn_tf.evaluation.split_baselines import Settings

    class OfEachFrame(Static):
        """The same density, as a map of its own in each frame."""

        def log_maps(self, frames, size):
            return np.repeat(super().log_maps(frames, size), len(frames), 0)

    videos = read_videos(data_dir, "test")
    for name, kind in PROTOCOLS.items():
        protocol = kind(videos, kind.blur_of(Settings.degree), size=SCORED_SIZE)
        plain = {"density": OfEachFrame(centre())}
        both = with_best_maps(plain, protocol)
        times = np.zeros([1 + NUM_RUNS, 2])
        for run in times:  # The first one warms up.
            for place, rows in enumerate((plain, both)):
                begin = time.process_time()
                scores = evaluate(
                    rows,
                    [all_frames(videos)],
                    videos,
                    protocol,
                    choice=lambda _, numbers: numbers % EVERY == 0,
                )
                run[place] = time.process_time() - begin
        per_frame = times[1:] / scores.num_frames.total()
        without, with_row = 1e3 * np.median(per_frame, 0)
        ratio = np.median(per_frame[:, 1] / per_frame[:, 0])
        print(
            f"{name}: {without:.1f}, with best maps {with_row:.1f}, "
            f"{ratio:.1f} times",
            flush=True,
        )


@threadpool_limits.wrap(limits=1)
def time_maps() -> None:
    """Prints the median milliseconds of each map at each size."""
    for height, width in SIZES:
        y, x = np.indices((height, width))
        squares = np.square(x - width / 3) + np.square(y - height / 2)
        peak = -0.5 * squares / (0.05 * width) ** 2
        # Networks give float32.
        log_density = np.logaddexp(peak, -5)[None].astype(np.float32)
        truth = best_maps.Truth(np.array([16]), 0.03 * width)
        texts = [
            f"{make.__name__} {_milliseconds(make, log_density, truth):.1f}"
            for make in (
                best_maps.kl_map,
                best_maps.cc_map,
                best_maps.sim_map,
            )
        ]
        together = _milliseconds(
            best_maps.maps_of_blurs, ("kl", "cc", "sim"), log_density, truth
        )
        order = _milliseconds(best_maps.ordered_map, log_density)
        print(
            f"{height}x{width}: {', '.join(texts)}, together {together:.1f}, "
            f"ordered_map {order:.1f}"
        )


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
