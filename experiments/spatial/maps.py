"""Log-densities of all frames of a dataset, stored by clip.

A slow predictor runs once; what is scored, plotted or drawn reads its maps.
`DIRECTORY/CLIP.npy` holds float32 `[n, H, W]`, nats up to a constant per frame.
"""

import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.special import logsumexp

from rmdn_tf.data.annotations import Video
from rmdn_tf.evaluation.frames import Frames, frames_of_batch
from rmdn_tf.evaluation.predictors import Predictor, Size, run_networks
from rmdn_tf.files.published import published


class StoredMaps(Predictor):
    """Maps of `write_maps`; of several directories, their mean density."""

    def __init__(self, directories: Sequence[pathlib.Path], text: str = ""):
        self._directories = directories
        self._text = text

    def describe(self) -> str:
        return self._text

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        """Reads the maps of frames; see `Predictor`."""
        maps = [
            read_maps(directory, frames.video.video_id)[frames.numbers]
            for directory in self._directories
        ]
        if maps[0].shape[1:] != size:
            raise ValueError(
                f"Invalid maps in '{self._directories[0]}'. Expected {size}. "
                f"Received: {maps[0].shape[1:]}."
            )
        if len(maps) == 1:
            return maps[0]
        return logsumexp(list(map(normalized, maps)), axis=0)


def read_maps(directory: pathlib.Path, video_id: str) -> np.ndarray:
    """Opens the maps of a clip, float32 `[n, H, W]`."""
    return np.load(directory / f"{video_id}.npy", mmap_mode="r")


def has_maps(directory: pathlib.Path, video_ids: Sequence[str]) -> bool:
    """Tells whether the maps of all these clips are stored."""
    return all((directory / f"{v}.npy").exists() for v in video_ids)


def write_maps(directory: pathlib.Path, maps: Mapping[str, np.ndarray]) -> None:
    """Stores the maps of clips, float `[n, H, W]` each."""
    directory.mkdir(parents=True, exist_ok=True)
    for video_id, of_clip in maps.items():
        with published(directory / f"{video_id}.npy") as temporary:
            np.save(temporary, of_clip.astype(np.float32))


def make_maps(
    batches: Iterable[dict],
    videos: Mapping[str, Video],
    predictor: Predictor,
    size: Size,
) -> dict[str, np.ndarray]:
    """Computes the maps of all frames of `ordered_windows`.

    Args:
        batches: of `ordered_windows`.
        videos: name -> clip.
        predictor: gives the maps; a network runs once a batch.
        size: (rows, columns) of the maps.

    Returns:
        Clip -> float `[n, H, W]`.
    """
    parts: dict[str, list[np.ndarray]] = {}
    for batch in batches:
        outputs = run_networks([predictor], batch)
        for frames in frames_of_batch(batch, videos, outputs):
            maps = predictor.log_maps(frames, size)
            maps = np.broadcast_to(maps, (len(frames), *size))
            parts.setdefault(frames.video.video_id, []).append(maps)
    return {name: np.concatenate(of_clip) for name, of_clip in parts.items()}


def some_frames(video: Video, most: int | None = None) -> Frames:
    """Takes frames all over a video, without their pictures.

    Args:
        video: a video.
        most: the largest number of frames; None for all.
    """
    number = min(most or video.num_frames, video.num_frames)
    places = np.linspace(0, video.num_frames - 1, number).astype(int)
    return Frames(video, places, 0, places, {}, {})


def normalized(log_maps: np.ndarray) -> np.ndarray:
    """Makes every map `[..., H, W]` sum to 1, in logs, float64."""
    logs = np.asarray(log_maps, np.float64)
    return logs - logsumexp(logs, axis=(-2, -1), keepdims=True)
