"""Trains the model that comes with the package, on all clips.

    python -m experiments.spatial.ship --raw_dir RAW --pictures_dir PICTURES \\
        --work_dir WORK --seeds 0 1 2

Uses WORK of `experiments.spatial.cross_validate`. The networks of
all seeds are joined into one, whose density is blurred a little.
"""

import argparse

import rmdn_tf  # noqa: F401
from experiments.spatial.cross_validate import Experiment, add_flags
from experiments.spatial.variants import BLUR, VARIANTS
from rmdn_tf.model.saving import save_model
from rmdn_tf.runs.paths import default_directory
from rmdn_tf.training.joining import joined


def main() -> None:
    """Trains, and saves the model in the package."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    parser.add_argument("--variant", default="full", choices=[*VARIANTS])
    options = parser.parse_args()
    experiment = Experiment(
        options.variant,
        options.raw_dir,
        options.pictures_dir,
        options.work_dir,
    )
    models = [
        experiment.learn_clips(seed, experiment.all_dir)[0]
        for seed in options.seeds
    ]
    model, config = joined(models, experiment.variant.model)
    model.get_layer("mixture").widen(BLUR)
    save_model(model, config, default_directory())


if __name__ == "__main__":
    main()
