"""Trains, exports and scores a network on a prepared dataset.

rmdn train --dataset demo
rmdn train --dataset video_database --preset small
rmdn train --dataset hollywood2 --preset paper --c3d_weights FILE
rmdn train --dataset demo_actions --joint
"""

import contextlib
import dataclasses
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.commands.settings import setting
from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.data.prepared_dataset import (
    damage_named,
    is_prepared,
    read_dataset_info,
)
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.files.disk_space import require_room
from rmdn_tf.files.file_systems import is_local, require_utf8
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.mirror import mirrored
from rmdn_tf.files.published import require_writable_directory
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.files.shown_paths import shown
from rmdn_tf.model import presets as models
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.runs.directory import TrainingError
from rmdn_tf.runs.paths import require_trained
from rmdn_tf.training.config import (
    PRESETS,
    STRATEGIES,
    RunConfig,
    TrainingConfig,
)

if TYPE_CHECKING:
    import keras
    import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The dataset and the run:"""

    dataset: str = setting(
        help="Name of a prepared dataset, or of a made-up one: demo or "
        "demo_actions."
    )
    data_dir: str = setting(
        "", "Directory of its shards.", default_text="data/DATASET"
    )
    preset: str = setting(
        "small",
        "Preset of all settings below; their flags change it.",
        sorted(models.PRESETS),
    )
    run_dir: str = setting(
        "",
        "Directory of the run.",
        default_text="runs/DATASET-PRESET, and -joint with --joint",
    )
    export_dir: str = setting(
        "",
        "Directory of the SavedModel's versions.",
        default_text="saved_models/DATASET-PRESET, and -joint with --joint",
    )
    demo_videos: int | None = setting(
        None,
        "Number of videos of a made-up dataset, if it is still missing.",
    )
    c3d_weights: str | None = setting(
        None,
        "File of pretrained C3D weights, in any form that `rmdn "
        "convert-weights` reads.",
    )
    init_from: str | None = setting(
        None,
        "Run or model of the same network whose weights training starts "
        "from; `default` is the model of the package.",
    )
    mix_data_dir: tuple[str, ...] = setting(
        (),
        "Directories of further prepared datasets, such as pictures: each "
        "step takes --mix_share of its windows from these.",
    )
    joint: bool = setting(False, "Also predict the actions of the videos.")
    strategy: str = setting(
        "one",
        "Devices to train on: the first, all of this machine, or several "
        "machines that TF_CONFIG names.",
        STRATEGIES,
    )
    deterministic: bool = setting(
        False, "Repeat a run to the bit on a GPU, too; slower."
    )
    dry_run: bool = setting(False, "Only print what the training needs.")

    def with_directories(self) -> "Options":
        """Returns a copy with the default directories filled in."""
        name = f"{self.dataset}-{self.preset}" + "-joint" * self.joint
        return dataclasses.replace(
            self,
            # Not a `Path`, which would spoil s3://.
            data_dir=self.data_dir or os.path.join("data", self.dataset),
            run_dir=self.run_dir or f"runs/{name}",
            export_dir=self.export_dir or f"saved_models/{name}",
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class CachingEngine(EngineSettings):
    """Where the features of --cache_features are computed, shard by shard:"""


SETTINGS = (
    Options,
    ModelConfig,
    *models.KINDS,
    TrainingConfig,
    RunConfig,
    CachingEngine,
)

# The settings of each preset, which the help shows.
DEFAULTS = {n: (models.PRESETS[n], PRESETS[n]) for n in PRESETS}


def network(
    line: CommandLine, options: Options, **labels: object
) -> ModelConfig:
    """Returns the preset's network with the changes that flags ask for.

    `labels` are `actions` and `multi_label`, once they are known.
    """
    changes = dict(labels)
    for kind in models.KINDS:
        changes |= line.given(kind)
    if options.joint and not labels:  # The actions are not read yet.
        for name in ("multi_label", "feedback", "action_moves_map"):
            changes.pop(name, None)
    return models.with_changes(models.PRESETS[options.preset], **changes)


def settings(
    line: CommandLine, options: Options
) -> tuple[ModelConfig, TrainingConfig]:
    """Returns the settings of the network and of its training."""
    model_config = network(line, options)
    is_cached = line.given(TrainingConfig).get("cache_features", False)
    is_pretrained = options.c3d_weights or model_config.encoder != "c3d"
    implied: dict[str, object] = {"train_c3d": not (is_pretrained or is_cached)}
    if options.joint:  # The paper's loss is for gaze alone.
        implied["loss_reduction"] = "mean"
    return model_config, line.change(PRESETS[options.preset], **implied)


def joint_network(
    line: CommandLine, options: Options, split: str
) -> ModelConfig:
    """Returns the network of --joint for the actions in the training split."""
    from rmdn_tf.data.annotations import actions_of, read_videos

    names, multi_label = actions_of(read_videos(options.data_dir, split))
    return network(line, options, actions=names, multi_label=multi_label)


def check_directories(options: Options) -> None:
    """Refuses outputs that would overwrite an input or cannot be written."""
    refuse_overwriting(
        {
            "--data_dir": options.data_dir,
            "--c3d_weights": options.c3d_weights,
            "--init_from": options.init_from,
            "--mix_data_dir": options.mix_data_dir,
        },
        {"--run_dir": options.run_dir, "--export_dir": options.export_dir},
    )
    for directory in (options.run_dir, options.export_dir):
        require_utf8(directory)
    if not is_local(options.run_dir):
        require_writable_directory(options.run_dir)
    if not is_local(options.export_dir):
        raise ValueError(
            "Invalid --export_dir. Expected a directory of this machine. "
            f"Received: '{shown(options.export_dir)}'."
        )
    if options.init_from:
        require_trained(options.init_from)


def ensure_prepared(options: Options) -> None:
    """Prepares a made-up dataset if it is missing.

    Raises:
        FileNotFoundError: the dataset is missing, and is not made up or would
            be prepared by several workers at once.
        ValueError: the dataset has another number of videos than --demo_videos.
    """
    data_dir, wanted = options.data_dir, options.demo_videos
    if not is_prepared(data_dir):
        # Here, since training does not need the tools.
        from tfrecords_tools.made_up import prepare_made_up

        is_alone = options.strategy != "multi_worker"
        prepare_made_up(options.dataset, data_dir, wanted, is_alone)
        return
    splits = read_dataset_info(data_dir).splits.values()
    found = sum(split.num_videos for split in splits)
    if wanted is not None and wanted != found:
        raise ValueError(
            f"Invalid `demo_videos`. Expected {found}, the number of videos in "
            f"'{data_dir}'. Received: demo_videos={wanted}. Choose another "
            "--data_dir, or remove that directory."
        )


@command(__doc__, *SETTINGS, errors=(TrainingError,), presets=DEFAULTS)
def main(line: CommandLine) -> None:
    """Checks all flags, prepares a made-up dataset if missing, and trains."""
    options = line.read(Options).with_directories()
    model_config, config = settings(line, options)
    run_config = line.read(RunConfig)
    check_directories(options)
    weights = None
    if options.c3d_weights:
        from rmdn_tf.encoders.c3d_weights import read_c3d_weights

        weights = read_c3d_weights(options.c3d_weights, report=print)
    ensure_prepared(options)
    import_tensorflow()  # Here, since it takes seconds.
    import tensorflow as tf

    tf.get_logger().setLevel("WARNING")
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    with damage_named(options.data_dir, *options.mix_data_dir):
        if options.joint:
            model_config = joint_network(line, options, config.train_split)
        engine_settings = line.read(CachingEngine)
        train(
            options, model_config, config, run_config, engine_settings, weights
        )


def train(
    options: Options,
    model_config: ModelConfig,
    config: TrainingConfig,
    run_config: RunConfig,
    engine_settings: EngineSettings,
    c3d_weights: "Mapping[str, np.ndarray] | None",
) -> None:
    """Trains, exports and scores; with --dry_run, prints what that needs."""
    from rmdn_tf.training.dry_run import dry_run
    from rmdn_tf.training.scored_split import describe_splits, split_to_score
    from rmdn_tf.training.strategies import is_chief, make_strategy
    from rmdn_tf.training.trainer import Trainer

    strategy = make_strategy(options.strategy)
    info = read_dataset_info(options.data_dir)
    split = split_to_score(info, config.train_split)
    writes = is_chief(strategy) and not options.dry_run
    with contextlib.ExitStack() as stack:
        if writes:
            # The lock is held to the end: scoring writes into the run, too.
            stack.enter_context(one_at_a_time(options.run_dir, "training"))
        run_dir = stack.enter_context(mirrored(options.run_dir, writes=writes))
        trainer = Trainer(
            model_config,
            config,
            options.data_dir,
            run_dir,
            run_config=run_config,
            strategy=strategy,
            c3d_weights=c3d_weights,
            init_from=options.init_from,
            mix_data_dirs=options.mix_data_dir,
            engine_settings=engine_settings,
        )
        if trainer.is_chief:
            print(describe_splits(trainer, split), end="", flush=True)
        if options.dry_run:
            print(dry_run(trainer))
            return
        if trainer.is_chief:
            require_room(options.export_dir, trainer.checkpoint_bytes())
        best = trainer.train()
        if trainer.is_chief:
            finish(options, run_dir, best, model_config, split)
            print(f"scores, picture and logs: {shown(options.run_dir)}")


def finish(
    options: Options,
    run_dir: str,
    best: "keras.Model",
    model_config: ModelConfig,
    split: str | None,
) -> None:
    """Exports the best model, then scores it: scoring may fail."""
    from rmdn_tf.reports.split_report import evaluate_model
    from rmdn_tf.runs.run_facts import describe_run
    from rmdn_tf.serving.export import export

    known = {"preset": options.preset} | describe_run(run_dir)
    known.pop("test", None)  # The scores of earlier weights.
    version = export(best, model_config, options.export_dir, known)
    print(f"SavedModel: {version}", flush=True)
    if split:
        evaluate_model(best, model_config, options.data_dir, split, run_dir)


if __name__ == "__main__":
    start(main)
