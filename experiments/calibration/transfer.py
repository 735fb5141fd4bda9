"""Calibrates models on each of some datasets, and tests them on the others.

    python -m experiments.calibration.transfer --models default runs/other \\
        --data_dirs data/first data/second --work_dir WORK \\
        --finetune default/second other/first

All videos of a dataset count, of any split. WORK keeps the models' mixtures on
the frames, so that a second call continues; but features to fine-tune on are
computed anew.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401
from rmdn_tf.calibration.features import HeadFeatures
from rmdn_tf.calibration.finetuning import Tuner
from rmdn_tf.calibration.fitting import Densities, Numbers, fit, frame_bits
from rmdn_tf.calibration.folds import units_of
from rmdn_tf.calibration.sample import Sample, read_sample
from rmdn_tf.calibration.validation import Gain, cross_validate, paired_bits
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import SPLITS
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.metrics.intervals import Difference
from rmdn_tf.runs.loading import load_keras

HEAD = (
    *("model", "tested on", "fitted to", "bits before", "bits after"),
    *("gain", "sharpness", "spread", "share", "fine-tuned", "gain"),
)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--data_dirs", nargs="+", required=True)
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--num_frames", type=int, default=460)
    parser.add_argument(
        "--finetune",
        nargs="*",
        default=[],
        help="MODEL/DATASET, names of those whose head is tuned, too",
    )
    options = parser.parse_args()
    rows = [HEAD, ["---"] * len(HEAD)]
    for number, model in enumerate(options.models):
        samples, tuners = {}, {}
        for place, data_dir in enumerate(options.data_dirs):
            name = f"{name_of(model)}/{name_of(data_dir)}"
            if name in options.finetune:
                samples[data_dir], tuners[data_dir] = tuner_of(
                    model, data_dir, options.num_frames
                )
                continue
            samples[data_dir] = stored_sample(
                options.work_dir / f"{number}-{place}.npz",
                model,
                data_dir,
                options.num_frames,
            )
        rows += [(name_of(model), *row) for row in compare(samples, tuners)]
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))


def stored_sample(
    file: pathlib.Path, model: str, data_dir: str, num_frames: int
) -> Sample:
    """Reads a sample, or makes and stores it."""
    if not file.exists():
        network, config = load_keras(model)
        split = splits_of(data_dir)
        sample = read_sample(network, config, data_dir, split, num_frames)
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            file, **{n: getattr(sample, n) for n in Sample.__annotations__}
        )
    with np.load(file) as arrays:
        return Sample(**{name: arrays[name] for name in arrays.files})


def tuner_of(
    model: str, data_dir: str, num_frames: int
) -> tuple[Sample, Tuner]:
    """Makes a sample, and what tunes the model's head on it."""
    network, config = load_keras(model)
    features = HeadFeatures(network, config.clip_stride)
    split = splits_of(data_dir)
    sample = read_sample(network, config, data_dir, split, num_frames, features)
    return sample, Tuner(network, config, sample, features.windows)


def splits_of(data_dir: str) -> str:
    """Returns all splits with fixations, joined by +."""
    info = read_dataset_info(data_dir)
    return "+".join(name for name in SPLITS if has_fixations(info, name))


def compare(
    samples: dict[str, Sample], tuners: dict[str, Tuner]
) -> list[tuple[str, ...]]:
    """Fits a model to each dataset, and tests it on each.

    Args:
        samples: directory of a dataset -> a model's sample of it.
        tuners: directory of a dataset -> what tunes the model's head on it.

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
        own = cross_validate(one, fitted[tested], tuners.get(tested))
        rows.append(
            _row(tested, tested, own.before, own.difference, fitted[tested])
            + _tuned(own)
        )
        before = frame_bits(one)
        units = units_of(one.sample, np.ones(len(before), bool))
        for other in fitted.keys() - {tested}:
            after = frame_bits(one, fitted[other])
            difference = paired_bits(after, before, units)
            rows.append(
                _row(tested, other, before.mean(), difference, fitted[other])
                + ("", "")
            )
    return rows


def _row(
    tested: str, to: str, before: float, gain: Difference, numbers: Numbers
) -> tuple[str, ...]:
    mean = float(gain.mean)
    fitted_to = name_of(to)
    if to == tested:
        fitted_to += ", cross-validated"
    return (
        name_of(tested),
        fitted_to,
        f"{before:.3f}",
        f"{before + mean:.3f}",
        _interval(gain),
        f"{numbers.sharpness:.2f}",
        f"{numbers.spread:.2f}",
        f"{numbers.share:.2f}",
    )


def _tuned(gain: Gain) -> tuple[str, str]:
    if gain.tuned is None or gain.tuning is None:
        return "", ""
    return f"{gain.tuned:.3f}", _interval(gain.tuning)


def _interval(gain: Difference) -> str:
    return f"{gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"


def name_of(path: str) -> str:
    """Returns the last name of a path."""
    return pathlib.Path(path).name


if __name__ == "__main__":
    main()
