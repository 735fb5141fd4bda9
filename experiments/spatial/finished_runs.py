"""Stores the maps of models that an earlier release has trained.

    python -m experiments.spatial.finished_runs --raw_dir RAW --work_dir WORK \\
        --runs BEFORE/fold?/runs/spatial --name old

A release may change how a network is trained, so the model of before is trained
by its own code; BEFORE is the WORK of that release's cross-validation. The runs
are in the order of the folds, and each predicts what its fold holds out.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import rmdn_tf  # noqa: F401
from experiments.spatial.datasets import prepare_clips, video_ids, write_fold
from experiments.spatial.folds import NUM_FOLDS, SIZE, deal
from experiments.spatial.maps import make_maps, write_maps
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.predictors import MixtureNetwork
from rmdn_tf.runs.loading import load_keras, load_stateful


def predict(
    path: str, data_dir: pathlib.Path, maps_dir: pathlib.Path, window: Window
) -> None:
    """Stores a model's maps of a test split."""
    predict_batch, stride = load_stateful(path)
    batches = ordered_windows(data_dir, "test", batch_size=4, window=window)
    maps = make_maps(
        batches,
        read_videos(data_dir, "test"),
        MixtureNetwork(predict_batch, stride),
        SIZE,
    )
    write_maps(maps_dir, maps)


def main() -> None:
    """Predicts the clips that each fold holds out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw_dir", required=True, help="of the clips")
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--runs", required=True, nargs=NUM_FOLDS)
    parser.add_argument("--name", required=True, help="folder of WORK/maps")
    options = parser.parse_args()
    for number, run in enumerate(options.runs):
        side = load_keras(run)[1].input_size[0]
        clips_dir = prepare_clips(options.raw_dir, options.work_dir, side)
        held_out = deal(video_ids(clips_dir))[number]
        fold_dir = options.work_dir / f"folds{side}" / str(number)
        write_fold(clips_dir, fold_dir, held_out)
        predict(
            run, fold_dir, options.work_dir / "maps" / options.name, Window()
        )


if __name__ == "__main__":
    main()
