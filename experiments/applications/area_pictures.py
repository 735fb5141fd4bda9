"""Shares of attention of areas of pictures: faces, and random rectangles.

The pictures are the tenth that no network has learned from. The faces are those
that the authors of Saliency in Crowd have labelled.
"""

import pathlib
import zlib

import numpy as np
from matplotlib.path import Path

from experiments.applications.area_fits import Sample, make_sample
from experiments.applications.area_shares import (
    FACES,
    NUM_RANDOM,
    RANDOM,
    random_rectangles,
)
from experiments.spatial.datasets import PICTURES, pictures_dir
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.files.matlab import load_matlab
from rmdn_tf.files.reading import read_content
from rmdn_tf.prediction.area import rectangle
from rmdn_tf.prediction.attention_model import AttentionModel

CROWD = "saliency_in_crowd"

# Smaller faces, in heights of the picture, are left out.
LEAST_HEIGHT = 0.06

# A face's box becomes so much larger: gaze is measured to a degree or so.
MARGIN = 1.2

# Width and height of its pictures.
CROWD_SIZE = np.array([1024, 768])

_SIDE = 448
_MAX_BYTES = 2**28


def picture_sample(
    model: AttentionModel, pictures_raw: pathlib.Path, work_dir: pathlib.Path
) -> Sample:
    """Measures the areas of the held-out pictures.

    Args:
        model: has not seen them.
        pictures_raw: folder of the sets of pictures.
        work_dir: WORK of `experiments.spatial`.

    Returns:
        The shares; the "clip" of each is its picture.
    """
    rows = []
    for name in PICTURES:
        videos = read_videos(pictures_dir(work_dir, _SIDE, name), "test")
        folder = pictures_raw / name / "data"
        labels = faces_of(folder / "labels.mat") if name == CROWD else {}
        for video_id, video in videos.items():
            density = model.predict(folder / "stimuli" / f"{video_id}.jpg")
            places = [(FACES, one) for one in labels.get(video_id, ())]
            seed = zlib.crc32(f"{name}/{video_id}".encode())
            random = random_rectangles(seed, NUM_RANDOM)
            places += [(RANDOM, one) for one in random]
            for kind, place in places:
                share = density.mass(place)
                rows.append(
                    (f"{name}/{video_id}", kind, share, *_real(video, place))
                )
    return make_sample(rows, 0)


def _real(video: Video, place: np.ndarray) -> tuple[float, float, int]:
    """Returns the share, the square of its noise, and the observers."""
    gaze = video.gaze_on(np.array([0]))
    mask = gaze.mask[0]
    inside = Path(place).contains_points(gaze.points[0][mask])
    _, number = np.unique(gaze.observers[0][mask], return_inverse=True)
    shares = np.bincount(number, inside) / np.bincount(number)
    return shares.mean(), shares.var(ddof=1) / len(shares), len(shares)


def faces_of(path: pathlib.Path) -> dict[str, list[np.ndarray]]:
    """Reads the labelled faces of pictures, as areas `[4, 2]`, by picture."""
    labels = load_matlab(read_content(path, _MAX_BYTES), _MAX_BYTES)["labels"]
    found: dict[str, list[np.ndarray]] = {}
    for label in labels.ravel():
        name = str(label["img"].item().item()).partition(".")[0]
        found[name] = [
            place
            for face in label["faces"].item().ravel()
            if (place := _place(face)) is not None
        ]
    return found


def _place(face: np.ndarray) -> np.ndarray | None:
    sides = ("left", "top", "width", "height")
    left, top, width, height = (float(face[k].item().item()) for k in sides)
    if height < LEAST_HEIGHT * CROWD_SIZE[1]:
        return None
    middle = np.array([left + width / 2, top + height / 2]) / CROWD_SIZE
    half = MARGIN / 2 * np.array([width, height]) / CROWD_SIZE
    return rectangle(*(middle - half), *(middle + half))
