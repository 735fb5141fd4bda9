"""Trains, evaluates and exports a recurrent mixture density network.

python train_tf.py --dataset demo
python train_tf.py --dataset hollywood2 --preset paper
"""

import os

# Before TensorFlow is imported: without it the results drown in its messages.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dataclasses
import pathlib
import sys

import tensorflow as tf
from absl import app, flags, logging

from rmdn_tf import model
from rmdn_tf.evaluate import evaluate_model
from rmdn_tf.export import export
from rmdn_tf.records import DATASET_INFO_FILE, RecordError, read_dataset_info
from rmdn_tf.training import Trainer, TrainingError
from rmdn_tf.training_config import PRESETS, TrainingConfig

FLAGS = flags.FLAGS

flags.DEFINE_string("dataset", None, "Name of a dataset.", required=True)
flags.DEFINE_string("data_dir", None, "Its shards; default data/DATASET.")
flags.DEFINE_enum("preset", "small", sorted(model.PRESETS), "Size of the net.")
flags.DEFINE_string("run_dir", None, "Default runs/DATASET-PRESET.")
flags.DEFINE_string("export_dir", None, "Default saved_models/DATASET-PRESET.")
flags.DEFINE_integer("demo_videos", 240, "Videos made if demo is absent.")
# These override the preset's settings, so their default is the preset's.
flags.DEFINE_integer("num_epochs", None, "At most so many epochs.")
flags.DEFINE_integer("batch_size", None, "Windows in a step.")
flags.DEFINE_integer("window_frames", None, "Frames in a window.")
flags.DEFINE_integer("fixations_per_frame", None, "Drawn in each frame.")
flags.DEFINE_float("learning_rate", None, "Of the first epochs.")
flags.DEFINE_integer("seed", None, "Of weights, order, cuts and flips.")

OVERRIDES = (
    "num_epochs",
    "batch_size",
    "window_frames",
    "fixations_per_frame",
    "learning_rate",
    "seed",
)


def training_config() -> TrainingConfig:
    """The preset with what the flags change; raises ValueError."""
    values = {name: FLAGS[name].value for name in OVERRIDES}
    given = {name: v for name, v in values.items() if v is not None}
    return dataclasses.replace(PRESETS[FLAGS.preset], **given)


def ensure_prepared(data_dir: pathlib.Path) -> None:
    """Makes the demo dataset if absent; any other the user must prepare."""
    if (data_dir / DATASET_INFO_FILE).exists():
        return
    if FLAGS.dataset != "demo":
        raise FileNotFoundError(
            f"No prepared dataset in '{data_dir}'. Prepare it with\n"
            f"  python -m tfrecords_tools.prepare --dataset {FLAGS.dataset} "
            f"--raw_dir RAW_DIR --output_dir {data_dir}"
        )
    # Only here: training needs no decoder of raw videos.
    from tfrecords_tools.prepare import prepare
    from tfrecords_tools.sources.demo import Demo

    prepare(Demo(FLAGS.demo_videos), data_dir)


def run(config: TrainingConfig) -> None:
    """Prepares (demo only), trains, evaluates and exports."""
    name = f"{FLAGS.dataset}-{FLAGS.preset}"
    data_dir = pathlib.Path(FLAGS.data_dir or f"data/{FLAGS.dataset}")
    run_dir = pathlib.Path(FLAGS.run_dir or f"runs/{name}")
    model_config = model.PRESETS[FLAGS.preset]
    ensure_prepared(data_dir)
    best = Trainer(model_config, config, data_dir, run_dir).train()
    evaluate_model(best, model_config, data_dir, "test", run_dir)
    version = export(
        best,
        model_config,
        FLAGS.export_dir or f"saved_models/{name}",
        map_size=tuple(read_dataset_info(data_dir)["size"]),
    )
    print(
        f"scores and picture: {run_dir}\nSavedModel: {version}\n"
        f"curves: tensorboard --logdir {run_dir}/logs"
    )


def main(argv: list[str]) -> int:
    """Reads the flags; `absl.app` exits with the number returned."""
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument: {argv[1]!r}.")
    logging.set_verbosity(logging.WARNING)
    try:
        config = training_config()
    except ValueError as error:
        raise app.UsageError(str(error)) from error
    try:
        run(config)
    except (
        OSError,
        RecordError,
        TrainingError,
        tf.errors.OpError,
    ) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    app.run(main)
