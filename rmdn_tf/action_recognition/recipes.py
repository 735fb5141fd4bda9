"""Settings -> the networks and the attention that encode a video."""

import dataclasses
import functools
import os
from collections.abc import Mapping

import numpy as np

from rmdn_tf.action_recognition.attention_sources import (
    AttentionSource,
    FromCentre,
    FromFixations,
    FromModel,
    WithCentre,
    watched_videos,
)
from rmdn_tf.action_recognition.choices import (
    ATTENTION_PART,
    CLIP_STRIDE,
    FIXATIONS,
    MAP_SCALES,
    PLACES,
    SOURCES,
)
from rmdn_tf.action_recognition.clip_encoders import (
    C3D,
    ClipEncoder,
    make_encoder,
)
from rmdn_tf.action_recognition.video_encoder import VideoEncoder
from rmdn_tf.action_recognition.weighted_clips import WeightedClips
from rmdn_tf.data.annotations import Video
from rmdn_tf.encoders.c3d_weights import read_c3d_weights
from rmdn_tf.prediction.attention_model import load
from rmdn_tf.runs.fingerprint import fingerprint
from rmdn_tf.runs.paths import DEFAULT, fastest_form

# Version of cutting, weighting and pooling clips. A new version makes new
# descriptors.
VERSION = 1


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """Settings of the network that encodes clips.

    Attributes:
        network, features: see
            `rmdn_tf.action_recognition.clip_encoders.make_encoder`.
        c3d_weights: file of pretrained weights of C3D.
        clip_stride: frames from one clip's end to the next.
        seed: seed of C3D's random weights, without `c3d_weights`.
    """

    network: str = C3D
    features: str | None = None
    c3d_weights: str | None = None
    clip_stride: int = CLIP_STRIDE
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class AttentionConfig:
    """Settings of the attention that weights clips.

    Attributes:
        source: one of `rmdn_tf.action_recognition.attention_sources.SOURCES`.
        model: see `rmdn_tf.prediction.attention_model.load`.
        tcb_share: weight of the trained centre bias in "model+tcb".
        place: one of `rmdn_tf.action_recognition.weighted_clips.PLACES`.
        map_scale: one of
            `rmdn_tf.action_recognition.weighted_clips.MAP_SCALES`.
    """

    source: str = SOURCES[0]
    model: str = DEFAULT
    tcb_share: float = 0.5
    place: str = PLACES[0]
    map_scale: str = MAP_SCALES[0]

    @property
    def needs_centre(self) -> bool:
        return "tcb" in self.source


@dataclasses.dataclass(frozen=True, eq=False)
class Recipe:
    """The networks and settings that turn a video into a descriptor.

    The context part alone needs no `source`.
    """

    encoder: ClipEncoder
    clip_stride: int
    source: AttentionSource | None = None
    place: str = PLACES[0]
    map_scale: str = MAP_SCALES[0]

    def about(self, part: str) -> dict:
        """Returns settings and checksums that determine a part, for JSON."""
        about = {
            "version": VERSION,
            "part": part,
            "network": self.encoder.about,
            "clip_stride": self.clip_stride,
        }
        if part == ATTENTION_PART and self.source:
            about["attention"] = {
                **self.source.about,
                "place": self.place,
                "map_scale": self.map_scale,
            }
        return about

    def video_encoder(self, parts: tuple[str, ...]) -> VideoEncoder:
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
    """Makes the networks, and the source of attention if a part needs it.

    Args:
        centre: float32 `[C, 6]`, the trained centre bias, for "tcb" and
            "model+tcb".
        data_dir: dataset of the videos, for "fixations".
    """
    weights = network.c3d_weights and read_c3d_weights(network.c3d_weights)
    encoder = make_encoder(
        network.network, network.features, weights or None, network.seed
    )
    source = None
    if ATTENTION_PART in parts:
        videos = None
        if attention.source == FIXATIONS and data_dir is not None:
            videos = watched_videos(data_dir)
        source = make_source(attention, centre, videos)
    return Recipe(
        encoder,
        network.clip_stride,
        source,
        attention.place,
        attention.map_scale,
    )


def make_source(
    attention: AttentionConfig,
    centre: np.ndarray | None = None,
    videos: Mapping[str, Video] | None = None,
) -> AttentionSource:
    """Makes the source of attention; see `make_recipe`."""
    kind = attention.source
    if kind not in SOURCES:
        raise ValueError(
            f"Invalid `attention`. Expected one of {SOURCES}. "
            f"Received: attention='{kind}'."
        )
    if kind == FIXATIONS:
        if videos is None:
            raise ValueError(
                "Invalid `attention`. Expected another source than "
                "'fixations' for videos without recorded gaze."
            )
        return FromFixations(videos)
    if attention.needs_centre and centre is None:
        raise ValueError("Missing trained centre for the attention 'tcb'.")
    if kind == "tcb" and centre is not None:
        return FromCentre(centre)
    model = fastest_form(attention.model)
    predicted = FromModel(load(model), fingerprint(model))
    if kind == "model" or centre is None:
        return predicted
    return WithCentre(predicted, FromCentre(centre), attention.tcb_share)


@dataclasses.dataclass(frozen=True)
class RecipeSettings:
    """The arguments of `make_recipe`, for another process.

    Attributes:
        centre: rows of the trained centre bias; None if not needed.
    """

    network: NetworkConfig
    attention: AttentionConfig
    parts: tuple[str, ...]
    centre: tuple[tuple[float, ...], ...] | None
    data_dir: str

    def recipe(self) -> Recipe:
        """Returns the recipe, which a process keeps until it makes another."""
        return _made(self)


@functools.lru_cache(maxsize=1)
def _made(settings: RecipeSettings) -> Recipe:
    centre = settings.centre
    return make_recipe(
        settings.network,
        settings.attention,
        settings.parts,
        centre=None if centre is None else np.array(centre, np.float32),
        data_dir=settings.data_dir,
    )
