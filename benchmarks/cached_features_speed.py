"""Times an epoch with cached features against one through a frozen C3D.

    python -m benchmarks.cached_features_speed --data_dir PREPARED \
        [--preset small|paper] [--features conv5b|pool5|fc6] [--steps N]

Both train the same recurrence and mixture on the same windows from the same
weights. Their steps are timed in turn, including the input pipeline, and their
losses are compared. The time of computing the cache is printed, too.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import dataclasses
import tempfile

from benchmarks.training_speed import seconds
from rmdn_tf.model import presets as models
from rmdn_tf.training.config import PRESETS
from rmdn_tf.training.trainer import Trainer


def main() -> None:
    """Reads the flags, computes the cache and compares the two."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data_dir", required=True)
    parser.add_argument("--preset", default="paper", choices=models.PRESETS)
    parser.add_argument("--features", default="conv5b")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--batch_size", type=int, default=1)
    options = parser.parse_args()
    model_config = dataclasses.replace(
        models.PRESETS[options.preset], features=options.features, dropout=0.0
    )
    config = dataclasses.replace(
        PRESETS[options.preset],
        train_c3d=False,
        flip=False,
        batch_size=options.batch_size,
    )
    cached_config = dataclasses.replace(config, cache_features=True)
    with tempfile.TemporaryDirectory() as directory:
        plain = Trainer(
            model_config, config, options.data_dir, f"{directory}/plain"
        )
        cached = Trainer(
            model_config, cached_config, options.data_dir, f"{directory}/cached"
        )
        caching = seconds(cached.prepare)
        compare(plain, cached, options.steps, caching)


def compare(plain: Trainer, cached: Trainer, steps: int, caching: float):
    """Prints times, ratios and the largest difference of the losses."""
    times, losses = {plain: [], cached: []}, {plain: [], cached: []}
    batches = {t: iter(t.windows.on_devices(0, 0, t.strategy)) for t in times}
    states = {t: t.example()[1] for t in times}
    for number in range(steps):
        for trainer in times:

            def step(trainer=trainer):
                batch = next(batches[trainer])
                loss, *_, states[trainer] = trainer.train_step(
                    batch, states[trainer], (0, 0)
                )
                losses[trainer].append(float(loss))

            took = seconds(step)
            if number > 0:  # The first compiles.
                times[trainer].append(took)
    through, from_cache = sum(times[plain]), sum(times[cached])
    epoch = through / (steps - 1) * plain.num_steps
    print(
        f"an epoch through C3D / from cached features: "
        f"{through / from_cache:.1f}\n"
        f"the caching, once / an epoch through C3D: {caching / epoch:.2f}\n"
        f"largest difference of a step's loss: "
        f"{max(abs(a - b) for a, b in zip(*losses.values(), strict=True)):.1e}"
        " nats per fixation"
    )


if __name__ == "__main__":
    main()
