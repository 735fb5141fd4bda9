"""Settings -> how videos are described: the network, and the attention."""

import dataclasses
import os

import numpy as np

from rmdn_tf.action_recognition.attention_sources import (
    FIXATIONS,
    SOURCES,
    make_source,
    watched_videos,
)
from rmdn_tf.action_recognition.clip_encoders import C3D, make_encoder
from rmdn_tf.action_recognition.described_clips import ATTENTION_PART, PLACES
from rmdn_tf.action_recognition.descriptor_store import Recipe
from rmdn_tf.action_recognition.map_weights import MAP_SCALES
from rmdn_tf.action_recognition.video_descriptors import CLIP_STRIDE
from rmdn_tf.encoders.c3d_weights import read_c3d_weights
from rmdn_tf.runs.loading import DEFAULT


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
        map_scale: of `rmdn_tf.action_recognition.map_weights.MAP_SCALES`.
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
