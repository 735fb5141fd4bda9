"""Calibrates a trained model: reads, fits, tests and writes."""

import dataclasses
import os
import pathlib

import keras

from rmdn_tf.calibration.fitting import Densities, Numbers, fit
from rmdn_tf.calibration.report import calibration_facts
from rmdn_tf.calibration.sample import read_sample
from rmdn_tf.calibration.validation import cross_validate
from rmdn_tf.data.prepared_dataset import dataset_digest, read_dataset_info
from rmdn_tf.files.published import published_directory, write_json
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.parts import CALIBRATION
from rmdn_tf.model.rmdn import build_rmdn
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
) -> dict:
    """Fits a trained model to a dataset by a few numbers, and saves it.

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

    Returns:
        What was fitted and what it gains; `CALIBRATION_FILE` in `output_dir`
        holds the same.

    Raises:
        FileNotFoundError, RecordError: the model or the dataset is missing or
            damaged.
        ValueError: the model cannot be calibrated, or the split has too few
            fixations.
        OSError: `output_dir` is not empty, or cannot be written.
    """
    network, config = load_keras(model)
    require_uncalibrated(model, config)
    sample = read_sample(network, config, data_dir, split, num_frames)
    densities = Densities(sample)
    numbers = fit(densities, sample.videos == sample.videos)
    facts = calibration_facts(
        sample,
        numbers,
        cross_validate(densities, numbers),
        model={"path": os.fspath(model), "sha256": fingerprint(model)},
        dataset={
            "name": read_dataset_info(data_dir).name,
            "sha256": dataset_digest(data_dir),
            "split": split,
        },
    )
    with published_directory(output_dir) as temporary:
        save_model(*calibrated(network, config, numbers), temporary)
        write_json(pathlib.Path(temporary) / CALIBRATION_FILE, facts)
    return facts


def calibrated(
    model: keras.Model, config: ModelConfig, numbers: Numbers
) -> tuple[keras.Model, ModelConfig]:
    """Adds numbers to a model.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        numbers: the numbers.

    Returns:
        A model with copies of the weights, which ends with a layer of the
        numbers; and its settings.
    """
    wider = dataclasses.replace(
        config, calibrated_components=len(numbers.centre)
    )
    result = build_rmdn(wider)
    for layer in model.layers:
        result.get_layer(layer.name).set_weights(layer.get_weights())
    result.get_layer(CALIBRATION).set_numbers(**vars(numbers))
    return result, wider


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
