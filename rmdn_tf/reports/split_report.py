"""Scores a split and writes its table, pictures and report."""

import math
import os
import pathlib
from collections.abc import Mapping

import keras
from threadpoolctl import threadpool_limits

import rmdn_tf
from rmdn_tf.evaluation.action_scores import ActionRecorder, ActionScores
from rmdn_tf.evaluation.split_evaluation import SplitEvaluation
from rmdn_tf.files.mirror import origin_of
from rmdn_tf.files.published import temporary_path, write_json
from rmdn_tf.files.shown_paths import shown
from rmdn_tf.metrics.score_texts import read_number
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.reports.comparison_sheet import MAX_VIDEOS, ComparisonSheet
from rmdn_tf.reports.power_table import describe_power
from rmdn_tf.reports.provenance import made_by
from rmdn_tf.reports.report_page import describe_blur, write_report
from rmdn_tf.reports.summary import summarize
from rmdn_tf.reports.tables import format_table, write_video_table
from rmdn_tf.reports.video_pictures import VideoPictures

# Decorator: NumPy adds up to the same numbers on any number of cores. The order
# of a BLAS's sums depends on its number of threads. The frames have threads of
# their own, and TensorFlow does not use the BLAS.
same_sums = threadpool_limits.wrap(limits=1)


@same_sums
def evaluate_model(
    model: keras.Model,
    config: ModelConfig,
    data_dir: str | os.PathLike,
    split: str,
    output_dir: str | os.PathLike,
) -> dict:
    """Scores a model beside the baselines, by the exact protocol.

    Writes the results of `write_results`; a network with actions also gets
    `<split>_actions.json`.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".
        output_dir: made if missing.

    Returns:
        The summary; see `rmdn_tf.reports.summary.summarize`.
    """
    evaluation = SplitEvaluation(data_dir, split)
    stride = config.clip_stride
    network = StatefulNetwork(model, stride)
    recorder = ActionRecorder(network) if config.actions else None
    evaluation.add_model("model", recorder or network, stride)
    summary = write_results(evaluation, split, output_dir)
    if recorder:
        path = pathlib.Path(output_dir) / f"{split}_actions.json"
        _write_actions(recorder, config, evaluation, path)
    return summary


def _write_actions(
    recorder: ActionRecorder,
    config: ModelConfig,
    evaluation: SplitEvaluation,
    path: pathlib.Path,
) -> None:
    shown = {label for of in evaluation.labels.values() for label in of}
    if not shown & set(config.actions):
        print("\nactions: not scored, since no video shows any of them.")
        return
    actions = ActionScores.of(
        recorder.logits,
        evaluation.videos,
        config.actions,
        config.multi_label,
    )
    print(f"\n{actions.describe()}")
    write_json(path, actions.summary())


def write_results(
    evaluation: SplitEvaluation,
    split: str,
    output_dir: str | os.PathLike,
    mean: str | None = None,
    reference: str = "TCB",
) -> dict:
    """Runs an evaluation, prints its table and writes its results.

    Writes `<split>_scores.json`, `<split>_videos.csv`, `<split>_report.html`,
    `<split>_densities.png`, and a picture of every video in
    `<split>_pictures/`.

    Args:
        evaluation: with its models and maps.
        split: begins the names of the files.
        output_dir: on this machine; made if missing.
        mean: over "frames" or over "videos"; None for the protocol's.
        reference: the predictor that the others are compared with.

    Returns:
        The summary, see `rmdn_tf.reports.summary.summarize`.
    """
    output_dir = pathlib.Path(output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    pictures_dir = output_dir / f"{split}_pictures"
    drawn = [name for name in evaluation.predictors if name != "uniform"]
    # All pictures appear, or none.
    with temporary_path(pictures_dir) as temporary:
        sheet = ComparisonSheet(temporary, evaluation.first_scored(MAX_VIDEOS))
        small = VideoPictures(temporary, drawn)
        scores = evaluation.run([sheet, small])
        sheet.save(output_dir / f"{split}_densities.png")
        small.move(pictures_dir)
    summary = summarize(
        scores,
        mean=mean or evaluation.mean,
        reference=reference,
        labels=evaluation.labels,
        compared=evaluation.added,
    )
    about = evaluation.about
    about["rmdn-tf"] = rmdn_tf.__version__
    _print_scores(summary, about, split, evaluation.missing)
    write_json(output_dir / f"{split}_scores.json", about | summary)
    write_video_table(
        scores, output_dir / f"{split}_videos.csv", evaluation.labels
    )
    report = output_dir / f"{split}_report.html"
    write_report(
        report,
        summary,
        {**about, **made_by()},
        descriptions=evaluation.descriptions,
        # The first that is compared ranks the videos; the reference cannot.
        model=next(iter(summary["compared"]), None),
        pictures=small.pictures,
    )
    print(f"\nReport: {shown(origin_of(report))}")
    return summary


def _print_scores(
    summary: dict, about: dict, split: str, missing: Mapping[str, str]
) -> None:
    """Prints the table of scores, and what is missing in it."""
    print(f"\n{about['dataset']}, {split}: {about['protocol_text']}\n")
    print(format_table(summary))
    _print_power(summary)
    if "best_maps" in about:
        print(f"\n{about['best_maps']}")
    if "human" in about:  # The reason why it is not in the table.
        print(f"human {about['human']}")
    elif "human_blur_and_share" in about:
        print(f"\n{describe_blur(about)}")
    for name, causes in missing.items():
        print(f"\n{name}: {causes}")
    _print_gap(summary)


def _print_gap(summary: dict) -> None:
    """Prints how near a lone model comes to the oracle, if bits are scored."""
    of, names = summary["scores"], ("TCB", "model", "oracle")
    if not of.keys() >= set(names) or "bits" not in summary["metrics"]:
        return
    low, reached, high = (read_number(of[n]["bits"]["mean"]) for n in names)
    if math.isfinite(reached) and high > low:
        print(
            f"\nThe model closes {(reached - low) / (high - low):.1%} of the "
            "gap between TCB and the oracle, in bits per fixation."
        )


def _print_power(summary: dict) -> None:
    """Prints what differences of the first metric the videos can find."""
    metric = summary["metrics"][0]
    texts = [
        describe_power(summary, name, metric) for name in summary["compared"]
    ]
    texts = list(filter(None, texts))
    if texts:
        power = summary["power"]
        print(
            f"\nTrue differences found with {power['power']:.0%} power at "
            f"{power['level']:.0%}:"
        )
        print("\n".join(texts))
