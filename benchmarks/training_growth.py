"""Measures how time and memory of a training step grow with its sizes.

    python -m benchmarks.training_growth [--preset small|paper] [--rounds N]

Doubles one size of the preset at a time, twice: T, C, B, and the fixations A of
a frame. A line gives the time of a step relative to the preset's, timed in
turn. The peak memory for each batch size is measured in a process of its own.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import dataclasses
import multiprocessing
import statistics
import tempfile
from collections.abc import Callable, Iterator

from benchmarks.training_speed import seconds, training_step
from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model import presets as models
from rmdn_tf.training.config import PRESETS
from rmdn_tf.training.dry_run import peak_memory as largest_memory
from rmdn_tf.training.trainer import Trainer
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo


def trainers(preset: str, data_dir: str, run_dir: str) -> Iterator[tuple]:
    """Yields name, value and trainer of the preset, then of each change."""
    model_config, config = models.PRESETS[preset], PRESETS[preset]
    stride = model_config.clip_stride
    num_clips = (config.window_frames - CLIP_LENGTH) // stride + 1

    def trainer(model_changes=None, **changes):
        return Trainer(
            dataclasses.replace(model_config, **(model_changes or {})),
            dataclasses.replace(config, **changes),
            data_dir,
            f"{run_dir}/{model_changes}{changes}",
        )

    yield "preset", "", trainer()
    for factor in (2, 4):
        clips = num_clips * factor
        frames = (clips - 1) * stride + CLIP_LENGTH
        yield "T", clips, trainer(window_frames=frames)
        components = model_config.num_components * factor
        yield "C", components, trainer({"num_components": components})
        fixations = config.fixations_per_frame * factor
        yield "A", fixations, trainer(fixations_per_frame=fixations)
        rows = config.batch_size * factor
        yield "B", rows, trainer(batch_size=rows)


def timed_step(trainer: Trainer) -> Callable[[], object]:
    """Returns a step that is already compiled."""
    step = training_step(trainer)
    step()
    return step


def peak_memory(preset: str, batch_size: int, data_dir: str, run_dir: str):
    """Returns the peak bytes of this process after two steps."""
    config = dataclasses.replace(PRESETS[preset], batch_size=batch_size)
    trainer = Trainer(models.PRESETS[preset], config, data_dir, run_dir)
    timed_step(trainer)()
    return largest_memory()


def main() -> None:
    """Prints the ratios and the memory."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", default="small", choices=models.PRESETS)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        data_dir = f"{directory}/demo"
        prepare(Demo(48), data_dir)
        changes = trainers(options.preset, data_dir, directory)
        _, _, base_trainer = next(changes)
        base = timed_step(base_trainer)
        for name, value, trainer in changes:
            step = timed_step(trainer)
            ratios = [
                seconds(step) / seconds(base) for _ in range(options.rounds)
            ]
            print(
                f"{name} = {value}: {statistics.median(ratios):.2f} of the "
                f"preset's step ({min(ratios):.2f} to {max(ratios):.2f})"
            )
        for batch_size in (1, 2, 4, 8):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                run_dir = f"{directory}/memory{batch_size}"
                arguments = options.preset, batch_size, data_dir, run_dir
                num_bytes = pool.apply(peak_memory, arguments)
            print(f"batch of {batch_size}: {num_bytes / 2**20:.0f} MiB at most")


if __name__ == "__main__":
    main()
