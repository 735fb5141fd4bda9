"""Trains, exports and evaluates a recurrent mixture density network.

python train_tf.py --dataset demo
python train_tf.py --dataset video_database --preset small
python train_tf.py --dataset hollywood2 --preset paper --c3d_weights FILE
python train_tf.py --dataset demo_actions --joint
"""

import os

# Before TensorFlow is imported: without the first the results drown in its
# messages.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # As `rmdn_tf` has it.

import contextlib
import dataclasses
import re
import sys
from inspect import getdoc

import tensorflow as tf
from absl import app, flags, logging

from rmdn_tf.data.annotations import actions_of, read_videos
from rmdn_tf.data.prepared_dataset import (
    find_damage,
    is_prepared,
    read_dataset_info,
)
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.encoders.c3d_weights import read_c3d_weights
from rmdn_tf.files.disk_space import require_room
from rmdn_tf.files.file_systems import leave
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.model import config as models
from rmdn_tf.reports.split_report import evaluate_model
from rmdn_tf.runs.directory import RunDirectory, TrainingError
from rmdn_tf.runs.metadata import describe_run
from rmdn_tf.serving.export import export
from rmdn_tf.training.config import PRESETS, RunConfig, TrainingConfig
from rmdn_tf.training.dry_run import dry_run
from rmdn_tf.training.strategies import STRATEGIES, is_chief, make_strategy
from rmdn_tf.training.trainer import Trainer

FLAGS = flags.FLAGS

flags.DEFINE_string("dataset", None, "Name of a dataset.", required=True)
flags.DEFINE_string("data_dir", None, "Its shards; default data/DATASET.")
flags.DEFINE_enum("preset", "small", sorted(models.PRESETS), "Size of the net.")
flags.DEFINE_string("run_dir", None, "Default runs/DATASET-PRESET[-joint].")
flags.DEFINE_string("export_dir", None, "Default saved_models/... likewise.")
flags.DEFINE_integer("demo_videos", None, "Made if absent.", lower_bound=3)
flags.DEFINE_string(
    "c3d_weights",
    None,
    "Pretrained C3D, in any known form; one of PyTorch needs PyTorch >= 2.6.",
)
flags.DEFINE_bool("joint", False, "Tells the labels of the videos as well.")
flags.DEFINE_enum("strategy", "one", STRATEGIES, "Which devices.")
flags.DEFINE_bool("deterministic", False, "Same bits on a GPU too; slower.")
flags.DEFINE_bool("dry_run", False, "Only says what the run will need.")

DEFINE = {
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    str: flags.DEFINE_string,
    bool: flags.DEFINE_bool,
    bool | None: flags.DEFINE_bool,
}
SETTINGS = {  # Every one is a flag; the preset gives the defaults.
    config: [f for f in dataclasses.fields(config) if f.type in DEFINE]
    for config in (TrainingConfig, RunConfig)
}
SETTINGS[models.ModelConfig] = [
    field for field in models.SETTINGS.values() if field.type in DEFINE
]
for _config, _fields in SETTINGS.items():
    _docs = dict(
        re.findall(r"^    (\w+): ((?:.|\n {8})+)", getdoc(_config), re.M)
    )
    for _field in _fields:
        _help = _field.metadata.get("help") or _docs[_field.name]
        DEFINE[_field.type](_field.name, None, _help)


def given(config: type) -> dict:
    """Returns what the flags change of a dataclass of settings."""
    values = {f.name: FLAGS[f.name].value for f in SETTINGS[config]}
    return {name: v for name, v in values.items() if v is not None}


def changed(preset, **implied):
    """The preset with what the flags change; raises ValueError."""
    return dataclasses.replace(preset, **implied | given(type(preset)))


