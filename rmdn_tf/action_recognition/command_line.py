"""The options of `rmdn_tf.recognize_actions`, read and checked."""

import argparse
import os
from collections.abc import Sequence

from rmdn_tf.action_recognition.attention_sources import SOURCES
from rmdn_tf.action_recognition.recognition import USES
from rmdn_tf.action_recognition.video_encoder import CLIP_STRIDE
from rmdn_tf.action_recognition.weighted_clips import MAP_SCALES, PLACES
from rmdn_tf.files.safe_names import refuse_overwriting


def parse(
    description: str, arguments: Sequence[str] | None = None
) -> argparse.Namespace:
    """Reads the command line.

    Args:
        description: of the command, a sentence.
        arguments: by default those of the process.
    """
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--dataset", help="name of a prepared dataset")
    what.add_argument(
        "--predict", nargs="+", metavar="VIDEO", help="files to be recognised"
    )
    _add_task(parser.add_argument_group("the task"))
    _add_network(parser.add_argument_group("the description of a clip"))
    _add_attention(parser.add_argument_group("the attention"))
    _add_prediction(parser.add_argument_group("--predict"))
    options = parser.parse_args(arguments)
    _check(parser, options)
    if options.dataset:
        name = options.dataset
        options.data_dir = options.data_dir or os.path.join("data", name)
        options.output_dir = options.output_dir or os.path.join(
            "runs", f"{name}-actions"
        )
    _check_paths(parser, options)
    return options


OF_DATASET = ("data_dir", "output_dir", "use", "folds", "pca", "seed")
OF_DATASET += ("features", "clip_stride", "attention", "tcb_data_dir")
OF_DATASET += ("tcb_share", "weight", "map_scale")
OF_PREDICTION = ("recognizer", "output")


def _check(parser: argparse.ArgumentParser, options) -> None:
    """Refuses what would be passed over, or fail only at the end."""
    if options.predict and not options.recognizer:
        parser.error("--predict asks for --recognizer")
    others = OF_DATASET if options.predict else OF_PREDICTION
    for name in others:
        if getattr(options, name) != parser.get_default(name):
            kind = "--predict" if options.predict else "--dataset"
            parser.error(f"--{name} has no meaning with {kind}")
    folder = os.path.dirname(options.output or "") or "."
    if not os.path.isdir(folder):
        parser.error(f"no folder for --output {options.output}")


def _check_paths(parser: argparse.ArgumentParser, options) -> None:
    """Refuses outputs that would replace an input."""
    names = ("data_dir", "folds", "network", "c3d_weights", "attention_model")
    names += ("tcb_data_dir", "predict", "recognizer")
    try:
        refuse_overwriting(
            inputs={f"--{name}": getattr(options, name) for name in names},
            outputs={
                "--output_dir": options.output_dir,
                "--output": options.output,
            },
        )
    except ValueError as error:
        parser.error(str(error))


def _add_task(group) -> None:
    add = group.add_argument
    add("--data_dir", help="its shards (default: data/DATASET)")
    add(
        "--output_dir", help="of what comes out (default: runs/DATASET-actions)"
    )
    add(
        "--use",
        nargs="+",
        choices=USES,
        default=list(USES),
        help="descriptors; the last one's recognizer is saved",
    )
    add(
        "--folds",
        metavar="N|CSV",
        help="of a cross-validation: how many, or a table `video,fold` "
        "(default: those of the dataset, or its train and test split)",
    )
    add(
        "--pca",
        action="store_true",
        help="reduce `both` to as many numbers as one of the two has",
    )
    add("--seed", type=int, default=0, help="of folds, SVM and random weights")


def _add_network(group) -> None:
    add = group.add_argument
    add(
        "--network",
        help="'c3d' (the default), 'efficientnet_lite0', 'keras/NAME', or a "
        "run's directory, whose network it is",
    )
    add(
        "--features",
        help="conv5b, pool5, fc6 or fc7 of C3D, fc6 by default; or names of "
        "maps of another network",
    )
    add(
        "--c3d_weights",
        metavar="FILE",
        help="pretrained C3D, in any form; one of PyTorch needs PyTorch 2.6 or "
        "later",
    )
    add("--clip_stride", type=int, default=CLIP_STRIDE, help="in frames")


def _add_attention(group) -> None:
    add = group.add_argument
    add(
        "--attention",
        choices=SOURCES,
        default=SOURCES[0],
        help="predicted, of the dataset's observers, the trained centre, or "
        "the predicted with a share of that",
    )
    add(
        "--attention_model",
        metavar="PATH",
        help="a run's directory or a SavedModel, a program: only one that you "
        "trust (default: the model that comes with the package)",
    )
    add(
        "--tcb_data_dir",
        metavar="DIR",
        help="dataset whose gaze the trained centre is fitted to (default: "
        "the same)",
    )
    add("--tcb_share", type=float, default=0.5, help="of 'model+tcb'")
    add(
        "--weight",
        choices=PLACES,
        default=PLACES[0],
        help="pixels, or the last features that have a place",
    )
    add(
        "--map_scale",
        choices=MAP_SCALES,
        default=MAP_SCALES[0],
        help="which number is 1 in the weights of a frame: the largest, the "
        "mean, or the sum",
    )


def _add_prediction(group) -> None:
    add = group.add_argument
    add("--recognizer", metavar="DIR", help="output_dir of an earlier run")
    add("--output", metavar="CSV", help="all scores, a line a video")
