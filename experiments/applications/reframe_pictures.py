"""Scores crops of pictures by the gaze that they keep.

    python -m experiments.applications.reframe_pictures \\
        --pictures_dir PICTURES --work_dir WORK

The pictures are the tenth that the model of the package has not learned from;
PICTURES and WORK are those of `experiments.spatial`. A picture is cropped as a
shot of one frame, and scored as the clips of `experiments.applications.reframe`
are.
"""

import argparse
import pathlib

import numpy as np
from tqdm import tqdm

import rmdn_tf
from experiments.applications.reframe import (
    ASPECTS,
    Moments,
    fixed,
    print_shares,
    share_inside,
    sizes_of,
)
from experiments.spatial.datasets import PICTURES, pictures_dir
from experiments.spatial.score import SIDE
from rmdn_tf.applications.reframe.settings import CropSettings
from rmdn_tf.applications.view.people import blurred
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.evaluation.inter_observer import random_half
from rmdn_tf.prediction.density import Density

SPLIT = "test"

# A picture that loses less than this part has nothing to choose.
_LEAST_CUT = 0.02


class Viewed:
    """When a picture is shown, for `share_inside`."""

    times = np.zeros(1)


def scores_of(
    density: Density, video: Video, aspect: str
) -> dict[str, float] | None:
    """Scores the crops of a picture; the mean of both halves of observers.

    Args:
        density: of the model.
        video: the picture and its gaze.
        aspect: of the crop.

    Returns:
        Crop -> share of fixations inside; None if the crop is the picture.
    """
    settings = CropSettings(aspect=aspect)
    size = video.original_size
    height, width = sizes_of(size, settings).shares
    if min(height, width) > 1 - _LEAST_CUT:
        return None
    gaze = video.gaze_on(np.zeros(1, int))
    points, observers = gaze.points[0], gaze.observers[0]
    first = np.isin(observers, random_half(video, 0))
    centre = fixed([(1 - width) / 2, (1 - height) / 2, width, height])
    model = _path(density, size, settings)
    judged = []
    for known in (first, ~first):
        judges = points[~known & gaze.mask[0]]
        followed = Density(blurred(points[known & gaze.mask[0]], len(points)))
        paths = {
            "centre": centre,
            "model": model,
            "people": _path(followed, size, settings),
        }
        judged.append(
            {k: share_inside(Viewed, [judges], p) for k, p in paths.items()}
        )
    return {k: float(np.mean([one[k] for one in judged])) for k in judged[0]}


def _path(density: Density, size: tuple[int, int], settings: CropSettings):
    return Moments(size, [(0.0, density, True)]).path(settings)


def main() -> None:
    """Scores the pictures and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures_dir", required=True)
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    options = parser.parse_args()
    model = rmdn_tf.load()
    scores: dict[str, list[dict]] = {aspect: [] for aspect in ASPECTS}
    for name in PICTURES:
        videos = read_videos(pictures_dir(options.work_dir, SIDE, name), SPLIT)
        folder = pathlib.Path(options.pictures_dir, name, "data", "stimuli")
        for video_id, video in tqdm(videos.items(), unit="picture"):
            density = model.predict(folder / f"{video_id}.jpg")
            for aspect, rows in scores.items():
                if found := scores_of(density, video, aspect):
                    rows.append(found)
    for aspect, rows in scores.items():
        print(f"\n## {aspect}")
        print_shares(rows, ["pictures"] * len(rows), "pictures")


if __name__ == "__main__":
    main()
