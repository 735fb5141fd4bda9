"""Trains, evaluates and exports a recurrent mixture density network.

python train_tf.py --dataset demo
python train_tf.py --dataset video_database --preset small
"""

import os

# Before TensorFlow is imported: without it the results drown in its messages.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dataclasses
import sys

import tensorflow as tf
from absl import app, flags, logging

from rmdn_tf import model
from rmdn_tf.evaluate import evaluate_model
from rmdn_tf.export import export
from rmdn_tf.file_systems import leave
from rmdn_tf.input_pipeline import describe_damage
from rmdn_tf.records import is_prepared, read_dataset_info
from rmdn_tf.training import Trainer, TrainingError
from rmdn_tf.training_config import PRESETS, TrainingConfig

FLAGS = flags.FLAGS

flags.DEFINE_string("dataset", None, "Name of a dataset.", required=True)
flags.DEFINE_string("data_dir", None, "Its shards; default data/DATASET.")
flags.DEFINE_enum("preset", "small", sorted(model.PRESETS), "Size of the net.")
flags.DEFINE_string("run_dir", None, "Default runs/DATASET-PRESET.")
flags.DEFINE_string("export_dir", None, "Default saved_models/DATASET-PRESET.")
flags.DEFINE_integer("demo_videos", None, "Made if absent.", lower_bound=3)

OVERRIDES = {  # Of the preset, which gives the defaults.
    "num_epochs": (flags.DEFINE_integer, "At most so many epochs."),
    "patience": (flags.DEFINE_integer, "Epochs without a better loss."),
    "batch_size": (flags.DEFINE_integer, "Windows in a step."),
    "window_frames": (flags.DEFINE_integer, "Frames in a window."),
    "fixations_per_frame": (flags.DEFINE_integer, "Drawn in each frame."),
    "learning_rate": (flags.DEFINE_float, "Of the first epochs."),
    "flip": (flags.DEFINE_bool, "Mirror half of the windows."),
    "carry_state": (flags.DEFINE_bool, "Time order, not random cuts."),
    "seed": (flags.DEFINE_integer, "Of weights, order, cuts and flips."),
}
for _name, (_define, _help) in OVERRIDES.items():
    _define(_name, None, _help)


def training_config() -> TrainingConfig:
    """The preset with what the flags change; raises ValueError."""
    values = {name: FLAGS[name].value for name in OVERRIDES}
    given = {name: v for name, v in values.items() if v is not None}
    return dataclasses.replace(PRESETS[FLAGS.preset], **given)


def data_dir() -> str:
    """Where the shards are; not a `Path`, which would spoil s3://."""
    return FLAGS.data_dir or os.path.join("data", FLAGS.dataset)


def ensure_prepared() -> None:
    """Makes the demo dataset if absent; any other the user must prepare."""
    if is_prepared(data_dir()):
        return
    # Only here: training needs nothing that reads raw videos.
    from tfrecords_tools.prepare import prepare
    from tfrecords_tools.source_registry import SOURCES
    from tfrecords_tools.sources.demo import NUM_VIDEOS, Demo

    if FLAGS.dataset == "demo":
        prepare(Demo(FLAGS.demo_videos or NUM_VIDEOS), data_dir())
        return
    advice = (
        "Prepare it with\n"
        f"  python -m tfrecords_tools.prepare --dataset {FLAGS.dataset} "
        f"--raw_dir RAW_DIR --output_dir {data_dir()}"
        if FLAGS.dataset in SOURCES
        else f"Those that can be prepared are {', '.join(sorted(SOURCES))}."
    )
    raise FileNotFoundError(f"No prepared dataset in '{data_dir()}'. {advice}")


def run() -> None:
    """Prepares (demo only), trains, evaluates and exports."""
    config = training_config()  # First: a wrong flag must leave no trace.
    name = f"{FLAGS.dataset}-{FLAGS.preset}"
    run_dir = FLAGS.run_dir or f"runs/{name}"
    export_dir = FLAGS.export_dir or f"saved_models/{name}"
    model_config = model.PRESETS[FLAGS.preset]
    ensure_prepared()
    size = tuple(read_dataset_info(data_dir())["size"])
    best = Trainer(model_config, config, data_dir(), run_dir).train()
    evaluate_model(best, model_config, data_dir(), "test", run_dir)
    version = export(best, model_config, export_dir, map_size=size)
    print(f"SavedModel: {version}\nscores, picture and logs: {run_dir}")


def main(argv: list[str]) -> int:
    """Reads the flags; `absl.app` exits with the number returned."""
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument: {argv[1]!r}.")
    if FLAGS["verbosity"].using_default_value:
        logging.set_verbosity(logging.WARNING)
    try:
        run()
    except tf.errors.DataLossError:
        print(describe_damage(data_dir()), file=sys.stderr)
        return 1
    except (OSError, ValueError, TrainingError, tf.errors.OpError) as error:
        print(f"Error: {error}", file=sys.stderr)
        logging.debug("Where it came from:", exc_info=True)  # --verbosity=1
        return 1
    return 0


if __name__ == "__main__":
    app.run(lambda argv: leave(main(argv)))
