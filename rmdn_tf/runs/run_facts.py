"""What is known of a trained model: its dataset, its scores, its card."""

import math
import os
import re

from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.reading import read_content
from rmdn_tf.runs.directory import (
    TRAINING_FILE,
    TRAINING_SCHEMA,
    RunDirectory,
)

TEST_SCORES_FILE = "test_scores.json"

# What `rmdn calibrate` fitted, beside the model.
CALIBRATION_FILE = "calibration.json"

# Beside the model: what it is meant for, and how good it is, in Markdown.
MODEL_CARD_FILE = "MODEL_CARD.md"
MAX_CARD_BYTES = 2**16

# [text](file); whoever reads the card in a SavedModel has no such file.
_FILE_LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:)[^)]*\)")

# Infinite numbers are texts; null is the mean over no frames.
_NUMBER = {"type": ["number", "string", "null"]}

# The part of `TEST_SCORES_FILE` that this package reads.
TEST_SCORES_SCHEMA = {
    "type": "object",
    "properties": {
        "dataset": {"type": "string"},
        "num_videos": {"type": "integer"},
        "scores": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": dict.fromkeys(
                        ("mean", "low", "high"), _NUMBER
                    ),
                    "required": ["mean"],
                },
            },
        },
    },
    "required": ["scores"],
}


def describe_run(directory: str | os.PathLike) -> dict:
    """Reads dataset and scores of a run's best model.

    Args:
        directory: the run; any other directory gives an empty dict.

    Returns:
        `dataset`, its name; `mixed`, the names of the datasets mixed in;
        `init_from`, the SHA-256 of the weights that training started from;
        `validation`, epoch and scores of the best model,
        None for a score that is not finite; `test`, means of its test scores;
        `model_card`, the text of `MODEL_CARD_FILE`. Keys of missing files are
        left out. `calibration`, what `rmdn calibrate` fitted, and to what.
        `scored_frames`, in `validation` and in `test`, says in words
        which frames the scores are means over.

    Raises:
        OSError, ValueError: a file of the run is damaged; names it.
    """
    run_dir = RunDirectory(directory)
    known = {}
    if (run_dir.path / TRAINING_FILE).exists():
        settings = read_json(run_dir.path / TRAINING_FILE, TRAINING_SCHEMA)
        known["dataset"] = settings["dataset"]["name"]
        if settings.get("mixed"):
            known["mixed"] = [one["name"] for one in settings["mixed"]]
        if settings.get("init_from"):
            known["init_from"] = settings["init_from"]
    if run_dir.validation.exists():
        known["validation"] = {
            key: value
            if isinstance(value, str) or math.isfinite(value)
            else None
            for key, value in run_dir.read_validation().items()
        }
    if (run_dir.path / TEST_SCORES_FILE).exists():
        test = read_json(run_dir.path / TEST_SCORES_FILE, TEST_SCORES_SCHEMA)
        scores = test["scores"].get("model", {})
        known["test"] = {key: score["mean"] for key, score in scores.items()}
        known["test"]["scored_frames"] = _scored_frames(test)
    if (run_dir.path / CALIBRATION_FILE).exists():
        known["calibration"] = read_json(
            run_dir.path / CALIBRATION_FILE, {"type": "object"}
        )
    if (run_dir.path / MODEL_CARD_FILE).exists():
        card = read_content(run_dir.path / MODEL_CARD_FILE, MAX_CARD_BYTES)
        known["model_card"] = _FILE_LINK.sub(
            r"\1", card.decode(errors="replace")
        )
    return known


def _scored_frames(test: dict) -> str:
    """Says what the test scores are means over, as far as it is known."""
    order = ("num_frames", "num_videos", "dataset")
    if test.get("mean") == "videos":
        order = ("num_videos", "num_frames", "dataset")
    words = {
        "num_frames": "{} frames",
        "num_videos": "{} videos",
        "dataset": "the split test of {}",
    }
    return " of ".join(words[k].format(test[k]) for k in order if k in test)
