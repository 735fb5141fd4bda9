"""Plots how reliable the predicted densities are.

    python -m experiments.spatial.reliability --work_dir WORK --output OUT.png

The smallest region with predicted mass p should hold a share p of the gaze.
WORK is that of `experiments.spatial.cross_validate`; each clip is predicted by
the model that has not seen its scene.
"""

import argparse
import pathlib

import matplotlib
import numpy as np

import rmdn_tf  # noqa: F401  Before TensorFlow.
from experiments.spatial.cross_validate import NUM_FOLDS, SIZE
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.frames import frames_of_batch
from rmdn_tf.evaluation.predictors import MixtureNetwork, run_networks
from rmdn_tf.files.safe_names import refuse_overwriting
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.prediction.attention_model import load

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


def of_fold(fold_dir: pathlib.Path) -> dict[str, np.ndarray]:
    """Returns test clip of the fold -> `mass_above` of its fixations."""
    loaded = load(fold_dir / "runs/spatial")
    model = MixtureNetwork(StatefulNetwork(loaded.model, 1), 1)
    videos = read_videos(fold_dir, "test")
    found = {}
    for batch in ordered_windows(
        fold_dir, "test", batch_size=4, window=Window()
    ):
        outputs = run_networks([model], batch)
        for frames in frames_of_batch(batch, videos, outputs):
            densities = np.exp(model.log_maps(frames, SIZE).astype(float))
            densities /= densities.sum(axis=(1, 2), keepdims=True)
            gaze = frames.gaze
            found.setdefault(frames.video.video_id, []).append(
                mass_above(densities, gaze.points, gaze.mask)
            )
    return {name: np.concatenate(parts) for name, parts in found.items()}


def main() -> None:
    """Draws the plot and prints the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument("--output", required=True)
    options = parser.parse_args()
    folds = [options.work_dir / f"fold{n}" for n in range(NUM_FOLDS)]
    refuse_overwriting({"--work_dir": folds}, {"--output": options.output})
    clips = {}
    for fold in folds:
        clips |= of_fold(fold)
    shares = np.array(
        [
            [(mass <= level).mean() for level in LEVELS]
            for mass in clips.values()
        ]
    )
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(4, 4), layout="constrained")
    axes.plot(LEVELS, shares.T, color="0.8", linewidth=0.8)
    axes.plot(LEVELS, shares.mean(0), color="C3", label="mean of the clips")
    axes.plot([0, 1], [0, 1], "k--", label="right")
    axes.set_xlabel("predicted to hold")
    axes.set_ylabel("share of the gaze inside")
    axes.legend()
    figure.savefig(options.output, dpi=120)
    for level, share in zip(LEVELS, shares.mean(0), strict=True):
        print(f"{level:4.2f} predicted, {share:.3f} inside")


if __name__ == "__main__":
    main()
