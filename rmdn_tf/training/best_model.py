"""Saves the best model of a run, and scores it at the end."""

from collections.abc import Callable

import keras

from rmdn_tf.files.published import write_json
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.saving import load_model, save_model
from rmdn_tf.runs.directory import RunDirectory
from rmdn_tf.training.validated import Validated
from rmdn_tf.training.validation import Validation


def save_best(
    model: keras.Model,
    config: ModelConfig,
    run_dir: RunDirectory,
    epoch: int,
    scores: dict[str, float | str],
) -> None:
    """Saves the model of an epoch, counted from 1, and its scores."""
    save_model(model, config, run_dir.best)
    write_json(run_dir.validation, {"epoch": epoch} | scores)


def score_best(
    run_dir: RunDirectory,
    make_validation: Callable[[keras.Model], Validation] | None,
) -> dict[str, float | str]:
    """Scores the best model on every frame; writes and returns the scores.

    Its epoch may have scored only a sample of frames, in half precision.
    `make_validation` is None if no split is held out.
    """
    scores = run_dir.read_validation()
    if make_validation:
        model, _ = load_model(run_dir.best)
        validated = make_validation(model).run(every_frame=True)
        scores |= scores_of(validated)
        write_json(run_dir.validation, scores)
    return scores


def scores_of(validated: Validated) -> dict[str, float | str]:
    """Returns loss and scores; the number of scored frames, and which."""
    frames: dict[str, float | str] = {
        "scored_frames": validated.scored_frames,
        "num_frames": validated.num_frames,
    }
    return frames | validated.metrics()
