"""The 23 clips with real gaze, and what a network that has not seen them says.

    for clip in read_clips(raw_dir, work_dir):
        with predicted_video(clip.model, clip.path, NetworkSettings()) as video:
            ...

WORK is that of `experiments.spatial.cross_validate`, which trains the networks.
The network runs once through each clip; its mixtures lie in `WORK/recordings`.
"""

import argparse
import dataclasses
import functools
import os
import pathlib
from collections.abc import Iterator, Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import numpy.typing as npt

import rmdn_tf
from experiments.spatial.datasets import ALL, clips_dir
from experiments.spatial.folds import deal, group_of
from rmdn_tf.applications.view.people import blurred
from rmdn_tf.data.annotations import Video, read_videos
from rmdn_tf.evaluation.inter_observer import random_half
from rmdn_tf.files.published import published
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.predicted_video import predicted_video
from rmdn_tf.prediction.recording import Recorder, Replay
from rmdn_tf.prediction.settings import NetworkSettings
from rmdn_tf.runs.paths import default_directory
from rmdn_tf.video.span import ROUNDING
from tfrecords_tools.sources.video_database import VIDEO_FOLDER

# The cross-validated networks: three seeds joined, as the shipped one.
VARIANT = "full", "joined"


@dataclasses.dataclass(frozen=True)
class Clip:
    """A clip, its gaze and predictions of it.

    Attributes:
        name: name of the clip.
        path: its video file.
        group: "with faces" or "without faces".
        gaze: its fixations, on 10 frames a second: frame n is shown at n / 10
            seconds. See `Video.gaze_on`.
    """

    name: str
    path: pathlib.Path
    group: str
    gaze: Video
    _parameters: np.ndarray
    _config: ModelConfig

    @property
    def times(self) -> np.ndarray:
        """When each frame of `gaze` is shown, seconds, float64 `[n]`."""
        return self.gaze.times_of(np.arange(self.gaze.num_frames))

    @property
    def model(self) -> AttentionModel:
        """A model that says what the network of the clip's fold says.

        It replays the clip once: take a new one for each run.
        """
        return AttentionModel(Replay(self._parameters), self._config)

    def half(self, number: int) -> np.ndarray:
        """Returns the observers of one half, int `[n]`; `number` is 0 or 1."""
        first = random_half(self.gaze, 0)
        if number == 0:
            return first
        return np.setdiff1d(self.gaze.fixations.observer, first)

    def points(self, observers: np.ndarray | None = None) -> list[np.ndarray]:
        """Returns the fixations of some observers, or of all.

        Returns:
            For each frame of `gaze`, float `[N, 2]`, (x, y) in [0, 1].
        """
        gaze = self.gaze.gaze_on(np.arange(self.gaze.num_frames))
        mask = gaze.mask
        if observers is not None:
            mask = mask & np.isin(gaze.observers, observers)
        return [
            points[known]
            for points, known in zip(gaze.points, mask, strict=True)
        ]

    def people(self, observers: np.ndarray | None = None) -> AttentionModel:
        """Makes a model of the blurred gaze of some observers, or of all.

        It replays the clip once, as `model` does.
        """
        points = self.points(observers)
        most = max(map(len, points))
        return AttentionModel(
            Replay([blurred(one, most) for one in points]), self._config
        )

    def human(self, number: int) -> AttentionModel:
        """Makes `people` of one half of the observers, 0 or 1."""
        return self.people(self.half(number))


def read_clips(
    raw_dir: str | pathlib.Path,
    work_dir: pathlib.Path,
    names: Sequence[str] = (),
) -> Iterator[Clip]:
    """Yields the clips in the order of their names; the network runs once.

    Args:
        raw_dir: raw files of the clips.
        work_dir: see the module.
        names: clips to read; all if empty.
    """
    videos = read_videos(clips_dir(work_dir), ALL)
    folds = deal([*videos])
    for name in sorted(names or videos):
        (fold,) = (n for n, held_out in enumerate(folds) if name in held_out)
        run = work_dir.joinpath("runs", VARIANT[0], VARIANT[1], str(fold))
        path = pathlib.Path(raw_dir, VIDEO_FOLDER, f"{name}.avi")
        stored = work_dir / "recordings" / f"{name}.npy"
        if not stored.exists():
            _record(run, path, stored)
        yield Clip(
            name,
            path,
            group_of(name),
            videos[name],
            np.load(stored, mmap_mode="r"),
            _shipped_config(),
        )


def frames_shown(video_times: npt.ArrayLike, times: np.ndarray) -> np.ndarray:
    """Finds which frame of a video is shown at each time.

    Args:
        video_times: when each frame appears, seconds, increasing from 0, `[n]`.
        times: seconds, 0 or more, float `[m]`.

    Returns:
        Numbers of frames, int `[m]`.
    """
    return np.searchsorted(video_times, times + ROUNDING, "right") - 1


def _record(
    run: pathlib.Path, video: pathlib.Path, stored: pathlib.Path
) -> None:
    """Runs the network of a fold through a clip, and stores its mixtures."""
    model = _loaded(run)
    recorder = Recorder(model.network)
    recording = AttentionModel(recorder, model.config)
    with predicted_video(recording, video, NetworkSettings()) as predicted:
        for _ in predicted:
            pass
    stored.parent.mkdir(parents=True, exist_ok=True)
    with published(stored) as temporary, open(temporary, "wb") as file:
        np.save(file, np.stack(recorder.parameters))


@functools.cache
def _loaded(run: pathlib.Path) -> AttentionModel:
    return rmdn_tf.load(run)


@functools.cache
def _shipped_config() -> ModelConfig:
    return rmdn_tf.load(default_directory()).config


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that choose the clips."""
    parser.add_argument("--raw_dir", required=True, help="of the clips")
    parser.add_argument("--work_dir", required=True, type=pathlib.Path)
    parser.add_argument(
        "--videos", nargs="*", default=[], help="names of clips; default: all"
    )


def main() -> None:
    """Records all clips; says how many mixtures and fixations each has."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_flags(parser)
    options = parser.parse_args()
    for clip in read_clips(options.raw_dir, options.work_dir, options.videos):
        number = clip.gaze.num_frames
        points = sum(map(len, clip.points()))
        print(f"{clip.name}: {points} fixations on {number} frames")


if __name__ == "__main__":
    main()
