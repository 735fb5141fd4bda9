"""Where the attention comes from that weights a video: a map a frame.

A source takes the frames of one video, one by one, and gives each of them back
with a density of gaze on the pixels of the describing network's input.
"""

import abc
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from rmdn_tf.data.annotations import Video, fixations_of, read_videos
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.evaluation.centre_bias import trained_centre
from rmdn_tf.evaluation.protocols import EXACT_BLUR
from rmdn_tf.metrics.true_density import fixation_densities
from rmdn_tf.prediction.attention_model import AttentionModel, load
from rmdn_tf.prediction.density import Density
from rmdn_tf.runs.loading import DEFAULT, fingerprint
from rmdn_tf.training.cached_features import checksum

FIXATIONS = "fixations"
SOURCES = ("model", FIXATIONS, "tcb", "model+tcb")
"""Predicted; what observers looked at; the trained centre bias, which is the
same in every frame; and a mixture of the first and the last."""

CLIPS_AT_ONCE = 16
"""Runs of the attention model that are made together; frames wait for them."""


class WatchedVideo(NamedTuple):
    """What a source may know of a video beside its frames.

    Attributes:
        video_id: its name.
        frames_per_second: of the frames that are given.
    """

    video_id: str
    frames_per_second: float


class AttentionSource(abc.ABC):
    """Gives densities.

    Attributes:
        about: what they depend on, for JSON.
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
            frames: uint8 `[H, W, 3]`, RGB, from the video's first on.
            video: what is known of it.
            size: (h, w) of the maps.

        Yields:
            The frame, and float32 `[h, w]` that sums to 1.
        """


class FromModel(AttentionSource):
    """What a trained model predicts.

    Args:
        model: the `AttentionModel`.
        fingerprint: tells it from others.
    """

    def __init__(self, model: AttentionModel, fingerprint: str):
        self._model = model
        self.about = {"source": "model", "model": fingerprint}

    def maps(self, frames, video, size):
        streamed = self._model.stream(
            frames, video.frames_per_second, clips_at_once=CLIPS_AT_ONCE
        )
        for frame, density in streamed:
            # It keeps its map for the frames that share it.
            yield frame, density.saliency_map(*size)


class FromFixations(AttentionSource):
    """Where observers looked: their fixations, blurred, frame by frame.

    The blur is that of the exact protocol. A frame without a fixation has the
    uniform density.

    Args:
        videos: those of the dataset, by name.
    """

    def __init__(self, videos: Mapping[str, Video]):
        self._videos = videos
        self.about = {"source": FIXATIONS, "blur": EXACT_BLUR}

    def maps(self, frames, video, size):
        gaze_of = self._videos[video.video_id].gaze_on
        for number, frame in enumerate(frames):
            gaze = gaze_of(np.array([number]))
            density = fixation_densities(
                gaze.points, gaze.mask, *size, EXACT_BLUR * size[1]
            )[0]
            if not gaze.mask.any():
                density = np.full(size, 1 / np.prod(size))
            yield frame, density.astype(np.float32)


class FromCentre(AttentionSource):
    """The trained centre bias, the same in every frame.

    Args:
        parameters: float32 `[C, 6]`, of `rmdn_tf.model.mixture`.
    """

    def __init__(self, parameters: np.ndarray):
        self._density = Density(parameters)
        digest = checksum({"parameters": parameters})
        self.about = {"source": "tcb", "tcb": digest}

    def map_of(self, size: tuple[int, int]) -> np.ndarray:
        """Returns the one map, float32 `[h, w]`."""
        return self._density.saliency_map(*size)

    def maps(self, frames, video, size):
        for frame in frames:
            yield frame, self.map_of(size)


class WithCentre(AttentionSource):
    """A share of the trained centre added: a map too peaked hides too much.

    Args:
        source: what it is added to.
        centre: the `FromCentre`.
        share: of the centre, in [0, 1].
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


def make_source(
    kind: str,
    *,
    model: str | os.PathLike = DEFAULT,
    centre: np.ndarray | None = None,
    share: float = 0.5,
    videos: Mapping[str, Video] | None = None,
) -> AttentionSource:
    """Makes the source of that kind.

    Args:
        kind: of `SOURCES`.
        model: of `rmdn_tf.prediction.attention_model.load`.
        centre: float32 `[C, 6]`, the trained centre, for those with "tcb".
        share: of the centre in "model+tcb".
        videos: with their gaze, for "fixations"; see `watched_videos`.

    Raises:
        FileNotFoundError: there is no model.
        ValueError: the kind is unknown, or an argument that it needs is
            missing.
    """
    if kind not in SOURCES:
        raise ValueError(
            f"Invalid `attention`. Expected one of {SOURCES}. "
            f"Received: attention='{kind}'."
        )
    if kind == FIXATIONS:
        if videos is None:
            raise ValueError(
                "Invalid `attention`. Expected another one than 'fixations' "
                "for videos that nobody is known to have watched."
            )
        return FromFixations(videos)
    if "tcb" in kind and centre is None:
        raise ValueError("No trained centre for the attention from 'tcb'.")
    if kind == "tcb":
        return FromCentre(centre)
    predicted = FromModel(load(model), fingerprint(model))
    if kind == "model":
        return predicted
    return WithCentre(predicted, FromCentre(centre), share)


def watched_videos(data_dir: str | os.PathLike) -> dict[str, Video]:
    """Reads all videos of a dataset with gaze.

    Raises:
        FileNotFoundError, RecordError: no dataset, or one without a fixation.
    """
    splits = read_dataset_info(data_dir).splits
    there = [name for name in splits if splits[name].num_videos]
    videos = read_videos(data_dir, "+".join(there))
    if not len(fixations_of(videos)):
        raise RecordError(
            f"No fixation in '{data_dir}'. Attention from 'fixations' asks for "
            "a dataset with gaze."
        )
    return videos


def centre_of(data_dir: str | os.PathLike) -> np.ndarray:
    """Fits the trained centre to the training fixations of a dataset.

    The number of components is chosen on its validation split.

    Returns:
        float32 `[C, 6]`, of `rmdn_tf.model.mixture`.

    Raises:
        FileNotFoundError, RecordError: no dataset, or one without gaze.
    """
    fixations = fixations_of(read_videos(data_dir, "train"))
    if len(fixations) < 2:
        raise RecordError(
            f"No fixation in the training split of '{data_dir}' to fit the "
            "trained centre to. Name another dataset, with gaze."
        )
    splits = read_dataset_info(data_dir).splits
    held_out = None
    if splits["validation"].num_videos:
        held_out = fixations_of(read_videos(data_dir, "validation"))
    return trained_centre(fixations, held_out)
