"""Times training against its limits, as ratios from one run.

    python -m benchmarks.training_speed [--preset small|paper] [--rounds N]

1. A training step against the bare C3D, forward and backward, on clips of the
   same number and shape (limit: 1.15).
2. The frames a second that the input pipeline delivers by itself, against the
   frames a second that the trainer needs (limit: 10).
3. A density of 20 components on a 128x171 grid (limit: 3 ms a frame).

The first two are timed in turn, round by round, so that changes in the
machine's speed affect both. Medians are printed.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable

import tensorflow as tf

from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.encoders.c3d import build_c3d
from rmdn_tf.model import presets as models
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.training.config import PRESETS
from rmdn_tf.training.trainer import Trainer
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo

GRID = (128, 171)


def seconds(function: Callable[[], object]) -> float:
    """Runs a function once; returns how long it took."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def bare_step(config: models.ModelConfig, num_clips: int) -> Callable:
    """Returns a step of C3D alone, forward and backward, on clips in memory."""
    network = build_c3d(config.input_size, config.filters)
    clips = tf.random.normal([num_clips, CLIP_LENGTH, *config.input_size, 3])

    @tf.function(jit_compile=False)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(network(clips, training=True) ** 2)
        return tape.gradient(loss, network.trainable_variables)

    return lambda: [gradient.numpy() for gradient in step()]


def training_step(trainer: Trainer) -> Callable:
    """Returns a whole step with flips and optimizer, on a batch in memory."""
    batch, state = trainer.example()
    seed = tf.constant([0, 0])
    return lambda: float(trainer.train_step(batch, state, seed)[0])


def pipeline_frames_per_second(trainer: Trainer, num_batches: int) -> float:
    """Returns decoded frames a second, without a training."""
    config = trainer.config
    dataset = iter(
        random_cuts(
            trainer.data_dir,
            "train",
            batch_size=config.batch_size,
            window=trainer.window,
            fixations_per_frame=config.fixations_per_frame,
            seed=0,
        ).repeat()
    )
    next(dataset)
    elapsed = seconds(lambda: [next(dataset) for _ in range(num_batches)])
    frames = num_batches * config.batch_size * trainer.window.num_used
    return frames / elapsed


def density_seconds(num_frames: int) -> float:
    """Returns seconds a frame of a density of 20 components."""
    maps = tf.function(lambda p: saliency_map(p, *GRID), jit_compile=False)
    parameters = tf.random.normal([num_frames, 20, 6])
    maps(parameters)
    return (
        statistics.median(
            seconds(lambda: maps(parameters).numpy()) for _ in range(5)
        )
        / num_frames
    )


def main() -> None:
    """Prints the three figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", default="small", choices=models.PRESETS)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch_size", type=int)
    options = parser.parse_args()
    config = PRESETS[options.preset]
    if options.batch_size:
        config = dataclasses.replace(config, batch_size=options.batch_size)
    with tempfile.TemporaryDirectory() as directory:
        data_dir = f"{directory}/demo"
        prepare(Demo(24), data_dir)
        trainer = Trainer(
            models.PRESETS[options.preset], config, data_dir, f"{directory}/run"
        )
        measure(trainer, options.rounds)
    print(f"density: {1000 * density_seconds(16):.2f} ms a frame of 128x171")


def measure(trainer: Trainer, rounds: int) -> None:
    """Times step, bare C3D and pipeline in turn and prints the ratios."""
    batch_size = trainer.config.batch_size
    num_clips = batch_size * trainer.window.num_clips
    step = training_step(trainer)
    bare = bare_step(trainer.model_config, num_clips)
    step(), bare()
    ratios, speed_ratios, speeds = [], [], []
    for _ in range(rounds):
        step_seconds, bare_seconds = seconds(step), seconds(bare)
        ratios.append(step_seconds / bare_seconds)
        eaten = batch_size * trainer.window.num_used / step_seconds
        speeds.append(batch_size * trainer.window.num_served / step_seconds)
        delivered = pipeline_frames_per_second(trainer, num_batches=12)
        speed_ratios.append(delivered / eaten)
    print(
        f"training step / bare C3D: {statistics.median(ratios):.3f} "
        f"({min(ratios):.3f} to {max(ratios):.3f}), {num_clips} clips of "
        f"{trainer.model_config.input_size}"
    )
    print(
        f"frames trained on a second: {statistics.median(speeds):.0f} "
        f"({min(speeds):.0f} to {max(speeds):.0f})"
    )
    print(
        f"pipeline / trainer, frames a second: "
        f"{statistics.median(speed_ratios):.1f} "
        f"({min(speed_ratios):.1f} to {max(speed_ratios):.1f})"
    )


if __name__ == "__main__":
    main()
