"""Calibrates models on each of some datasets, and tests them on the others.

    python -m experiments.calibration.transfer --models default runs/other \\
        --data_dirs data/first data/second --work_dir WORK

All videos of a dataset count, of any split. WORK keeps the models' mixtures on
the frames, so that a second call continues.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401
from rmdn_tf.calibration.fitting import Densities, Numbers, fit
from rmdn_tf.calibration.folds import units_of
from rmdn_tf.calibration.sample import Sample, read_sample
from rmdn_tf.calibration.validation import (
    cross_validate,
    frame_bits,
    paired_bits,
)
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import SPLITS
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.metrics.intervals import Difference
from rmdn_tf.runs.loading import load_keras

HEAD = (
    *("model", "tested on", "fitted to", "bits before", "bits after"),
    *("gain", "sharpness", "spread", "share"),
)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--data_dirs", nargs="+", required=True)
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--num_frames", type=int, default=460)
    options = parser.parse_args()
    rows = [HEAD, ["---"] * len(HEAD)]
    for number, model in enumerate(options.models):
        samples = {
            data_dir: stored_sample(
                options.work_dir / f"{number}-{place}.npz",
                model,
                data_dir,
                options.num_frames,
            )
            for place, data_dir in enumerate(options.data_dirs)
        }
        rows += [(name_of(model), *row) for row in compare(samples)]
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))


def stored_sample(
    file: pathlib.Path, model: str, data_dir: str, num_frames: int
) -> Sample:
    """Reads a sample, or makes and stores it."""
    if not file.exists():
        info = read_dataset_info(data_dir)
        splits = [name for name in SPLITS if has_fixations(info, name)]
        sample = read_sample(
            *load_keras(model), data_dir, "+".join(splits), num_frames
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            file, **{n: getattr(sample, n) for n in Sample.__annotations__}
        )
    with np.load(file) as arrays:
        return Sample(**{name: arrays[name] for name in arrays.files})


def compare(samples: dict[str, Sample]) -> list[tuple[str, ...]]:
    """Fits a model to each dataset, and tests it on each.

    Args:
        samples: directory of a dataset -> a model's sample of it.

    Returns:
        A row for each pair, without the model's name.
    """
    densities = {name: Densities(sample) for name, sample in samples.items()}
    fitted = {
        name: fit(one, np.ones(one.sample.num_frames, bool))
        for name, one in densities.items()
    }
    rows = []
    for tested, one in densities.items():
        own = cross_validate(one, fitted[tested])
        rows.append(
            _row(tested, tested, own.before, own.difference, fitted[tested])
        )
        before = frame_bits(one)
        units = units_of(one.sample, np.ones(len(before), bool))
        for other in fitted.keys() - {tested}:
            after = frame_bits(one, fitted[other])
            difference = paired_bits(after, before, units)
            rows.append(
                _row(tested, other, before.mean(), difference, fitted[other])
            )
    return rows


def _row(
    tested: str, to: str, before: float, gain: Difference, numbers: Numbers
) -> tuple[str, ...]:
    mean, low, high = (float(x) for x in (gain.mean, gain.low, gain.high))
    fitted_to = name_of(to)
    if to == tested:
        fitted_to += ", cross-validated"
    return (
        name_of(tested),
        fitted_to,
        f"{before:.3f}",
        f"{before + mean:.3f}",
        f"{mean:+.3f} ({low:+.3f} to {high:+.3f})",
        f"{numbers.sharpness:.2f}",
        f"{numbers.spread:.2f}",
        f"{numbers.share:.2f}",
    )


def name_of(path: str) -> str:
    """Returns the last name of a path."""
    return pathlib.Path(path).name


if __name__ == "__main__":
    main()
