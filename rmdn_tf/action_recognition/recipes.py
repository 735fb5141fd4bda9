"""Settings -> the networks and the attention that encode a video."""

import dataclasses
import os

import numpy as np

from rmdn_tf.action_recognition.attention_sources import (
    FIXATIONS,
    SOURCES,
    AttentionSource,
    make_source,
    watched_videos,
)
from rmdn_tf.action_recognition.clip_encoders import (
    C3D,
    ClipEncoder,
    make_encoder,
)
from rmdn_tf.action_recognition.video_encoder import CLIP_STRIDE, VideoEncoder
from rmdn_tf.action_recognition.weighted_clips import (
    ATTENTION_PART,
    MAP_SCALES,
    PLACES,
    WeightedClips,
)
from rmdn_tf.encoders.c3d_weights import read_c3d_weights
from rmdn_tf.runs.loading import DEFAULT

VERSION = 1
"""Version of cutting, weighting and pooling clips. A new version makes new
descriptors."""


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """What describes a clip.

    Attributes:
        network: see `rmdn_tf.action_recognition.clip_encoders.make_encoder`.
        features: of it; None for its default.
        c3d_weights: file of pretrained weights of C3D.
        clip_stride: frames from one clip's end to the next.
        seed: of C3D's random weights, where there is no file.
    """

    network: str = C3D
    features: str | None = None
    c3d_weights: str | None = None
    clip_stride: int = CLIP_STRIDE
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class AttentionConfig:
    """What weights a clip, and how.

    Attributes:
        source: of `rmdn_tf.action_recognition.attention_sources.SOURCES`.
        model: of `rmdn_tf.prediction.attention_model.load`.
        tcb_share: of the trained centre in "model+tcb".
        place: "pixels" or "features".
        map_scale: of `rmdn_tf.action_recognition.weighted_clips.MAP_SCALES`.
    """

    source: str = SOURCES[0]
    model: str = DEFAULT
    tcb_share: float = 0.5
    place: str = PLACES[0]
    map_scale: str = MAP_SCALES[0]

    @property
    def needs_centre(self) -> bool:
        """Whether a trained centre takes part."""
        return "tcb" in self.source


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The networks and settings that turn a video into a descriptor.

    Attributes:
        encoder: network that encodes clips.
        clip_stride: frames from one clip's end to the next.
        source: of the attention; None for the context part alone.
        place: see `WeightedClips`.
        map_scale: see `WeightedClips`.
    """

    encoder: ClipEncoder
    clip_stride: int
    source: AttentionSource | None = None
    place: str = PLACES[0]
    map_scale: str = MAP_SCALES[0]

    def about(self, part: str) -> dict:
        """Returns all that the descriptors of a part depend on, for JSON."""
        about = {
            "version": VERSION,
            "part": part,
            "network": self.encoder.about,
            "clip_stride": self.clip_stride,
        }
        if part == ATTENTION_PART:
            about["attention"] = {
                **self.source.about,
                "place": self.place,
                "map_scale": self.map_scale,
            }
        return about

    def video_encoder(self, parts: tuple[str, ...]) -> VideoEncoder:
        """Makes the encoder of videos that computes these parts."""
        clips = WeightedClips(self.encoder, parts, self.place, self.map_scale)
        source = self.source if ATTENTION_PART in parts else None
        return VideoEncoder(clips, source, self.clip_stride)


def make_recipe(
    network: NetworkConfig,
    attention: AttentionConfig,
    parts: tuple[str, ...],
    *,
    centre: np.ndarray | None = None,
    data_dir: str | os.PathLike | None = None,
) -> Recipe:
    """Makes the networks, and the source of the attention if a part asks.

    Args:
        network: what describes a clip.
        attention: what weights it.
        parts: that are wanted.
        centre: the trained centre, where the attention needs it.
        data_dir: of the videos, for attention from their fixations.

    Raises:
        FileNotFoundError, OSError, ValueError: a file is missing or
            damaged, or a setting is invalid.
    """
    weights = network.c3d_weights and read_c3d_weights(network.c3d_weights)
    encoder = make_encoder(
        network.network, network.features, weights or None, network.seed
    )
    source = None
    if ATTENTION_PART in parts:
        watched = attention.source == FIXATIONS and data_dir is not None
        source = make_source(
            attention.source,
            model=attention.model,
            centre=centre,
            share=attention.tcb_share,
            videos=watched_videos(data_dir) if watched else None,
        )
    return Recipe(
        encoder,
        network.clip_stride,
        source,
        attention.place,
        attention.map_scale,
    )
