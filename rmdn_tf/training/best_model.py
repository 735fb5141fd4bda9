"""The best model of a run: saved with its epoch, scored at the end."""

from collections.abc import Callable

import keras

from rmdn_tf.files.published import write_json
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.saving import load_model, save_model
from rmdn_tf.runs.directory import RunDirectory
from rmdn_tf.training.validation import Validated, Validation


def save_best(
    model: keras.Model,
    config: ModelConfig,
    run_dir: RunDirectory,
    epoch: int,
    scores: dict[str, float],
) -> None:
    """Saves the model of an epoch, with its scores beside it.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its configuration.
        run_dir: of the run.
        epoch: counted from 1.
        scores: of that epoch, by name.
    """
    save_model(model, config, run_dir.best)
    write_json(run_dir.validation, {"epoch": epoch} | scores)


def score_best(
    run_dir: RunDirectory,
    make_validation: Callable[[keras.Model], Validation] | None,
) -> dict[str, float]:
    """Scores the saved model on every frame, and writes that beside it.

    The epoch itself may have scored a sample of frames, in half precision.

    Args:
        run_dir: of the run, which holds a best model.
        make_validation: takes the model; None: no split is held out.

    Returns:
        The epoch of the model and its scores, as written.
    """
    scores = run_dir.read_validation()
    if make_validation:
        model, _ = load_model(run_dir.best)
        validated = make_validation(model).run(every_frame=True)
        scores |= scores_of(validated)
        write_json(run_dir.validation, scores)
    return scores


def scores_of(validated: Validated) -> dict[str, float]:
    """Returns loss and scores, and the number of frames that were scored."""
    return {"num_frames": validated.num_frames} | validated.metrics()
