"""Sources of attention: a gaze density for each frame of a video."""

import abc
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from rmdn_tf.action_recognition.choices import FIXATIONS
from rmdn_tf.data.annotations import Video, fixations_of, read_videos
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.evaluation.protocols import EXACT_BLUR
from rmdn_tf.metrics.true_density import fixation_densities
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density import Density
from rmdn_tf.training.cached_features import checksum

# Clips that the attention model processes together.
CLIPS_AT_ONCE = 16


class WatchedVideo(NamedTuple):
    """A video's name, and the rate of its frames."""

    video_id: str
    frames_per_second: float


class AttentionSource(abc.ABC):
    """Gives a density for each frame.

    Attributes:
        about: settings and checksums that determine the densities, for JSON.
    """

    about: dict

    @abc.abstractmethod
    def maps(
        self,
        frames: Iterable[np.ndarray],
        video: WatchedVideo,
        size: tuple[int, int],
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields every frame with its density.

        Args:
            frames: uint8 `[H, W, 3]`, RGB, from the video's first frame on.
            size: (h, w) of the maps.

        Yields:
            The frame, and float32 `[h, w]` that sums to 1.
        """


class FromModel(AttentionSource):
    """Densities that a trained model predicts.

    The fingerprint is the checksum of the model's files.
    """

    def __init__(self, model: AttentionModel, fingerprint: str):
        self._model = model
        self.about = {"source": "model", "model": fingerprint}

    def maps(self, frames, video, size):
        streamed = self._model.stream(
            frames, video.frames_per_second, clips_at_once=CLIPS_AT_ONCE
        )
        for frame, density in streamed:
            # Frames that share a density share its map, too.
            yield frame, density.saliency_map(*size)


class FromFixations(AttentionSource):
    """Fixations of observers, blurred as in the exact protocol.

    A frame without fixations gets the uniform density.
    """

    def __init__(self, videos: Mapping[str, Video]):
        self._videos = videos
        self.about = {"source": FIXATIONS, "blur": EXACT_BLUR}

    def maps(self, frames, video, size):
        gaze_of = self._videos[video.video_id].gaze_on
        for number, frame in enumerate(frames):
            gaze = gaze_of(np.array([number]))
            density = fixation_densities(
                gaze.points, gaze.mask, size[0], size[1], EXACT_BLUR * size[1]
            )[0]
            if not gaze.mask.any():
                density = np.full(size, 1 / np.prod(size))
            yield frame, density.astype(np.float32)


class FromCentre(AttentionSource):
    """The trained centre bias `[C, 6]`, equal in every frame."""

    def __init__(self, parameters: np.ndarray):
        self._density = Density(parameters)
        digest = checksum({"parameters": parameters})
        self.about = {"source": "tcb", "tcb": digest}

    def map_of(self, size: tuple[int, int]) -> np.ndarray:
        """Returns the map of every frame, float32 `[h, w]`."""
        return self._density.saliency_map(*size)

    def maps(self, frames, video, size):
        for frame in frames:
            yield frame, self.map_of(size)


class WithCentre(AttentionSource):
    """A mixture of another source and a share, in [0, 1], of the centre bias.

    The centre bias keeps a map with a sharp peak from hiding the other pixels.
    """

    def __init__(
        self, source: AttentionSource, centre: FromCentre, share: float
    ):
        if not 0 <= share <= 1:
            raise ValueError(
                "Invalid `share`. Expected a number from 0 to 1. "
                f"Received: share={share}."
            )
        self._source, self._centre, self._share = source, centre, share
        self.about = {**source.about, **centre.about, "share": share}
        self.about["source"] = "model+tcb"

    def maps(self, frames, video, size):
        centre = self._share * self._centre.map_of(size)
        for frame, density in self._source.maps(frames, video, size):
            yield frame, (1 - self._share) * density + centre


def watched_videos(data_dir: str | os.PathLike) -> dict[str, Video]:
    """Reads all videos of a dataset with gaze, by name."""
    splits = read_dataset_info(data_dir).splits
    there = [name for name in splits if splits[name].num_videos]
    videos = read_videos(data_dir, "+".join(there))
    if not len(fixations_of(videos)):
        raise RecordError(
            f"No fixation in '{data_dir}'. Attention from 'fixations' needs a "
            "dataset with gaze."
        )
    return videos
