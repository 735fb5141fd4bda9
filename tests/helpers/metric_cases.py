"""Maps for tests of metrics: random ones, and those of the reference codes."""

import csv

import numpy as np


def random_case(seed, num_frames=3, height=6, width=7):
    """Returns maps, true densities, baselines and counts of fixations."""
    rng = np.random.default_rng(seed)
    shape = (num_frames, height, width)
    maps, truth, baseline = rng.random((3, *shape)) + 0.01
    return maps, truth, baseline, rng.poisson(0.2, shape)


def reference_cases(real_data, table):
    """Yields maps `[1, H, W]` and values of another code, eight times.

    The maps are saliency, density and baseline; and, of booleans, fixations and
    those of other videos. `table` is "mit" or "pysaliency".
    """
    folder = real_data / "metric_references"
    arrays = np.load(folder / "cases.npz")
    with open(folder / f"{table}.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    for row in rows:
        maps = [
            arrays[f"c{row['case']}_{kind}_map"][np.newaxis]
            for kind in ("saliency", "density", "baseline", "fixation", "other")
        ]
        maps[3:] = [of > 0 for of in maps[3:]]
        yield maps, {name: float(value) for name, value in row.items()}
