"""Entry: models or maps + a prepared dataset -> tables and a report.

python -m rmdn_tf.evaluate --data_dir data/demo --model runs/demo-small
python -m rmdn_tf.evaluate --data_dir data/dhf1k --split validation \\
    --protocol dhf1k --maps UNISAL=results/unisal --output_dir results
"""

import os

# Before TensorFlow is imported: without it the table drowns in its messages.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import importlib.metadata
import pathlib
import re
import sys
from collections.abc import Sequence

import keras
import tensorflow as tf
from threadpoolctl import threadpool_limits

from rmdn_tf.data.prepared_dataset import find_damage
from rmdn_tf.data.records import SPLITS
from rmdn_tf.evaluation import protocols
from rmdn_tf.evaluation.action_scores import ActionRecorder, ActionScores
from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.split_evaluation import (
    EXTRAS,
    ORIGINAL,
    Settings,
    SplitEvaluation,
)
from rmdn_tf.files.file_systems import leave
from rmdn_tf.files.published import write_json
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.metrics.score_texts import read_number
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.reports.comparison_sheet import ComparisonSheet
from rmdn_tf.reports.report_page import write_report
from rmdn_tf.reports.summary import MEANS, summarize
from rmdn_tf.reports.tables import format_table, write_video_table
from rmdn_tf.reports.video_pictures import VideoPictures
from rmdn_tf.runs.loading import load_stateful

# A BLAS of several threads sums in another order, by their number. The frames
# have threads of their own, and TensorFlow is not concerned.
same_sums = threadpool_limits.wrap(limits=1)
"""Decorates what has to add up to the same numbers on any number of cores."""


@same_sums
def evaluate_model(
    model: keras.Model,
    config: ModelConfig,
    data_dir: str | os.PathLike,
    split: str,
    output_dir: str | os.PathLike,
) -> dict:
    """Scores a model beside the baselines, by the exact protocol.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its configuration.
        data_dir: a prepared dataset.
        split: "train", "validation" or "test".
        output_dir: see `write_all`; of a network with actions the scores of
            these as well, `<split>_actions.json`.

    Returns:
        The summary of the densities, see `rmdn_tf.reports.summary.summarize`.
    """
    evaluation = SplitEvaluation(data_dir, split)
    stride = config.clip_stride
    predictor = StatefulNetwork(model, stride)
    if config.actions:
        predictor = ActionRecorder(predictor)
    evaluation.add_model("model", predictor, stride)
    summary = write_all(evaluation, split, output_dir)
    if config.actions:
        path = pathlib.Path(output_dir) / f"{split}_actions.json"
        _write_actions(predictor, config, evaluation, path)
    return summary


def _write_actions(
    predictor: ActionRecorder,
    config: ModelConfig,
    evaluation: SplitEvaluation,
    path: pathlib.Path,
) -> None:
    """Prints and writes how right a network is about the videos' actions."""
    shown = {label for of in evaluation.labels.values() for label in of}
    if not shown & set(config.actions):
        print("\nactions: not scored, since no video shows any of them.")
        return
    actions = ActionScores.of(
        predictor.logits,
        evaluation.videos,
        config.actions,
        config.multi_label,
    )
    print(f"\n{actions.describe()}")
    write_json(path, actions.summary())


