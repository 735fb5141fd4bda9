"""Maps of predictors that learn nothing here, computed once and stored."""

import argparse
import pathlib
from collections.abc import Callable, Sequence

from tqdm import tqdm

from experiments.spatial.attention_center import AttentionCenter
from experiments.spatial.faces import FaceMap
from experiments.spatial.folds import SIZE
from experiments.spatial.maps import (
    StoredMaps,
    has_maps,
    make_maps,
    write_maps,
)
from experiments.spatial.motion import MotionTimesCentre
from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import CLIP_LENGTH, Window
from rmdn_tf.evaluation.predictors import Predictor

MOTION = "motion x centre"
ATTENTION = "attention_center"
FACES = "faces"


def add_cue_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of `Cues`."""
    parser.add_argument(
        "--attention_center", help="center.tflite, to compare with"
    )


class Cues:
    """The stored maps of each cue.

    Args:
        directory: holds a folder for each cue.
        options: the flags of `add_cue_flags`.
        names: the cues that are wanted; attention_center only with its flag.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        options: argparse.Namespace,
        names: Sequence[str],
    ):
        path = options.attention_center
        make: dict[str, Callable[[], Predictor]] = {
            MOTION: MotionTimesCentre,
            ATTENTION: lambda: AttentionCenter(path),
            FACES: FaceMap,
        }
        self._directory = directory
        self._make = {
            name: make[name] for name in names if path or name != ATTENTION
        }

    def maps(self) -> dict[str, StoredMaps]:
        """Returns the maps by the name of the cue."""
        return {
            name: StoredMaps([self._directory / name]) for name in self._make
        }

    def compute(
        self, data_dir: pathlib.Path, split: str, part: str = ""
    ) -> None:
        """Computes the maps of a split, as far as they are missing.

        Args:
            data_dir: a prepared dataset.
            split: as in `read_videos`.
            part: folder for its maps; then a video is named PART/VIDEO.
        """
        videos = read_videos(data_dir, split)
        longest = max(video.num_frames for video in videos.values())
        # Windows of one frame waste no time on padding.
        window = Window() if longest > 1 else Window(CLIP_LENGTH)
        for name, make in self._make.items():
            target = self._directory / name / part
            if has_maps(target, [*videos]):
                continue
            batches = ordered_windows(
                data_dir, split, batch_size=4, window=window
            )
            progress = tqdm(batches, name, unit="batch", leave=False)
            maps = make_maps(progress, videos, make(), SIZE)
            write_maps(target, maps)
