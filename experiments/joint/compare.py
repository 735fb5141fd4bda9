"""Compares one network for density and action with separate ones.

    python -m experiments.joint.compare --work_dir WORK

Uses `demo_actions`, where only the disc that draws the eyes shows the action.
All variants share one frozen encoder, see `experiments.joint.encoder`. Each is
trained with every seed; its best epoch is chosen on the validation videos. A
killed run continues with what is finished in WORK.
"""

import argparse
import dataclasses
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401  Before TensorFlow.
from experiments.joint.encoder import (
    JOINT,
    HeadTrainer,
    encoder_weights,
    prepare_videos,
)
from experiments.joint.table import format_tables
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.action_scores import ActionRecorder, ActionScores
from rmdn_tf.evaluation.evaluation_loop import evaluate
from rmdn_tf.evaluation.predictors import MixtureNetwork
from rmdn_tf.evaluation.protocols import EXACT_BLUR, ExactProtocol
from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.published import write_json
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.model.saving import load_model
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.training.config import PRESETS as TRAININGS

NUM_VIDEOS = 240
NUM_EPOCHS = 20
PATIENCE = 5
BATCH_SIZE = 4
TRAINING = dataclasses.replace(
    TRAININGS["small"],
    num_epochs=NUM_EPOCHS,
    patience=PATIENCE,
    train_c3d=False,
    cache_features=True,
    flip=False,  # Features of the plain network have no place to mirror.
)

# Name -> network, and changes to its training.
VARIANTS = {
    "joint": (JOINT, {}),
    "joint, no feedback": (dataclasses.replace(JOINT, feedback=False), {}),
    "density alone": (PRESETS["small"], {}),
    "action alone": (
        dataclasses.replace(JOINT, action_moves_map=True),
        {"density_weight": 0.0},
    ),
}

# Scores of a variant: metric -> video -> number.
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "number"},
    },
}


def run_variant(
    name: str, seed: int, work_dir: pathlib.Path, c3d_weights: dict
) -> dict:
    """Trains and scores a variant, or reads its scores if it is finished.

    Args:
        name: one of `VARIANTS`.
        seed: for the weights and the order of windows.
        work_dir: directory of the runs, with the videos in `data`.
        c3d_weights: weights of the encoder.

    Returns:
        "bits", "nss" and "accuracy", if the variant has them -> name of a test
        video -> score.
    """
    run_name = f"{name}-{seed}".replace(",", "").replace(" ", "-")
    run_dir, data_dir = work_dir / run_name, work_dir / "data"
    file = run_dir / "test_videos.json"
    if not file.exists():
        config, changes = VARIANTS[name]
        training = dataclasses.replace(TRAINING, seed=seed, **changes)
        HeadTrainer(
            config, training, data_dir, run_dir, c3d_weights=c3d_weights
        ).train()
        scores = score(run_dir, data_dir)
        if "density_weight" in changes:
            scores = {"accuracy": scores["accuracy"]}
        write_json(file, scores)
    return read_json(file, SCHEMA)


def score(run_dir: pathlib.Path, data_dir: pathlib.Path) -> dict:
    """Scores the best model of a run on the test videos."""
    model, config = load_model(run_dir / "best")
    videos = read_videos(data_dir, "test")
    predictor = StatefulNetwork(model, config.clip_stride)
    if config.actions:
        predictor = ActionRecorder(predictor)
    scores = evaluate(
        {"model": MixtureNetwork(predictor, config.clip_stride)},
        ordered_windows(
            data_dir,
            "test",
            batch_size=BATCH_SIZE,
            window=Window(clip_stride=config.clip_stride),
        ),
        videos,
        ExactProtocol(
            videos,
            EXACT_BLUR,
            size=read_dataset_info(data_dir).size,
        ),
    )
    found = {
        metric: scores.video_means("model", metric)
        for metric in ("bits", "nss")
    }
    if config.actions:
        actions = ActionScores.of(
            predictor.logits, videos, config.actions, config.multi_label
        )
        correct = actions.correct.astype(float).tolist()
        found["accuracy"] = dict(zip(actions.video_ids, correct, strict=True))
    return found


def collect(results: dict[str, list[dict]]) -> dict:
    """Stacks the results of every seed, by variant.

    Returns:
        Variant -> metric -> float `[seeds, videos]`.
    """
    return {
        name: {
            metric: np.array(
                [
                    [of_seed[metric][v] for v in sorted(of_seed[metric])]
                    for of_seed in of_seeds
                ]
            )
            for metric in of_seeds[0]
        }
        for name, of_seeds in results.items()
    }


def main() -> None:
    """Prepares, trains, scores and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--variants", nargs="*", default=[*VARIANTS])
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--num_videos", type=int, default=NUM_VIDEOS)
    options = parser.parse_args()
    options.work_dir.mkdir(parents=True, exist_ok=True)
    c3d_weights = encoder_weights(options.work_dir)
    prepare_videos(options.work_dir / "data", options.num_videos, seed=0)
    results = {name: [] for name in options.variants}
    for seed in options.seeds:
        for name, of_seeds in results.items():
            print(f"\n{name}, seed {seed}")
            of_seeds.append(
                run_variant(name, seed, options.work_dir, c3d_weights)
            )
    text = format_tables(collect(results))
    (options.work_dir / "tables.md").write_text(text)
    print(f"\n{text}")


if __name__ == "__main__":
    main()
