"""Calibrates a trained model: reads, fits, tests and writes."""

import os
import pathlib

import numpy as np

from rmdn_tf.calibration.applying import calibrated
from rmdn_tf.calibration.features import HeadFeatures
from rmdn_tf.calibration.finetuning import Tuner
from rmdn_tf.calibration.fitting import Densities, fit
from rmdn_tf.calibration.report import calibration_facts
from rmdn_tf.calibration.sample import read_sample
from rmdn_tf.calibration.validation import cross_validate
from rmdn_tf.data.prepared_dataset import dataset_digest, read_dataset_info
from rmdn_tf.files.published import published_directory, write_json
from rmdn_tf.files.shown_paths import shown
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.saving import save_model
from rmdn_tf.runs.fingerprint import fingerprint
from rmdn_tf.runs.loading import load_keras
from rmdn_tf.runs.run_facts import CALIBRATION_FILE


def calibrate(
    model: str | os.PathLike,
    data_dir: str | os.PathLike,
    output_dir: str | os.PathLike,
    *,
    split: str = "train",
    num_frames: int = 200,
    finetune: bool = False,
) -> dict:
    """Fits a trained model to a dataset by a few numbers, and saves it.

    With `finetune`, the head behind the frozen encoder learns from the same
    frames, too. The tuned model is saved only if it is clearly better on
    videos that it has not learned from; else the one that is calibrated only.

    ```python
    facts = calibrate("default", "data/mine", "runs/mine")
    print(facts["bits"]["gain"])
    model = rmdn_tf.load("runs/mine")
    ```

    Args:
        model: "default", a run, its `best` or one of its checkpoints.
        data_dir: directory of a prepared dataset.
        output_dir: new or empty directory.
        split: "train", "validation" or "test", or several joined by "+".
        num_frames: number of frames to fit to.
        finetune: whether to train the head, too.

    Returns:
        What was fitted and what it gains; `CALIBRATION_FILE` in `output_dir`
        holds the same.

    Raises:
        FileNotFoundError, RecordError: the model or the dataset is missing or
            damaged.
        ValueError: the model cannot be calibrated, or the split has too few
            fixations; or too many frames to tune the head on.
        OSError: `output_dir` is not empty, or cannot be written.
    """
    network, config = load_keras(model)
    require_uncalibrated(model, config)
    features = HeadFeatures(network, config.clip_stride) if finetune else None
    sample = read_sample(network, config, data_dir, split, num_frames, features)
    every = np.ones(sample.num_frames, bool)
    densities = Densities(sample)
    numbers = fit(densities, every)
    tuner = (
        Tuner(network, config, sample, features.windows) if features else None
    )
    gain = cross_validate(densities, numbers, tuner)
    tuned = None
    if tuner and gain.prefers_tuned:
        tuned = tuner.train(numbers, every)
    facts = calibration_facts(
        sample,
        numbers,
        gain,
        model={"path": shown(model), "sha256": fingerprint(model)},
        dataset={
            "name": read_dataset_info(data_dir).name,
            "sha256": dataset_digest(data_dir),
            "split": split,
        },
        tuned=tuned,
    )
    saved = (
        (tuned.model, tuned.config)
        if tuned
        else calibrated(network, config, numbers)
    )
    with published_directory(output_dir) as temporary:
        save_model(*saved, temporary)
        write_json(pathlib.Path(temporary) / CALIBRATION_FILE, facts)
    return facts


def require_uncalibrated(path: str | os.PathLike, config: ModelConfig) -> None:
    """Refuses a model that is calibrated already.

    Args:
        path: of the model.
        config: its settings.

    Raises:
        ValueError: the model is calibrated.
    """
    if config.calibrated_components:
        raise ValueError(
            f"Invalid model '{path}'. Expected a model that is not calibrated "
            "yet: give the one that this was made from, which "
            f"'{CALIBRATION_FILE}' names. Received: a calibrated model."
        )
