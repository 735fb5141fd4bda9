"""Entry: what is done in a video, from what is looked at.

    python -m rmdn_tf.recognize_actions --dataset hollywood2 --c3d_weights FILE
    python -m rmdn_tf.recognize_actions --dataset ucf101 --c3d_weights FILE
    python -m rmdn_tf.recognize_actions --dataset folder --folds 5 \\
        --network efficientnet_lite0
    python -m rmdn_tf.recognize_actions --predict IN.mp4 \\
        --recognizer runs/folder-actions

Descriptors of clips, as they are and weighted by attention, are pooled over
each video; linear SVMs tell the actions. A run that is killed goes on.
"""

import argparse
import functools
import os
import sys
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from rmdn_tf.action_recognition.attention_sources import (
    FIXATIONS,
    fit_centre,
)
from rmdn_tf.action_recognition.clip_encoders import C3D, is_name
from rmdn_tf.action_recognition.command_line import parse
from rmdn_tf.action_recognition.descriptor_store import (
    Descriptors,
    compute_descriptors,
)
from rmdn_tf.action_recognition.linear_svm import LinearClassifier
from rmdn_tf.action_recognition.partitions import Partition, all_videos
from rmdn_tf.action_recognition.recipes import (
    AttentionConfig,
    NetworkConfig,
    make_recipe,
)
from rmdn_tf.action_recognition.recognition import (
    USES,
    LabelledVideos,
    choose_partitions,
    read_labelled,
    recognize,
)
from rmdn_tf.action_recognition.recognizer import (
    FrameForm,
    Recognizer,
    claimed_output,
    load_recognizer,
)
from rmdn_tf.action_recognition.report import (
    format_actions,
    summarize_actions,
    write_actions,
)
from rmdn_tf.action_recognition.weighted_clips import (
    ATTENTION_PART,
    PARTS,
)
from rmdn_tf.commands.plain_warnings import plain_warnings
from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.prepared_dataset import find_damage, load_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.files.csv_tables import write_table
from rmdn_tf.files.file_systems import leave
from rmdn_tf.runs.loading import DEFAULT


def train_and_score(options: argparse.Namespace) -> None:
    """Describes a dataset, trains, scores and saves; see `parse`.

    Raises:
        InUseError: another process writes to the same `output_dir`.
        FileNotFoundError, RecordError, ValueError: the dataset, a model or an
            option is missing or invalid.
        OSError: a file cannot be read or written.
    """
    info = load_dataset_info(options.data_dir)
    if info.num_videos_before_cutting:
        raise RecordError(
            f"'{options.data_dir}' holds shots, and an action is one of a "
            "whole video. Prepare the dataset from its videos."
        )
    # First what may be wrong and takes no time.
    configs = _configs(options)
    videos = read_labelled(options.data_dir)
    parted = choose_partitions(videos, info.folds, options.folds, options.seed)
    with claimed_output(options.output_dir):
        _train(options, info, videos, parted, *configs)


def _train(
    options: argparse.Namespace,
    info: DatasetInfo,
    videos: LabelledVideos,
    parted: Sequence[Partition],
    network: NetworkConfig,
    attention: AttentionConfig,
) -> None:
    """Describes the videos, trains and scores; saves scores and recognizer."""
    parts = tuple(
        part for part in PARTS if any(part in USES[use] for use in options.use)
    )
    centre = None
    if ATTENTION_PART in parts and attention.needs_centre:
        centre = _fit_centre(options, is_in_folds=len(parted) > 1)
    recipe = make_recipe(
        network, attention, parts, centre=centre, data_dir=options.data_dir
    )
    if network.network == C3D and not network.c3d_weights:
        print("C3D has random weights: no --c3d_weights were given.")
    descriptors = compute_descriptors(recipe, options.data_dir, parts)
    made_by = {part: recipe.about(part) for part in parts}
    classifier = _score(options, videos, descriptors, parted, made_by)
    use = options.use[-1]
    if ATTENTION_PART in USES[use] and attention.source == FIXATIONS:
        print("No recognizer: nobody's gaze is known on other videos.")
        return
    frames = FrameForm.of(info)
    recognizer = Recognizer(classifier, use, network, attention, frames, centre)
    recognizer.save(options.output_dir)
    print(f"recognizer, of '{use}': {options.output_dir}")


