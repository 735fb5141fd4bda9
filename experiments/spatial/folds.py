"""The 23 clips of the video eye-tracking database in folds by scene.

Models and everything that is fitted or chosen for a baseline never see a scene
that they are scored on.
"""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rmdn_tf.data.annotations import Video
from tfrecords_tools.sources.video_database import SCENES

NUM_FOLDS = 5

# The maps that are scored, (rows, columns).
SIZE = (64, 64)

# Clips of people who talk or listen, their faces in view: told by eye, from the
# pictures. In the others heads are small, turned away, in motion or missing.
FACES = (
    "FourPeople",
    "Johnny",
    "Lee",
    "Male",
    "Simo",
    "Vidyo1",
    "Vidyo3",
    "Vidyo4",
    "Yan",
)


class Fold(NamedTuple):
    """Videos to score, and those to learn from.

    Attributes:
        held_out: names of the videos to score.
        groups: the others, by name, in groups that belong together.
    """

    held_out: Sequence[str]
    groups: Sequence[Mapping[str, Video]]

    @property
    def training(self) -> list[Video]:
        """All videos to learn from."""
        return [video for group in self.groups for video in group.values()]


def group_of(video_id: str) -> str:
    """Tells whether a clip is one of `FACES`, as the name of its group."""
    return "with faces" if video_id in FACES else "without faces"


def scene_of(video_id: str) -> str:
    """Returns the scene of a clip; most scenes have one clip."""
    for scene, names in SCENES.items():
        if video_id in names:
            return scene
    return video_id


def deal(video_ids: Sequence[str]) -> list[list[str]]:
    """Deals clips to folds, scene by scene, always in the same way.

    Returns:
        The clips that each fold holds out.
    """
    scenes = sorted({scene_of(video_id) for video_id in video_ids})
    random.Random(0).shuffle(scenes)
    return [
        sorted(
            v for v in video_ids if scenes.index(scene_of(v)) % NUM_FOLDS == k
        )
        for k in range(NUM_FOLDS)
    ]


def folds_of(videos: Mapping[str, Video]) -> list[Fold]:
    """Makes the folds of clips; the groups of each are the other folds."""
    folds = deal([*videos])
    return [
        Fold(
            held_out,
            [{v: videos[v] for v in one} for one in folds if one != held_out],
        )
        for held_out in folds
    ]
