"""Entry: a trained model + a prepared dataset -> table, JSON and picture.

python -m rmdn_tf.evaluate --model runs/demo-small/best --data_dir data/demo
python -m rmdn_tf.evaluate --data_dir data/demo --output_dir runs/baselines
"""

import os

# Before TensorFlow is imported: without it the table drowns in its messages.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import pathlib
import sys
from collections.abc import Sequence

import keras
import tensorflow as tf
from tqdm import tqdm

from rmdn_tf import evaluation
from rmdn_tf.comparison_sheet import ComparisonSheet
from rmdn_tf.file_systems import leave
from rmdn_tf.input_pipeline import (
    all_fixations,
    describe_damage,
    ordered_windows,
)
from rmdn_tf.model import ModelConfig, load_model
from rmdn_tf.prediction import StatefulPredictor
from rmdn_tf.records import SPLITS, read_dataset_info
from rmdn_tf.windows import Window

BATCH_SIZE = 4


def evaluate_model(
    model: keras.Model | None,
    config: ModelConfig,
    data_dir: str | os.PathLike,
    split: str,
    output_dir: str | os.PathLike,
) -> evaluation.Scores:
    """Scores a model beside every baseline and writes what came out.

    Writes `<split>_scores.json` and `<split>_densities.png`, and prints the
    table. The trained centre is fitted to the training split.

    Args:
        model: of `rmdn_tf.model.build_rmdn`; None for the baselines alone.
        config: its configuration.
        data_dir: a prepared dataset.
        split: "train", "validation" or "test".
        output_dir: made if absent.

    Returns:
        The `Scores`; predictors uniform, centre, TCB, model, and oracle where
        the true density is known.
    """
    info = read_dataset_info(data_dir)
    grid = evaluation.Grid(*info["size"])
    window = Window(clip_stride=config.clip_stride)
    stride = config.clip_stride
    predictors = _predictors(model, stride, data_dir, grid)
    batches = ordered_windows(
        data_dir, split, batch_size=BATCH_SIZE, window=window
    )
    sheet = ComparisonSheet()
    scores = evaluation.evaluate(
        predictors,
        tqdm(batches, f"evaluating {split}", unit="batch", leave=False),
        grid,
        on_batch=sheet.collect,
    )
    output_dir = pathlib.Path(output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    sheet.save(output_dir / f"{split}_densities.png")
    about = {
        "dataset": info["name"],
        "split": split,
        "grid": [grid.height, grid.width],
        "blur_of_width": grid.blur,
        "clip_stride": stride,
    }
    evaluation.write_scores(scores, output_dir / f"{split}_scores.json", about)
    _print(scores, info["name"], split)
    return scores


def _predictors(
    model: keras.Model | None,
    stride: int,
    data_dir: str | os.PathLike,
    grid: evaluation.Grid,
) -> dict[str, evaluation.Predictor]:
    """Returns the baselines, the model and the oracle, where there are such."""
    predictors = evaluation.static_predictors(
        all_fixations(data_dir, "train"), grid
    )
    if model:
        predictors["model"] = evaluation.of_parameters(
            StatefulPredictor(model, stride), grid, stride
        )
    if read_dataset_info(data_dir)["truth_num_components"]:
        predictors["oracle"] = evaluation.oracle(grid)
    return predictors


def _print(scores: evaluation.Scores, name: str, split: str) -> None:
    print(
        f"\n{name}, {split}: mean over {len(scores.num_fixations)} frames of "
        f"{len(set(scores.video_ids))} videos"
    )
    print(evaluation.format_table(scores))
    if {"model", "oracle"} <= scores.values.keys():
        print(
            f"The model closes {evaluation.gap_closed(scores):.1%} of the gap "
            "between TCB and the oracle, in bits per fixation."
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Reads the flags and evaluates; returns the exit code."""
    parser = argparse.ArgumentParser(
        description="Scores a trained model beside the baselines."
    )
    parser.add_argument(
        "--model",
        help="directory of a model, RUN_DIR/best; without it the baselines "
        "alone",
    )
    parser.add_argument(
        "--data_dir", required=True, help="directory of a prepared dataset"
    )
    parser.add_argument("--split", default="test", choices=SPLITS)
    parser.add_argument(
        "--output_dir", help="of JSON and picture; by default the model's"
    )
    options = parser.parse_args(argv)
    if not options.model and not options.output_dir:
        parser.error("without --model, --output_dir is required")
    try:
        model, config = None, ModelConfig()
        if options.model:
            model, config = load_model(options.model)
        evaluate_model(
            model,
            config,
            options.data_dir,
            options.split,
            options.output_dir or options.model,
        )
    except tf.errors.DataLossError:
        damage = describe_damage(options.data_dir)
        print(f"Error: {damage}", file=sys.stderr)
        return 1
    except (OSError, ValueError, tf.errors.OpError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(leave(main()))
