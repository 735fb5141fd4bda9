"""Every map by every metric, of videos that the models have not seen.

    python -m experiments.best_maps.held_out --models RUN0 RUN1 \\
        --data_dirs FOLD0 FOLD1 --split test --size 90 160

RUN0 predicts the split of FOLD0, and so on, as after
`experiments.spatial.cross_validate`. The tables are those of
`experiments.best_maps.table`: first of the densities as they are, then of the
calibrated ones. The numbers that calibrate a dataset are fitted to all others;
those of a single video to its other blocks of time.
"""

import argparse
import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

import rmdn_tf  # noqa: F401
from experiments.best_maps.table import print_tables, score_all_maps
from experiments.spatial.score import all_frames
from rmdn_tf.calibration.fitting import Densities, Numbers, fit
from rmdn_tf.calibration.folds import Fold, deal
from rmdn_tf.calibration.sample import Sample, choose_frames, read_sample
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Predictor, Size
from rmdn_tf.evaluation.protocols import EXACT_BLUR, ExactProtocol
from rmdn_tf.model.calibration import Calibration
from rmdn_tf.model.saliency_maps import log_density_in_blocks
from rmdn_tf.runs.loading import load_keras


class KnownMaps(Predictor):
    """Log-densities in memory.

    Args:
        maps: float32 `[F, H, W]`.
        place: video -> number of its frame -> index in `maps`.
    """

    def __init__(
        self, maps: np.ndarray, place: Mapping[str, Mapping[int, int]]
    ):
        self._maps, self._place = maps, place

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        """Looks frames up; see `Predictor`."""
        place = self._place[frames.video.video_id]
        return self._maps[[place[number] for number in frames.numbers]]


def main() -> None:
    """Prints the numbers and the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument(
        "--data_dirs", nargs="+", required=True, type=pathlib.Path
    )
    parser.add_argument("--split", default="test")
    parser.add_argument("--size", nargs=2, type=int, default=[90, 160])
    parser.add_argument("--frames_per_video", type=int, default=60)
    parser.add_argument(
        "--block_seconds",
        type=int,
        help="units of the intervals; default: whole videos",
    )
    options = parser.parse_args()
    videos, chosen, samples = {}, {}, []
    for model, data_dir in zip(options.models, options.data_dirs, strict=True):
        own = read_videos(data_dir, options.split)
        num_frames = options.frames_per_video * len(own)
        samples.append(
            read_sample(*load_keras(model), data_dir, options.split, num_frames)
        )
        chosen |= choose_frames(own, num_frames)
        videos |= own
    sample = joined(samples)
    print_calibrated(
        sample,
        folds_of(samples, sample),
        chosen,
        videos,
        tuple(options.size),
        options.block_seconds,
    )


def joined(samples: Sequence[Sample]) -> Sample:
    """Joins samples, in order."""
    begins = np.cumsum([0, *(one.num_frames for one in samples[:-1])])
    moved = [
        dataclasses.replace(one, frame=one.frame + begin)
        for one, begin in zip(samples, begins, strict=True)
    ]
    return Sample(
        **{
            field.name: np.concatenate([getattr(m, field.name) for m in moved])
            for field in dataclasses.fields(Sample)
        }
    )


def folds_of(samples: Sequence[Sample], sample: Sample) -> list[Fold]:
    """Deals the frames of the joined sample: a fold for each sample.

    A sample alone is dealt by video, or by time if it has only one.
    """
    if len(samples) == 1:
        return deal(sample, np.ones(sample.num_frames, bool))
    numbers = np.repeat(
        np.arange(len(samples)), [one.num_frames for one in samples]
    )
    return [
        Fold(numbers == number, numbers != number)
        for number in range(len(samples))
    ]


def calibrated(sample: Sample, folds: Sequence[Fold]) -> list[np.ndarray]:
    """Calibrates each fold by the numbers of the others, and prints them.

    Returns:
        The mixture of each frame, float32 `[C, 6]`.
    """
    densities = Densities(sample)
    parameters: list = [None] * sample.num_frames
    for number, fold in enumerate(folds):
        numbers = fit(densities, fold.training)
        print(
            f"fold {number}: sharpness {numbers.sharpness:.2f}, spread "
            f"{numbers.spread:.2f}, share {numbers.share:.2f}"
        )
        changed = _with_numbers(sample.parameters[fold.held_out], numbers)
        for frame, one in zip(
            np.flatnonzero(fold.held_out), changed, strict=True
        ):
            parameters[frame] = one
    return parameters


def _with_numbers(parameters: np.ndarray, numbers: Numbers) -> np.ndarray:
    layer = Calibration(len(numbers.centre))
    layer.build(parameters.shape)
    layer.set_numbers(**vars(numbers))
    return layer(parameters[None])[0].numpy()


def make_maps(parameters: Sequence[np.ndarray], size: Size) -> np.ndarray:
    """Evaluates mixtures, float32 `[C, 6]` each, in all pixels."""
    evaluate = tf.function(
        lambda one: log_density_in_blocks(one, *size),
        input_signature=[tf.TensorSpec([None, 6])],
    )
    return np.array([evaluate(one).numpy() for one in parameters])


def print_calibrated(
    sample: Sample,
    folds: Sequence[Fold],
    chosen: Mapping[str, np.ndarray],
    videos: Mapping[str, Video],
    size: Size,
    block_seconds: int | None = None,
) -> None:
    """Prints the tables of densities as they are, and calibrated.

    Args:
        sample: mixtures of some frames.
        folds: each is calibrated by what is fitted to the others.
        chosen: video -> numbers of its frames in `sample`, in order.
        videos: name -> video.
        size: (height, width) of the maps.
        block_seconds: as in `experiments.best_maps.table.difference_table`.
    """
    place = {
        name: dict(
            zip(numbers, np.flatnonzero(sample.videos == name), strict=True)
        )
        for name, numbers in chosen.items()
    }
    for name, parameters in (
        ("As they are", [*sample.parameters]),
        ("Calibrated", calibrated(sample, folds)),
    ):
        print(f"\n{name}\n")
        maps = KnownMaps(make_maps(parameters, size), place)
        print_tables(*scores_of(maps, chosen, videos, size), block_seconds)


def scores_of(
    predictor: Predictor,
    chosen: Mapping[str, np.ndarray],
    videos: Mapping[str, Video],
    size: Size,
) -> tuple:
    """Scores all maps on the chosen frames; see `score_all_maps`."""
    return score_all_maps(
        predictor,
        [all_frames(videos)],
        videos,
        ExactProtocol(videos, EXACT_BLUR, size=size),
        lambda video, numbers: np.isin(numbers, chosen[video.video_id]),
    )


if __name__ == "__main__":
    main()
