"""Scores the networks of the 23 clips' folds in other runtimes.

    python -m experiments.runtimes.cross_validate --work_dir WORK \\
        --output_dir OUTPUT --calibration VIDEO...

WORK is that of `experiments.spatial.cross_validate`, which trains the networks:
no clip is scored by a network that has seen its scene. Every network is
converted to each runtime and precision, and streams through the stored frames
of its clips. OUTPUT keeps files, mixtures and maps; a second call continues.
"""

import argparse
import pathlib

from benchmarks.runtime_files import add_flags
from experiments.applications.clips import VARIANT
from experiments.runtimes.held_out import stream_files
from experiments.runtimes.losses import table
from experiments.spatial.baselines import Baselines
from experiments.spatial.datasets import ALL, clips_dir
from experiments.spatial.folds import NUM_FOLDS, folds_of, group_of
from experiments.spatial.variants import VARIANTS
from rmdn_tf.data.annotations import read_videos


def main() -> None:
    """Converts, streams and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--output_dir", required=True, type=pathlib.Path)
    parser.add_argument(
        "--folds", nargs="*", type=int, default=[*range(NUM_FOLDS)]
    )
    add_flags(parser)
    options = parser.parse_args()
    names = dict.fromkeys(
        name for fold in options.folds for name in stream_fold(fold, options)
    )
    videos = read_videos(clips_dir(options.work_dir), ALL)
    folds = folds_of(videos)
    centre = Baselines(folds).centre()
    scored = {
        name: videos[name]
        for fold in options.folds
        for name in folds[fold].held_out
    }
    groups = {name: group_of(name) for name in scored}
    print(table(options.output_dir, [*names], scored, centre, groups))


def stream_fold(fold: int, options: argparse.Namespace) -> list[str]:
    """Streams the clips of a fold; returns the names of the files."""
    network = options.work_dir.joinpath("runs", *VARIANT, str(fold), "best")
    side = VARIANTS[VARIANT[0]].model.input_size[0]
    data_dir = options.work_dir / f"folds{side}" / str(fold)
    return stream_files(network, data_dir, "test", options, str(fold))


if __name__ == "__main__":
    main()