def _fit_centre(options, is_in_folds: bool) -> np.ndarray:
    """Fits the trained centre; in a fold it must not know the test videos."""
    gaze_dir = options.tcb_data_dir or options.data_dir
    is_same = os.path.abspath(gaze_dir) == os.path.abspath(options.data_dir)
    if is_in_folds and is_same:
        raise ValueError(
            "Invalid `tcb_data_dir`. Expected another dataset than the one "
            "that is scored in folds, whose test videos the trained centre "
            f"must not have seen. Received: {gaze_dir}."
        )
    return fit_centre(gaze_dir)


def _score(
    options,
    videos: LabelledVideos,
    descriptors: Descriptors,
    parted: Sequence[Partition],
    made_by: dict,
) -> LinearClassifier:
    """Trains and tests all partitions; returns a classifier to be kept.

    That is the one scored; of several folds, one trained on all videos.
    """
    run = functools.partial(
        recognize, videos, descriptors, reduce=options.pca, seed=options.seed
    )
    outcomes = {
        use: [
            run(one, use)
            for one in tqdm(parted, use, leave=False, disable=None)
        ]
        for use in options.use
    }
    about = {
        "dataset": videos.dataset,
        "made_by": made_by,
        "flags": vars(options),
    }
    summary = summarize_actions(videos, outcomes, about)
    print(format_actions(summary))
    write_actions(summary, videos, outcomes, options.output_dir)
    print(f"scores and picture: {options.output_dir}")
    use = options.use[-1]
    if len(parted) == 1:
        return outcomes[use][0].fitted.classifier
    everything = all_videos(videos.labels, videos.dataset, options.seed)
    return run(everything, use).fitted.classifier


def predict(options: argparse.Namespace) -> None:
    """Prints the actions of videos, the most likely first; see `parse`.

    Raises:
        FileNotFoundError, ValueError: the recognizer or a video is missing or
            damaged.
        OSError: a file cannot be read or written.
    """
    moved = {
        "network": options.network,
        "c3d_weights": options.c3d_weights,
        "model": options.attention_model,
    }
    recognizer = load_recognizer(
        options.recognizer, {k: v for k, v in moved.items() if v is not None}
    )
    rows, failed = [], []
    for path in options.predict:
        try:
            scores = recognizer.scores(path)
        except ValueError as error:  # One bad file among many.
            failed.append(str(error))
            continue
        rows.append([path, *map(float, scores)])
        best = sorted(
            zip(scores, recognizer.classifier.classes, strict=True),
            reverse=True,
        )[:5]
        told = ", ".join(f"{name} {value:+.2f}" for value, name in best)
        print(f"{path}: {told}", flush=True)
    if options.output:
        head = ["video", *recognizer.classifier.classes]
        write_table(options.output, [head, *rows])
    if failed:
        raise ValueError("\nError: ".join(failed))


def _configs(options) -> tuple[NetworkConfig, AttentionConfig]:
    network = NetworkConfig(
        _absolute(options.network or C3D),
        options.features,
        _absolute(options.c3d_weights),
        options.clip_stride,
        options.seed,
    )
    attention = AttentionConfig(
        options.attention,
        _absolute(options.attention_model or DEFAULT),
        options.tcb_share,
        options.weight,
        options.map_scale,
    )
    return network, attention


def _absolute(path: str | None) -> str | None:
    """A path that is good from any directory; names stay as they are."""
    if path is None or is_name(path) or path == DEFAULT:
        return path
    return os.path.abspath(path) if os.path.exists(path) else path


@plain_warnings()
def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the command line; returns the exit code."""
    options = parse(__doc__.split("\n\n")[0], arguments)
    try:
        if options.predict:
            predict(options)
        else:
            train_and_score(options)
    except tf.errors.DataLossError:
        print(f"Error: {find_damage(options.data_dir)}", file=sys.stderr)
        return 1
    except (ImportError, OSError, ValueError, tf.errors.OpError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(leave(main()))
