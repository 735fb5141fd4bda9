"""Plots how reliable the predicted densities are.

    python -m experiments.spatial.reliability --raw_dir RAW --work_dir WORK \\
        --model full --output OUT.png

The smallest region with predicted mass p should hold a share p of the gaze.
WORK is that of `experiments.spatial.cross_validate`; each clip is predicted by
the model that has not seen its scene.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib
import numpy as np

import rmdn_tf  # noqa: F401  Before TensorFlow.
from experiments.spatial.datasets import ALL, prepare_clips
from experiments.spatial.folds import SIZE
from experiments.spatial.maps import StoredMaps, normalized, some_frames
from experiments.spatial.score import SIDE, stored_models
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import refuse_overwriting

LEVELS = np.linspace(0, 1, 21)


def mass_above(densities: np.ndarray, points: np.ndarray, mask) -> np.ndarray:
    """Returns the mass of all pixels denser than that of each fixation.

    Half of the fixation's own pixel counts. The masses are uniform in [0, 1] if
    the densities are right.

    Args:
        densities: float `[n, H, W]`, each sums to 1.
        points: float `[n, N, 2]`, (x, y) in [0, 1].
        mask: bool `[n, N]`, False where padded.
    """
    height, width = densities.shape[1:]
    column = np.minimum(points[..., 0] * width, width - 1).astype(int)
    row = np.minimum(points[..., 1] * height, height - 1).astype(int)
    flat = densities.reshape(len(densities), -1)
    order = np.argsort(-flat, axis=1)
    ordered = np.take_along_axis(flat, order, 1)
    middle = np.cumsum(ordered, 1) - ordered / 2
    above = np.empty_like(flat)
    np.put_along_axis(above, order, middle, 1)
    at = np.take_along_axis(above, row * width + column, 1)
    return at[mask]


def shares_of(maps: StoredMaps, video: Video) -> np.ndarray:
    """Returns the share of a clip's gaze inside the region of each level."""
    frames = some_frames(video)
    densities = np.exp(normalized(maps.log_maps(frames, SIZE)))
    mass = mass_above(densities, frames.gaze.points, frames.gaze.mask)
    return np.array([(mass <= level).mean() for level in LEVELS])


def main() -> None:
    """Draws the plot and prints the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw_dir", required=True, help="of the clips")
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--model", default="full", help="as in `score`")
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    refuse_overwriting(
        {"--work_dir": options.work_dir}, {"--output": options.output}
    )
    videos = read_videos(
        prepare_clips(options.raw_dir, options.work_dir, SIDE), ALL
    )
    (maps,) = stored_models(options.work_dir / "maps", [options.model]).values()
    shares = {name: shares_of(maps, video) for name, video in videos.items()}
    draw(np.array([*shares.values()]), options.output)
    half = int(np.argmin(np.abs(LEVELS - 0.5)))
    for name, of_clip in sorted(shares.items()):
        print(f"{name}: {of_clip[half]:.3f} inside the region of 50 %")
    mean = np.mean([*shares.values()], axis=0)
    for level, share in zip(LEVELS, mean, strict=True):
        print(f"{level:4.2f} predicted, {share:.3f} inside")


def draw(shares: np.ndarray, output: str) -> None:
    """Draws the shares of clips, float `[clips, levels]`."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(4, 4), layout="constrained")
    axes.plot(LEVELS, shares.T, color="0.8", linewidth=0.8)
    axes.plot(LEVELS, shares.mean(0), color="C3", label="mean of the clips")
    axes.plot([0, 1], [0, 1], "k--", label="right")
    axes.set_xlabel("predicted to hold")
    axes.set_ylabel("share of the gaze inside")
    axes.legend()
    with published(output) as temporary:
        figure.savefig(temporary, dpi=120)


if __name__ == "__main__":
    main()
