"""Measures how often a 95 % interval holds the true mean.

    python -m benchmarks.interval_coverage [--datasets N] [--compare]

Simulates datasets of few and many videos, with lognormal lengths, scores of
several distributions, and noise that is correlated between frames. Prints:

- the coverage of the mean, and of the paired difference of two predictors;
- how often the p-value of equal predictors is below .05;
- the coverage of the mean of scores in [0, 1], with and without their range;
- the time of a call.

With 500 datasets, shares vary by 2 points by chance. `--compare` adds SciPy's
bootstraps of the mean.
"""

import argparse
import functools
import time
from collections.abc import Callable

import numpy as np
import scipy.stats
from scipy.signal import lfilter

from rmdn_tf.metrics.intervals import mean_interval, paired_difference
from rmdn_tf.metrics.score_ranges import ANY, SHARE, Range

NUM_VIDEOS = (3, 10, 23, 40, 150)

MEDIAN_FRAMES, LENGTH_SPREAD = 150, 0.6
NEIGHBOURS_CORRELATION = 0.9

# Draw the scores of videos from the z-scores of their log-lengths. The true
# mean over frames is 1. The scores are normal; of skewness 1.4; heavy-tailed;
# or skewed, and higher in long videos.
LAWS = {
    "normal": lambda rng, z: 1 + rng.normal(size=z.shape),
    "skewed": lambda rng, z: rng.gamma(2, 1 / 2, z.shape),
    "heavy": lambda rng, z: 1 + rng.standard_t(4, z.shape),
    # The mean of z over frames is the spread.
    "length": lambda rng, z: (
        rng.gamma(2, 1 / 2, z.shape) + 0.3 * (z - LENGTH_SPREAD)
    ),
}

# True mean of scores in [0, 1], and a function that draws n of them.
BOUNDED_LAWS = {
    "right or wrong": (0.9, lambda rng, n: rng.random(n) < 0.9),
    "nearly right": (0.97, lambda rng, n: rng.random(n) < 0.97),
    "AUC": (12 / 13, lambda rng, n: rng.beta(12, 1, n)),
}


def videos(seed: int, num_videos: int):
    """Returns a generator, z-scores of log-lengths and numbers of frames."""
    # Not the stream of the intervals, which get the same seed.
    rng = np.random.default_rng([seed, num_videos])
    z = rng.normal(size=num_videos)
    frames = MEDIAN_FRAMES * np.exp(LENGTH_SPREAD * z)
    return rng, z, np.maximum(1, np.round(frames)).astype(int)


def sums_of(law: str, rng: np.random.Generator, z, counts) -> np.ndarray:
    """Draws sums of scores over the frames of videos, `[V]`, with noise."""
    return counts * LAWS[law](rng, z) + sums_of_noise(rng, counts)


def sums_of_noise(rng: np.random.Generator, counts) -> np.ndarray:
    """Draws sums `[V]` of noise that is correlated between frames."""
    rho = NEIGHBOURS_CORRELATION
    steps = rng.normal(size=[len(counts), counts.max()])
    steps[:, 1:] *= np.sqrt(1 - rho**2)  # The deviation stays 1.
    noise = lfilter([1], [1, -rho], steps)  # [V, L]
    return np.cumsum(noise, 1)[np.arange(len(counts)), counts - 1]


def mean_is_held(law: str, num_videos: int, seed: int) -> bool:
    rng, z, counts = videos(seed, num_videos)
    interval = mean_interval(sums_of(law, rng, z, counts), counts, seed=seed)
    return interval.low <= 1 <= interval.high


def bounded_mean_is_held(
    law: str, num_videos: int, seed: int, limits: Range = SHARE
) -> bool:
    rng, _, counts = videos(seed, num_videos)
    mean, draw = BOUNDED_LAWS[law]
    sums = counts * draw(rng, num_videos)
    interval = mean_interval(sums, counts, ranges=limits, seed=seed)
    return interval.low <= mean <= interval.high


def mean_is_held_by_scipy(
    method: str, law: str, num_videos: int, seed: int
) -> bool:
    rng, z, counts = videos(seed, num_videos)
    low, high = scipy.stats.bootstrap(
        (sums_of(law, rng, z, counts), counts),
        lambda sums, counts, axis: sums.sum(axis) / counts.sum(axis),
        paired=True,
        vectorized=True,
        method=method,
        n_resamples=1999,
        random_state=seed,
    ).confidence_interval
    return low <= 1 <= high


def difference_is_held(law: str, num_videos: int, seed: int) -> bool:
    """Whether the interval of the difference of two predictors holds 1.

    Both score higher on the same easy videos.
    """
    rng, z, counts = videos(seed, num_videos)
    ease = counts * rng.gamma(2, 1 / 2, num_videos)
    difference = paired_difference(
        ease + sums_of(law, rng, z, counts),
        ease + sums_of_noise(rng, counts),
        counts,
        seed=seed,
    )
    return difference.low <= 1 <= difference.high


def like_ones_differ(law: str, num_videos: int, seed: int) -> bool:
    """Whether p is below .05 for two equal predictors."""
    rng, z, counts = videos(seed, num_videos)
    pair = (sums_of(law, rng, z, counts) for _ in range(2))
    return paired_difference(*pair, counts, seed=seed).p_value < 0.05


def share(
    event: Callable[[str, int, int], bool],
    num_datasets: int,
    law: str,
    num_videos: int,
) -> float:
    """Returns the share of datasets in which `event` is True."""
    return np.mean(
        [event(law, num_videos, seed) for seed in range(num_datasets)]
    )


def milliseconds(num_videos: int, num_runs: int = 9) -> float:
    """Returns the shortest time of a paired difference."""
    sums, other_sums = np.random.default_rng(0).normal(size=[2, num_videos])
    times = []
    for _ in range(num_runs):
        begin = time.perf_counter()
        paired_difference(sums, other_sums, np.ones(num_videos))
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def main() -> None:
    """Prints percentages for each law and number of videos, and times."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--datasets", type=int, default=500)
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    columns = {
        "mean": mean_is_held,
        "difference": difference_is_held,
        "p < .05": like_ones_differ,
    }
    for method in ("percentile", "BCa") if options.compare else ():
        columns[method] = functools.partial(mean_is_held_by_scipy, method)
    print("law    videos" + "".join(f"{name:>12}" for name in columns))
    for law in LAWS:
        for num_videos in NUM_VIDEOS:
            shares = (
                100 * share(event, options.datasets, law, num_videos)
                for event in columns.values()
            )
            cells = "".join(f"{percent:12.1f}" for percent in shares)
            print(f"{law:6} {num_videos:6}{cells}", flush=True)
    print("\nin [0, 1]      videos   of the range        of any")
    for law in BOUNDED_LAWS:
        for num_videos in NUM_VIDEOS:
            of_range, of_any = (
                100 * share(event, options.datasets, law, num_videos)
                for event in (
                    bounded_mean_is_held,
                    functools.partial(bounded_mean_is_held, limits=ANY),
                )
            )
            print(f"{law:14} {num_videos:6}{of_range:15.1f}{of_any:14.1f}")
    for num_videos in (40, 900):
        print(f"{num_videos} videos: {milliseconds(num_videos):.1f} ms a call")


if __name__ == "__main__":
    main()
