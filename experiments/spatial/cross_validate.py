"""Cross-validates models on the video eye-tracking database, by scene.

    python -m experiments.spatial.cross_validate --raw_dir RAW --work_dir WORK

All clips of a scene are in one fold. Models and fitted baselines (the trained
centre, and its share beside a model) never see a scene that they are scored on.
Videos have 10 frames a second; metrics are exact, on maps of 64x64; means,
intervals and p-values are over videos. `videos.csv` has the scores of each
clip. A killed run continues with what is finished in WORK.
"""

import argparse
import dataclasses
import os
import pathlib
import random

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import rmdn_tf  # noqa: F401  Before TensorFlow.
from experiments.spatial.motion import MotionTimesCentre
from rmdn_tf.data.dataset_info import SplitInfo
from rmdn_tf.data.prepared_dataset import (
    DATASET_INFO_FILE,
    is_prepared,
    read_dataset_info,
)
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.evaluation.split_baselines import Settings
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.files.published import write_json
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.model import config as model_config
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.reports.summary import summarize
from rmdn_tf.reports.tables import format_table, write_video_table
from rmdn_tf.training.config import PRESETS
from rmdn_tf.training.trainer import Trainer
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.video_database import SCENES, VideoDatabase

NUM_FOLDS = 5
SIZE = (64, 64)
FRAMES_PER_SECOND = 10
NUM_EPOCHS = 8

SPATIAL = model_config.PRESETS["spatial"]
MODELS = {
    "spatial": SPATIAL,
    # The paper's head on the same features.
    "dense LSTM": model_config.with_changes(
        SPATIAL,
        head="dense",
        recurrent="lstm",
        units=128,
        num_components=20,
        dropout=0.5,
    ),
}


def scene_of(video_id: str) -> str:
    """Returns the scene of a clip; most scenes have one clip."""
    for scene, names in SCENES.items():
        if video_id in names:
            return scene
    return video_id


def deal(video_ids: list[str]) -> list[list[str]]:
    """Deals clips to folds, scene by scene, always in the same way."""
    scenes = sorted({scene_of(video_id) for video_id in video_ids})
    random.Random(0).shuffle(scenes)
    return [
        sorted(
            v for v in video_ids if scenes.index(scene_of(v)) % NUM_FOLDS == k
        )
        for k in range(NUM_FOLDS)
    ]


def write_fold(
    data_dir: pathlib.Path,
    fold_dir: pathlib.Path,
    held_out: list[str],
    tuning_scene: str,
) -> None:
    """Writes a dataset of the same shards whose test split is held out.

    One other scene is for validation: it chooses the trained centre's
    components and the observers' blur. Models are trained on it, too.
    """
    info = read_dataset_info(data_dir)
    fold_dir.mkdir(parents=True, exist_ok=True)
    splits = {"train": [], "validation": [], "test": []}
    for shard in info.shards:
        (video,) = shard.videos
        is_tuning = scene_of(video.id) == tuning_scene
        split = "validation" if is_tuning else "train"
        split = "test" if video.id in held_out else split
        target = fold_dir / shard.file
        if not target.exists():
            target.symlink_to((data_dir / shard.file).resolve())
        splits[split].append(shard)
    fold = dataclasses.replace(
        info,
        splits={name: SplitInfo.of_shards(own) for name, own in splits.items()},
    )
    write_json(fold_dir / DATASET_INFO_FILE, fold.to_json())


def train(name: str, fold_dir: pathlib.Path, num_epochs: int):
    """Trains on the training split, without early stopping."""
    config = dataclasses.replace(
        PRESETS["spatial"],
        num_epochs=num_epochs,
        train_split="train+validation",
    )
    run_dir = fold_dir / "runs" / name.replace(" ", "-")
    return Trainer(MODELS[name], config, fold_dir, run_dir).train()


def score(fold_dir: pathlib.Path, names, num_epochs: int) -> Scores:
    """Trains and scores everything on one fold."""
    evaluation = SplitEvaluation(fold_dir, "test", Settings(size=SIZE))
    evaluation.predictors["motion x centre"] = MotionTimesCentre()
    for name in names:
        model = train(name, fold_dir, num_epochs)
        evaluation.add_model(name, StatefulNetwork(model, 1), 1, mix=False)
    return evaluation.run([])


def main() -> None:
    """Prepares, trains, scores and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw_dir", required=True)
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--models", nargs="*", default=[*MODELS])
    parser.add_argument("--num_epochs", type=int, default=NUM_EPOCHS)
    options = parser.parse_args()
    refuse_overwriting(
        {"--raw_dir": options.raw_dir}, {"--work_dir": options.work_dir}
    )
    data_dir = options.work_dir / "data"
    if not is_prepared(data_dir):
        prepare(
            VideoDatabase(options.raw_dir),
            data_dir,
            FrameFormat((224, 224), frames_per_second=FRAMES_PER_SECOND),
            num_shards=100,  # One clip in each.
        )
    collected = None
    folds = deal(video_ids(data_dir))
    for number, held_out in enumerate(folds):
        fold_dir = options.work_dir / f"fold{number}"
        tuning_scene = scene_of(folds[number - 1][0])
        write_fold(data_dir, fold_dir, held_out, tuning_scene)
        scores = score(fold_dir, options.models, options.num_epochs)
        if collected is None:
            collected = scores
        else:
            collected.extend(scores)
    write_video_table(collected, options.work_dir / "videos.csv", {})
    for reference in ("TCB", "motion x centre"):
        summary = summarize(
            collected,
            mean="videos",
            reference=reference,
            labels={video_id: () for video_id in collected.video_ids},
        )
        write_json(options.work_dir / f"against {reference}.json", summary)
        print(format_table(summary))


def video_ids(data_dir: pathlib.Path) -> list[str]:
    """Returns the names of all clips of a dataset."""
    return sorted(
        video.id
        for shard in read_dataset_info(data_dir).shards
        for video in shard.videos
    )


if __name__ == "__main__":
    main()