def network(**labels) -> models.ModelConfig:
    """The preset's network with what the flags change; raises ValueError.

    Args:
        **labels: `actions` and `multi_label`, once they are known.
    """
    changes = labels | given(models.ModelConfig)
    if FLAGS.joint and not labels:  # Only the dataset tells the actions.
        for name in ("multi_label", "feedback", "action_moves_map"):
            changes.pop(name, None)
    return models.with_changes(models.PRESETS[FLAGS.preset], **changes)


def settings():
    """What is trained, and how; raises ValueError."""
    model_config = network()
    is_pretrained = FLAGS.c3d_weights or model_config.encoder != "c3d"
    implied = {"train_c3d": not (is_pretrained or FLAGS.cache_features)}
    if FLAGS.joint:  # The paper's loss is that of the gaze alone.
        implied["loss_reduction"] = "mean"
    return model_config, changed(PRESETS[FLAGS.preset], **implied)


def with_actions(split: str) -> models.JointConfig:
    """The same network, which also tells the labels that a split has."""
    names, multi_label = actions_of(read_videos(data_dir(), split))
    return network(actions=names, multi_label=multi_label)


def data_dir() -> str:
    """Returns where the shards are; not as a `Path`, which would spoil s3://."""
    return FLAGS.data_dir or os.path.join("data", FLAGS.dataset)


def directories() -> tuple[str, str]:
    """Returns the run's directory and that of the SavedModel's versions."""
    name = f"{FLAGS.dataset}-{FLAGS.preset}" + "-joint" * FLAGS.joint
    return (
        FLAGS.run_dir or f"runs/{name}",
        FLAGS.export_dir or f"saved_models/{name}",
    )


def ensure_prepared() -> None:
    """Makes a made-up dataset if absent; the user must prepare any other.

    For several workers the user prepares a made-up dataset, too: all of them
    would make it at once.

    Raises:
        FileNotFoundError: the dataset is missing; says how to prepare it.
    """
    if is_prepared(data_dir()):
        require_demo_videos()
        return
    # Only here: training needs nothing that reads raw videos.
    from tfrecords_tools.shards.preparation import prepare
    from tfrecords_tools.sources.registry import (
        MADE_UP,
        SOURCES,
        made_up_source,
    )

    if FLAGS.dataset in MADE_UP and FLAGS.strategy != "multi_worker":
        source = made_up_source(FLAGS.dataset, FLAGS.demo_videos)
        # Another training may be making it: then there is little left to do.
        with one_at_a_time(data_dir(), "preparing", wait=True):
            prepare(source, data_dir())
        return
    raw = "" if FLAGS.dataset in MADE_UP else "--raw_dir RAW_DIR "
    advice = (
        "Prepare it with\n"
        f"  python -m tfrecords_tools.prepare --dataset {FLAGS.dataset} "
        f"{raw}--output_dir {data_dir()}"
        if FLAGS.dataset in SOURCES
        else f"Those that can be prepared are {', '.join(sorted(SOURCES))}."
    )
    raise FileNotFoundError(f"No prepared dataset in '{data_dir()}'. {advice}")


def require_demo_videos() -> None:
    """Refuses a prepared dataset of another number of videos than asked for."""
    wanted = FLAGS.demo_videos
    splits = read_dataset_info(data_dir()).splits.values()
    found = sum(of_split.num_videos for of_split in splits)
    if wanted is not None and wanted != found:
        raise ValueError(
            f"Invalid `demo_videos`. Expected {found}, as '{data_dir()}' holds "
            f"so many. Received: demo_videos={wanted}. Choose another "
            "--data_dir, or remove that directory."
        )


def split_to_score(train_split: str) -> str | None:
    """Returns the split that the trained model is scored on.

    Args:
        train_split: one or several splits, joined by "+".

    Returns:
        "test"; "validation" where "test" has no fixations; None where
        "validation" has none either, or is trained on.
    """
    info = read_dataset_info(data_dir())
    held_out = {"test", "validation"} - set(train_split.split("+"))
    there = sorted(s for s in held_out if has_fixations(info, s))
    return there[0] if there else None


