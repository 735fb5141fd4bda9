"""Measures the memory of training over epochs, on a small and a large dataset.

    python -m benchmarks.training_memory

Trains the small preset on a demo dataset and on one four times as large, each
in a process of its own, and prints the resident memory after every epoch. The
memory should not grow after the second epoch, and be the same for both.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import dataclasses
import multiprocessing
import tempfile

NUM_VIDEOS = (48, 192)


def resident_mebibytes() -> float:
    """Returns the resident memory of this process."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def train(num_videos: int, num_epochs: int, connection) -> None:
    """Trains in this process; sends the memory after every epoch."""
    from rmdn_tf.model import presets as models
    from rmdn_tf.training.config import PRESETS
    from rmdn_tf.training.trainer import Trainer
    from tfrecords_tools.shards.preparation import prepare
    from tfrecords_tools.sources.demo import Demo

    memory = []

    class Measured(Trainer):
        def train_epoch(self) -> None:
            super().train_epoch()
            memory.append(resident_mebibytes())

    # The smallest frames keep the run short; what could grow grows alike.
    model_config = dataclasses.replace(
        models.PRESETS["small"], input_size=(32, 32), clip_stride=8
    )
    with tempfile.TemporaryDirectory() as directory:
        prepare(Demo(num_videos), f"{directory}/data", num_workers=1)
        config = dataclasses.replace(
            PRESETS["small"], num_epochs=num_epochs, patience=num_epochs
        )
        Measured(
            model_config, config, f"{directory}/data", f"{directory}/run"
        ).train()
    connection.send(memory)


def main() -> None:
    """Prints the memory after each epoch, and the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num_epochs", type=int, default=8)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    last = []
    for num_videos in NUM_VIDEOS:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(
            target=train, args=(num_videos, options.num_epochs, sender)
        )
        process.start()
        sender.close()  # So that a child that dies ends the wait.
        memory = receiver.recv()
        process.join()
        last.append(memory[-1])
        print(f"{num_videos} videos: {[round(m) for m in memory]} MiB")
        print(f"  last epoch / second epoch: {memory[-1] / memory[1]:.3f}")
    print(f"four times the videos: {last[1] / last[0]:.3f} of the memory")


if __name__ == "__main__":
    main()
