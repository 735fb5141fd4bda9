"""One process of training, for tests that kill it or start several.

    python train_worker.py DATA_DIR RUN_DIR SETTINGS

SETTINGS is JSON: `training`, a list of one configuration or several, which are
trained one after the other in RUN_DIR/0, RUN_DIR/1 and so on, and may name
`mix_data_dirs` and `init_from`, a run in RUN_DIR; `run` of all of them;
`strategy`; and `saves_for_ever_at`, a step of the last run whose checkpoint is
written over and over, so that a kill falls into the writing of one. A line
`step N` is printed after every step, `saving` before that checkpoint.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np

from rmdn_tf.model.config import DenseConfig
from rmdn_tf.runs.directory import TrainingError
from rmdn_tf.training.config import RunConfig, TrainingConfig
from rmdn_tf.training.strategies import make_strategy
from rmdn_tf.training.trainer import Trainer

MODEL = DenseConfig(
    input_size=(16, 16),
    filters=((2,), (2,), (2,), (2,), (2,)),
    units=4,
    num_components=3,
    clip_stride=4,
)
NUM_STEPS = 20
"""Ten videos of two windows, two in a step, two epochs."""

TRAINING = {
    "num_epochs": 2,
    "batch_size": 2,
    "fixations_per_frame": 4,
    "train_c3d": True,
    # Without a validation: half of the time, and it changes no weight.
    "train_split": "train+validation",
}
RANDOM_CUTS = TRAINING | {"flip": True}
IN_ORDER = TRAINING | {"carry_state": True}


class SpokenTrainer(Trainer):
    """Tells the parent how far it is."""

    saves_for_ever_at = None

    def _run_step(self, batch, state):
        state = super()._run_step(batch, state)
        print(f"step {self.progress.step}", flush=True)
        return state

    def _save(self, state):
        if self.progress.step == self.saves_for_ever_at:
            print("saving", flush=True)
        super()._save(state)
        while self.progress.step == self.saves_for_ever_at:
            super()._save(state)


def start(
    data_dir, run_dir, environment=None, popen=subprocess.Popen, **settings
) -> subprocess.Popen:
    """Starts such a process; both of its outputs are one."""
    root = pathlib.Path(__file__).parents[2]
    return popen(
        [sys.executable, __file__, data_dir, run_dir, json.dumps(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=root,
        env={
            **os.environ,
            "PYTHONPATH": str(root),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **(environment or {}),
        },
    )


def make_trainer(kind, data_dir, run_dir, training, run, **options) -> Trainer:
    """Makes the trainer of a configuration of `training`."""
    training = dict(training)
    options["mix_data_dirs"] = training.pop("mix_data_dirs", ())
    if "init_from" in training:
        options["init_from"] = run_dir.parent / training.pop("init_from")
    return kind(
        MODEL,
        TrainingConfig(**training),
        data_dir,
        run_dir,
        run_config=RunConfig(**run),
        **options,
    )


def train_here(data_dir, run_dir, training, run=None) -> list[np.ndarray]:
    """Trains in this process; returns what `learned` does."""
    trainer = make_trainer(Trainer, data_dir, run_dir, training, run or {})
    trainer.train()
    return learned(trainer)


def learned(trainer: Trainer) -> list[np.ndarray]:
    """Weights, and what the optimizer remembers."""
    variables = [*trainer.model.variables, *trainer.optimizer.variables]
    return [variable.numpy() for variable in variables]


def main(data_dir: str, run_dir: str, settings: str) -> int:
    """Trains; returns the exit code."""
    settings = json.loads(settings)
    strategy = make_strategy(settings.get("strategy", "one"))
    for number, training in enumerate(settings["training"]):
        if number == len(settings["training"]) - 1:
            SpokenTrainer.saves_for_ever_at = settings.get("saves_for_ever_at")
        directory = pathlib.Path(run_dir) / str(number)
        try:
            trainer = make_trainer(
                SpokenTrainer,
                data_dir,
                directory,
                training,
                settings.get("run", {}),
                strategy=strategy,
            )
            trainer.train()
        except TrainingError as error:
            print(f"Error: {error}", flush=True)
            return 1
        if trainer.is_chief:
            np.savez(directory / "learned.npz", *learned(trainer))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
