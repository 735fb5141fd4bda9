"""Compares shares of attention of areas with those of people.

    python -m experiments.applications.areas --raw_dir RAW --work_dir WORK \\
        --output share_errors.json --plot areas.png

RAW and WORK are those of `experiments.spatial.cross_validate`: each clip is
predicted by the network that has not seen its scene. The areas are those of
`experiments.applications.area_shares`. `--output` is the file of
`rmdn_tf.applications.areas.share_errors`.
"""

import argparse
import functools
import os
import pathlib
from collections.abc import Mapping, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401
from experiments.applications.area_fits import (
    LENGTHS,
    RATE,
    covered,
    fit_rate,
    fit_scatter,
    have_looked,
    held_out,
    looked,
    looks_error,
    ranks,
    sample,
)
from experiments.applications.area_shares import (
    CENTRE,
    FACES,
    HUMAN,
    MODEL,
    RANDOM,
    SIZE,
    THINGS,
    Shares,
    shares_of_clip,
)
from experiments.applications.clips import add_flags, read_clips
from experiments.spatial.baselines import Baselines
from experiments.spatial.datasets import ALL, clips_dir
from experiments.spatial.folds import folds_of
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.evaluation.predictors import Static
from rmdn_tf.metrics.intervals import mean_interval


def main() -> None:
    """Prints the tables; writes the errors and the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    options = parser.parse_args()
    clips = read_clips(options.raw_dir, options.work_dir, options.videos)
    centres = functools.cache(lambda: _centres(options.work_dir))
    areas = [
        shares
        for clip in clips
        for shares in shares_of_clip(
            clip, centres, options.work_dir / "areas" / f"{clip.name}.npz"
        )
    ]
    print(len(areas))


def _centres(work_dir: pathlib.Path) -> Mapping[str, Static]:
    """Fits TCB for each clip, on the clips of the other folds."""
    folds = folds_of(read_videos(clips_dir(work_dir), ALL))
    fitted = Baselines(folds).centres
    return {
        name: one
        for one, fold in zip(fitted, folds, strict=True)
        for name in fold.held_out
    }


if __name__ == "__main__":
    main()