def describe_plan(trainer: Trainer, split: str | None) -> str:
    """Says which splits choose and score the model, where one is missing."""
    lines = []
    if trainer.config.validates and not trainer.validates:
        lines.append(
            "No video of the split 'validation' has a fixation: all epochs "
            "will run, and the model of the last one is kept."
        )
    if split is None:
        lines.append(
            "No held-out split has a fixation: the model will be exported "
            "without scores."
        )
    elif split != "test":
        lines.append(
            "No video of the split 'test' has a fixation: the model will be "
            f"scored on '{split}', the split that chooses the best epoch."
        )
    return "".join(f"{line}\n" for line in lines)


def finish(best, model_config, run_dir: str, export_dir: str, split) -> None:
    """Exports the best model, then scores it.

    In this order a failed or killed scoring leaves the SavedModel.
    """
    known = {"preset": FLAGS.preset} | describe_run(run_dir)
    known.pop("test", None)  # Scores of earlier weights, if there are any.
    version = export(best, model_config, export_dir, known)
    print(f"SavedModel: {version}", flush=True)
    if split:
        evaluate_model(best, model_config, data_dir(), split, run_dir)
    print(f"scores, picture and logs: {run_dir}")


def run() -> None:
    """Prepares a made-up dataset if absent, then trains."""
    # First: a wrong flag must leave no trace.
    model_config, config = settings()
    run_config = changed(RunConfig())
    run_dir, export_dir = directories()
    refuse_overwriting(
        {"--data_dir": data_dir(), "--c3d_weights": FLAGS.c3d_weights},
        {"--run_dir": run_dir, "--export_dir": export_dir},
    )
    c3d_weights = FLAGS.c3d_weights and read_c3d_weights(FLAGS.c3d_weights)
    if FLAGS.deterministic:
        tf.config.experimental.enable_op_determinism()
    ensure_prepared()
    if FLAGS.joint:
        model_config = with_actions(config.train_split)
    train(model_config, config, run_config, c3d_weights)


def train(model_config, config, run_config, c3d_weights) -> None:
    """Trains, exports and evaluates; or only says what --dry_run asks for."""
    run_dir, export_dir = directories()
    strategy = make_strategy(FLAGS.strategy)
    split = split_to_score(config.train_split)
    with contextlib.ExitStack() as stack:
        if not FLAGS.dry_run:
            # Until the end: export and scoring write into the run, too.
            stack.enter_context(RunDirectory(run_dir).alone(is_chief(strategy)))
        trainer = Trainer(
            model_config,
            config,
            data_dir(),
            run_dir,
            run_config=run_config,
            strategy=strategy,
            c3d_weights=c3d_weights,
        )
        if trainer.is_chief:
            print(describe_plan(trainer, split), end="", flush=True)
        if FLAGS.dry_run:
            print(dry_run(trainer))
            return
        if trainer.is_chief:
            require_room(export_dir, trainer.checkpoint_bytes())
        best = trainer.train()
        if trainer.is_chief:
            finish(best, model_config, run_dir, export_dir, split)


def main(argv: list[str]) -> int:
    """Reads the flags; `absl.app` exits with the number returned."""
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument: {argv[1]!r}.")
    if not FLAGS["verbosity"].present:  # On the command line.
        logging.set_verbosity(logging.WARNING)
        tf.get_logger().setLevel("WARNING")  # It has a level of its own.
    try:
        run()
    except tf.errors.DataLossError:
        print(f"Error: {find_damage(data_dir())}", file=sys.stderr)
        return 1
    except (
        ImportError,  # A library that only some files ask for.
        OSError,
        ValueError,
        TrainingError,
        tf.errors.OpError,
    ) as error:
        print(f"Error: {error}", file=sys.stderr)
        logging.debug("Where it came from:", exc_info=True)  # --verbosity=1
        return 1
    return 0


if __name__ == "__main__":
    app.run(lambda argv: leave(main(argv)))
