"""Tells what a training step does besides C3D, and how long each part takes.

    python -m benchmarks.training_parts [--preset small|paper] [--rounds N]
    python -m benchmarks.training_parts --at_size  # No frame is resized.

Each part is timed alone, in turn with the bare C3D, forward and backward, on as
many clips. Prints the time of the CPU, divided by that of the bare C3D: medians
over the rounds, with the smallest and the largest. The time of the clock is
printed for the whole step only. Parts that TensorFlow runs at once, or joins,
need not add up to the step.
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

from benchmarks.training_speed import bare_step, training_step
from rmdn_tf.data.augmentation import flip_at_random
from rmdn_tf.model import presets as models
from rmdn_tf.model.parts import build_head, model_inputs
from rmdn_tf.training.config import PRESETS
from rmdn_tf.training.trainer import Trainer
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo

BARE, STEP = "bare C3D", "whole step"


def compiled(function: Callable) -> Callable[[], None]:
    """Compiles a function of no argument; it then waits for its results."""
    graph = tf.function(function, jit_compile=False, autograph=False)

    def run() -> None:
        for result in tf.nest.flatten(graph()):
            result.numpy()

    return run


def parts_of(trainer: Trainer) -> dict[str, Callable[[], object]]:
    """Returns the functions to time, by name."""
    batch, state = trainer.example()
    network, stride = trainer.network, trainer.model_config.clip_stride
    num_clips = trainer.config.batch_size * trainer.window.num_clips
    preprocess = network.get_layer("preprocessing")
    cut = network.get_layer("clips")
    small = preprocess(batch["frames"])
    weights = network.trainable_variables
    gradients = [tf.random.normal(one.shape) for one in weights]

    def update():
        clipped, norm = tf.clip_by_global_norm(gradients, 1.0)
        trainer.optimizer.apply_gradients(zip(clipped, weights, strict=True))
        return norm

    # Of large results a few numbers are read, so that none is left out.
    return {
        BARE: bare_step(trainer.model_config, num_clips),
        STEP: training_step(trainer),
        "flips": compiled(
            lambda: flip_at_random(batch, tf.constant([0, 0]))["frames"][:, 0]
        ),
        "resizing, scale of pixels": compiled(
            lambda: preprocess(batch["frames"])[:, 0]
        ),
        "cutting into clips": compiled(lambda: cut(small)[:, 0]),
        "recurrence, mixture, loss": compiled(
            head_gradients(trainer, batch, model_inputs(batch, state, stride))
        ),
        "clipping, optimizer": compiled(update),
    }


def head_gradients(trainer: Trainer, batch: dict, inputs: dict) -> Callable:
    """Returns a function of the gradients after the features."""
    head = build_head(trainer.network)
    width = head.input["features"].shape[-1]
    rows, clips = batch["is_first"].shape[0], trainer.window.num_clips
    features = tf.random.normal([rows, clips, width])
    others = {n: value for n, value in inputs.items() if n != "frames"}

    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(features)
            outputs = head({"features": features, **others}, training=True)
            counts = trainer.objective.counts(batch)
            loss = trainer.objective.loss(outputs, batch, counts)
        return tape.gradient(loss, [features, *head.trainable_variables])

    return gradients


def times_of(functions: dict, rounds: int) -> dict[str, list[tuple]]:
    """Returns seconds of the CPU and of the clock, by name, round by round."""
    for function in functions.values():
        function()  # Compiles.
    times: dict[str, list[tuple]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            cpu, clock = time.process_time(), time.perf_counter()
            function()
            times[name].append(
                (time.process_time() - cpu, time.perf_counter() - clock)
            )
    return times


def main() -> None:
    """Prints the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="small", choices=models.PRESETS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batch_size", type=int, default=4)
    parser.add_argument(
        "--at_size", action="store_true", help="frames of the network's size"
    )
    options = parser.parse_args()
    model, config = models.PRESETS[options.preset], PRESETS[options.preset]
    config = dataclasses.replace(config, batch_size=options.batch_size)
    with tempfile.TemporaryDirectory() as folder:
        stored = FrameFormat()
        if options.at_size:
            stored = dataclasses.replace(stored, size=model.input_size)
        prepare(Demo(24), f"{folder}/demo", stored)
        trainer = Trainer(model, config, f"{folder}/demo", f"{folder}/run")
        times = times_of(parts_of(trainer), options.rounds)
    bare = times[BARE]
    print("| part | time, divided by that of the bare C3D |\n|---|---|")
    for name in times:
        print(f"| {name}, CPU | {_ratios(times[name], bare, 0)} |")
    print(f"| {STEP}, clock | {_ratios(times[STEP], bare, 1)} |")


def _ratios(own: list[tuple], bare: list[tuple], kind: int) -> str:
    ratios = [a[kind] / b[kind] for a, b in zip(own, bare, strict=True)]
    return (
        f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to "
        f"{max(ratios):.3f})"
    )


if __name__ == "__main__":
    main()