def write_all(
    evaluation: SplitEvaluation,
    split: str,
    output_dir: str | os.PathLike,
    mean: str = "frames",
    reference: str = "TCB",
) -> dict:
    """Runs an evaluation, prints its table and writes what came out.

    Files, all beginning with the split's name: `scores.json`, `videos.csv`,
    `report.html`, `densities.png`, and a picture of every video in `pictures/`.

    Args:
        evaluation: all that is to be scored.
        split: its name.
        output_dir: made if absent.
        mean: "frames" or "videos": what all means are over.
        reference: predictor that differences are taken to.

    Returns:
        The summary.
    """
    output_dir = pathlib.Path(output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    sheet = ComparisonSheet()
    drawn = [name for name in evaluation.predictors if name != "uniform"]
    small = VideoPictures(output_dir / f"{split}_pictures", drawn)
    scores = evaluation.run([sheet, small])
    summary = summarize(
        scores, mean=mean, reference=reference, labels=evaluation.labels
    )
    about = evaluation.about
    about["rmdn-tf"] = importlib.metadata.version("rmdn-tf")
    print(f"\n{about['dataset']}, {split}: {about['protocol_text']}\n")
    print(format_table(summary))
    if "human" in about:  # Why it is not in the table.
        print(f"human {about['human']}")
    if {"model", "oracle"} <= summary["scores"].keys():
        print(
            f"\nThe model closes {gap_closed(summary):.1%} of the gap between "
            "TCB and the oracle, in bits per fixation."
        )
    sheet.save(output_dir / f"{split}_densities.png")
    write_json(output_dir / f"{split}_scores.json", about | summary)
    write_video_table(
        scores, output_dir / f"{split}_videos.csv", evaluation.labels
    )
    write_report(
        output_dir / f"{split}_report.html",
        summary,
        about,
        model=evaluation.ranking,
        pictures=small.paths,
    )
    return summary


def gap_closed(summary: dict, model: str = "model") -> float:
    """Share of the way from TCB to the oracle, in bits per fixation."""
    low, reached, high = (
        read_number(summary["scores"][name]["bits"]["mean"])
        for name in ("TCB", model, "oracle")
    )
    return (reached - low) / (high - low)


def _named(text: str, default: str) -> tuple[str, str]:
    """Splits NAME=PATH; a path alone gets the default name."""
    match = re.fullmatch(r"([^=/]+)=(.+)", text)
    return match.groups() if match else (default, text)


def _size(text: str) -> tuple[int, int] | str:
    """Reads HEIGHTxWIDTH or "original"."""
    if text == ORIGINAL:
        return text
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if not match:
        raise argparse.ArgumentTypeError(
            f"expected HEIGHTxWIDTH or '{ORIGINAL}', not {text!r}"
        )
    return int(match[1]), int(match[2])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Scores models, or maps of any tool, beside the baselines."
    )
    add = parser.add_argument
    add("--data_dir", required=True, help="directory of a prepared dataset")
    add(
        "--split",
        default="test",
        help=f"one of {', '.join(SPLITS)}, or some joined by + (%(default)s)",
    )
    add(
        "--model",
        action="append",
        default=[],
        metavar="[NAME=]PATH",
        help="a run's directory, one of its checkpoints, or a SavedModel (a "
        "program: only one that you trust); may be given several times",
    )
    add(
        "--maps",
        action="append",
        default=[],
        metavar="[NAME=]DIR",
        help="maps of any tool, DIR/VIDEO/0001.png or .npy; may be given "
        "several times",
    )
    add(
        "--first_frame",
        type=int,
        default=1,
        help="number in the name of a video's first map (%(default)s)",
    )
    add(
        "--uniform_share",
        type=float,
        default=0.0,
        help="share of a uniform density to mix into --maps: maps of 8 bits "
        "give many pixels no probability, and bits are then -inf (%(default)s)",
    )
    add("--protocol", default="exact", choices=tuple(protocols.PROTOCOLS))
    add(
        "--size",
        type=_size,
        help="of the maps that are compared, HEIGHTxWIDTH or 'original'; by "
        "default the protocol's",
    )
    add(
        "--pixels_per_degree",
        type=float,
        default=33.0,
        help="pixels of the screen in a degree of the visual field "
        "(%(default)s)",
    )
    add(
        "--screen_width",
        type=float,
        default=1280.0,
        help="pixels of the screen that the video filled (%(default)s)",
    )
    add(
        "--mean",
        default="frames",
        choices=MEANS,
        help="over all frames, or over the means of the videos (%(default)s)",
    )
    add(
        "--baseline",
        default="TCB",
        help="what differences and information gain are taken to (%(default)s)",
    )
    add(
        "--extra",
        action="append",
        default=[],
        choices=tuple(EXTRAS),
        help="a baseline that costs more time",
    )
    add("--output_dir", help="by default that of the only model")
    return parser


def _output_dir(options: argparse.Namespace) -> str:
    if options.output_dir:
        return options.output_dir
    if len(options.model) == 1 and not options.maps:
        path = pathlib.Path(_named(options.model[0], "")[1])
        if path.is_dir():
            return str(path)
        if not path.with_name(f"{path.name}.index").exists():
            raise FileNotFoundError(f"No trained model in '{path}'.")
    raise ValueError(
        "Missing --output_dir. Scores are written beside a model only where "
        "one model is scored, which lies in a directory."
    )


@same_sums
def run(options: argparse.Namespace) -> None:
    """Evaluates what the flags say."""
    if options.pixels_per_degree <= 0 or options.screen_width <= 0:
        raise ValueError(
            "Invalid `pixels_per_degree` or `screen_width`. Expected positive "
            f"numbers. Received: {options.pixels_per_degree} and "
            f"{options.screen_width}."
        )
    output_dir = _output_dir(options)
    maps = [_named(text, "maps") for text in options.maps]
    refuse_overwriting(  # Scores may lie beside the model that has them.
        {"--data_dir": options.data_dir, "--maps": [path for _, path in maps]},
        {"--output_dir": output_dir},
    )
    models = {
        name: (path, *load_stateful(path))
        for name, path in (_named(text, "model") for text in options.model)
    }
    evaluation = SplitEvaluation(
        options.data_dir,
        options.split,
        Settings(
            options.protocol,
            options.size,
            options.pixels_per_degree / options.screen_width,
            options.baseline,
            tuple(options.extra),
        ),
    )
    for name, (path, predict, stride) in models.items():
        evaluation.add_model(name, predict, stride)
        evaluation.about[f"{name}_path"] = path
    for name, path in maps:
        evaluation.add_maps(
            name,
            MapDirectory(path, options.first_frame),
            options.uniform_share,
        )
        evaluation.about[f"{name}_path"] = path
    write_all(
        evaluation,
        options.split,
        output_dir,
        options.mean,
        options.baseline,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Reads the flags and evaluates; returns the exit code."""
    options = _parser().parse_args(argv)
    try:
        run(options)
    except tf.errors.DataLossError:
        damage = find_damage(options.data_dir)
        print(f"Error: {damage}", file=sys.stderr)
        return 1
    except (OSError, ValueError, tf.errors.OpError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(leave(main()))
