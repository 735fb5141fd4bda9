"""Every map by every metric, on real clips that no density has seen.

    python -m experiments.best_maps.clips --data_dir data/video_database \\
        --attention_center center.tflite --work_dir WORK

Prints the tables of `experiments.best_maps.table` for three densities: that of
attention-center, a network that others trained on pictures; the same, with each
clip calibrated by numbers fitted to the clips of other scenes; and that of one
half of the people, who predict the other half. WORK keeps the network's maps.
"""

import argparse
import os
import pathlib
from collections.abc import Mapping, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401
from experiments.best_maps.held_out import print_calibrated, scores_of
from experiments.best_maps.table import print_tables
from experiments.spatial.attention_center import AttentionCenter
from experiments.spatial.datasets import ALL
from experiments.spatial.folds import SIZE, Fold, folds_of
from experiments.spatial.maps import has_maps, read_maps, write_maps
from rmdn_tf.calibration import folds as calibration_folds
from rmdn_tf.calibration.sample import Sample, choose_frames
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.cross_fitting import ByVideo
from rmdn_tf.evaluation.frames import frames_of_batch
from rmdn_tf.evaluation.inter_observer import BlurTable, Halves
from rmdn_tf.evaluation.predictors import Predictor
from rmdn_tf.evaluation.split_baselines import HUMAN_SHARES, HUMAN_SIGMAS

# Video -> int `[m]`, numbers of frames.
Chosen = Mapping[str, np.ndarray]

# A map becomes a mixture of so many normals across and down, each half as wide
# as its cell.
CELLS = 32


def main() -> None:
    """Prints what was fitted, and the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data_dir", required=True, type=pathlib.Path)
    parser.add_argument("--attention_center", required=True)
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--frames_per_video", type=int, default=10)
    options = parser.parse_args()
    videos = read_videos(options.data_dir, ALL)
    chosen = choose_frames(videos, options.frames_per_video * len(videos))
    maps_dir = options.work_dir / f"attention{options.frames_per_video}"
    if not has_maps(maps_dir, [*videos]):
        store_maps(options, videos, chosen, maps_dir)
    sample = sample_of(
        {name: read_maps(maps_dir, name) for name in videos}, videos, chosen
    )
    folds = folds_of(videos)
    held_out = [np.isin(sample.videos, fold.held_out) for fold in folds]
    print_calibrated(
        sample,
        [calibration_folds.Fold(own, ~own) for own in held_out],
        chosen,
        videos,
        SIZE,
    )
    print("\nHalf of the people\n")
    print_tables(*scores_of(people(videos, folds), chosen, videos, SIZE))


def store_maps(
    options: argparse.Namespace,
    videos: Mapping[str, Video],
    chosen: Chosen,
    maps_dir: pathlib.Path,
) -> None:
    """Runs attention-center on the chosen frames, and stores its maps."""
    network = AttentionCenter(options.attention_center)
    batches = ordered_windows(
        options.data_dir, ALL, batch_size=1, window=Window()
    )
    parts: dict[str, list] = {}
    for batch in batches:
        for frames in frames_of_batch(batch, videos):
            name = frames.video.video_id
            some = frames.select(np.isin(frames.numbers, chosen[name]))
            if len(some):
                parts.setdefault(name, []).append(network.log_maps(some, SIZE))
    write_maps(
        maps_dir,
        {name: np.concatenate(of_clip) for name, of_clip in parts.items()},
    )


def sample_of(
    maps: Mapping[str, np.ndarray], videos: Mapping[str, Video], chosen: Chosen
) -> Sample:
    """Turns log-maps of some frames, float `[m, H, W]`, into mixtures."""
    parts, begin = [], 0
    for name, numbers in chosen.items():
        gaze = videos[name].gaze_on(numbers)
        parts.append(
            (
                mixtures_of(maps[name]),
                np.repeat(name, len(numbers)),
                numbers,
                videos[name].times_of(numbers),
                gaze.points[gaze.mask],
                begin + np.nonzero(gaze.mask)[0],
            )
        )
        begin += len(numbers)
    return Sample(*map(np.concatenate, zip(*parts, strict=True)))


def mixtures_of(log_maps: np.ndarray) -> np.ndarray:
    """Turns log-maps `[m, H, W]` into mixtures of one normal in each cell.

    Returns:
        float32 `[m, CELLS ** 2, 6]`, of `rmdn_tf.model.mixture`.
    """
    count, height, width = log_maps.shape
    shape = (count, CELLS, height // CELLS, CELLS, width // CELLS)
    peaks = log_maps.max(axis=(1, 2), keepdims=True)
    masses = np.exp(log_maps - peaks).reshape(shape).mean((2, 4))
    mixtures = np.zeros((count, CELLS, CELLS, 6), np.float32)
    mixtures[..., 0] = np.log(masses)
    middles = (np.arange(CELLS) + 0.5) / CELLS
    mixtures[..., 1] = middles
    mixtures[..., 2] = middles[:, None]
    mixtures[..., 3:5] = np.log(0.5 / CELLS)
    return mixtures.reshape(count, CELLS**2, 6)


def people(videos: Mapping[str, Video], folds: Sequence[Fold]) -> Predictor:
    """Half of the people, blurred as is best on the other folds."""
    table = BlurTable([*videos.values()], SIZE, HUMAN_SIGMAS, HUMAN_SHARES)
    of_video = {}
    for fold in folds:
        blur = table.best([video.video_id for video in fold.training])
        print(f"blur and share of people: {blur.sigma}, {blur.uniform_share}")
        of_video |= dict.fromkeys(fold.held_out, Halves(blur))
    return ByVideo(of_video)


if __name__ == "__main__":
    main()
