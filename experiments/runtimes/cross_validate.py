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

from benchmarks.runtime_files import add_flags, portable_files
from experiments.applications.clips import VARIANT
from experiments.runtimes.losses import TENSORFLOW, table
from experiments.runtimes.streamed import stream_dataset
from experiments.spatial.baselines import Baselines
from experiments.spatial.datasets import ALL, clips_dir
from experiments.spatial.folds import NUM_FOLDS, folds_of, group_of
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
    centre = Baselines(folds_of(videos)).centre()
    held_out = folds_of(videos)
    scored = {
        name: videos[name]
        for fold in options.folds
        for name in held_out[fold].held_out
    }
    groups = {name: group_of(name) for name in scored}
    print(table(options.output_dir, [*names], scored, centre, groups))


def stream_fold(fold: int, options: argparse.Namespace) -> list[str]:
    """Streams the clips of a fold; returns the names of the networks."""
    work_dir, output_dir = options.work_dir, options.output_dir
    network = work_dir.joinpath("runs", *VARIANT, str(fold), "best")
    files = portable_files(network, output_dir / "files" / str(fold), options)
    paths = {TENSORFLOW: network}
    for file in files:
        if file.problem:
            print(f"{file.name}: {file.problem}")
        else:
            paths[file.name] = file.path
    data_dir = work_dir / f"folds{clips_dir(work_dir).name[5:]}" / str(fold)
    for name, path in paths.items():
        stream_dataset(path, data_dir, "test", output_dir, name)
        print(f"fold {fold}: {name}", flush=True)
    return [*paths][1:]


if __name__ == "__main__":
    main()
