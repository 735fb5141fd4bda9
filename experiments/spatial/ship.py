"""Trains the model of the package on all clips.

    python -m experiments.spatial.ship --work_dir WORK

WORK is that of `experiments.spatial.cross_validate`, which measures such models
on scenes that they have not seen. This model has seen all scenes.
"""

import argparse
import pathlib

import rmdn_tf  # noqa: F401  Before TensorFlow.
from experiments.spatial.cross_validate import (
    MODELS,
    NUM_EPOCHS,
    scene_of,
    train,
    video_ids,
    write_fold,
)
from rmdn_tf.model.saving import save_model
from rmdn_tf.runs.paths import default_directory


def main() -> None:
    """Trains the model and saves it where `rmdn_tf.load` finds it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    options = parser.parse_args()
    data_dir, all_dir = options.work_dir / "data", options.work_dir / "all"
    tuning_scene = scene_of(video_ids(data_dir)[0])
    write_fold(data_dir, all_dir, [], tuning_scene)
    model = train("spatial", all_dir, NUM_EPOCHS)
    save_model(model, MODELS["spatial"], default_directory())


if __name__ == "__main__":
    main()
