"""What the network looks like: the settings, and the presets of them."""

import dataclasses
from collections.abc import Iterator

from rmdn_tf.data.windows import CLIP_STRIDES, CONTEXT
from rmdn_tf.encoders.c3d import CELL_FEATURES, FEATURES, PAPER_FILTERS
from rmdn_tf.files.json_files import dataclass_schema, with_tuples
from rmdn_tf.model.recurrent import RECURRENCES
from rmdn_tf.model.spatial_recurrence import SPATIAL_RECURRENCES

MAX_SIDE = 4096
"""Largest height and width that frames may be resized to, in pixels."""

MAX_WIDTH = 2**16
"""Largest number of filters, units, components or actions."""

MAX_BLOCKS = 8
"""Most blocks of C3D: each halves the frame, of which one cell has to stay."""

MAX_RATE = 1000.0
"""Highest frame rate, in frames per second."""

HEADS = {
    "dense": tuple(RECURRENCES),
    "spatial": tuple(SPATIAL_RECURRENCES),
}
"""What may come after the features, and the recurrences of each."""


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """What the network looks like; the defaults are the paper's.

    Attributes:
        encoder: what describes a clip: "c3d", or one of its last frame, of
            `rmdn_tf.encoders.frame_features.frame_encoder`.
        input_size: (h, w) that frames are resized to. The paper does not say;
            112 x 112 is C3D's own.
        filters: C3D's filters, block by block.
        features: layer of C3D that describes a clip, of
            `rmdn_tf.encoders.c3d.FEATURES`; of a frame encoder, names of its
            maps, joined by "+".
        dense_units: outputs of fc6 and fc7, where there are any.
        motion_lags: of a frame encoder, frames between those that motion is
            measured of; see `rmdn_tf.encoders.frame_features`.
        projection: principal components that are kept of the features of each
            cell, see `rmdn_tf.encoders.projection`; 0 keeps the features as
            they are.
        head: what comes after the features: "dense" flattens them, as the
            paper does; "spatial" keeps their place, and gives one component
            to every cell. Only cells that are projected have a place.
        recurrent: of the dense head "lstm", or one of the paper's ablations,
            "rnn" and "none"; of the spatial one "gru", "leaky" or "none", see
            `rmdn_tf.model.spatial_recurrence`.
        units: U of the recurrence, of each cell of a spatial head. The paper
            does not say.
        context_units: of the spatial head, see `rmdn_tf.model.spatial_context`.
        num_components: C of the mixture of the dense head.
        feature_dropout: of the spatial head, on whole features of all cells.
        dropout: on the recurrence's output.
        actions: names of the classes, if the network also tells the action of
            the video, see `rmdn_tf.model.joint`; with the dense head and
            an LSTM, and features that lie in cells.
        multi_label: whether a video may have several of the actions.
        feedback: of a network with actions, whether the density of a clip
            weights the features of the next.
        action_moves_map: of a network with actions and feedback, whether the
            loss of the action teaches where to look, too: for training it
            without that of the density.
        clip_stride: s, see `rmdn_tf.data.windows`.
        frames_per_second: rate of the frames that it is meant for; 0 for no
            rate of its own.
    """

    encoder: str = "c3d"
    input_size: tuple[int, int] = (112, 112)
    filters: tuple[tuple[int, ...], ...] = PAPER_FILTERS
    features: str = "conv5b"
    dense_units: int = 4096
    motion_lags: tuple[int, ...] = ()
    projection: int = 0
    head: str = "dense"
    recurrent: str = "lstm"
    units: int = 128
    context_units: int = 24
    num_components: int = 20
    feature_dropout: float = 0.5
    dropout: float = 0.5
    actions: tuple[str, ...] = ()
    multi_label: bool = False
    feedback: bool = True
    action_moves_map: bool = False
    clip_stride: int = 1
    frames_per_second: float = 0.0

    def __post_init__(self):
        for name, expected, valid in (
            *self._checks(),
            *self._checks_of_pairs(),
            *self._checks_of_actions(),
        ):
            if not valid:
                raise ValueError(
                    f"Invalid `{name}`. Expected {expected}. "
                    f"Received: {name}={getattr(self, name)}."
                )

    def _checks(self) -> Iterator[tuple[str, str, bool]]:
        """What each attribute has to be by itself: name, words, whether."""
        yield (
            "input_size",
            f"two integers from 1 to {MAX_SIDE}",
            len(self.input_size) == 2
            and all(1 <= side <= MAX_SIDE for side in self.input_size),
        )
        yield (
            "filters",
            f"1 to {MAX_BLOCKS} blocks of one or two integers from 1 to "
            f"{MAX_WIDTH}",
            1 <= len(self.filters) <= MAX_BLOCKS
            and all(
                len(block) in (1, 2)
                and all(1 <= number <= MAX_WIDTH for number in block)
                for block in self.filters
            ),
        )
        for name in ("dense_units", "units", "context_units", "num_components"):
            number = getattr(self, name)
            yield name, f"1 to {MAX_WIDTH}", 1 <= number <= MAX_WIDTH
        for name in ("feature_dropout", "dropout"):
            yield name, "a share in [0, 1)", 0 <= getattr(self, name) < 1
        yield (
            "motion_lags",
            f"numbers of frames from 1 to {CONTEXT}, each once",
            all(1 <= lag <= CONTEXT for lag in self.motion_lags)
            and len(set(self.motion_lags)) == len(self.motion_lags),
        )
        for name, most in (
            ("projection", MAX_WIDTH),
            ("frames_per_second", MAX_RATE),
        ):
            yield name, f"0 to {most}", 0 <= getattr(self, name) <= most
        yield "head", f"one of {tuple(HEADS)}", self.head in HEADS
        yield (
            "clip_stride",
            f"one of {CLIP_STRIDES}",
            self.clip_stride in CLIP_STRIDES,
        )

    @property
    def in_cells(self) -> bool:
        """Whether features keep their place until the head."""
        return self.projection > 0 or bool(self.actions)

    def _checks_of_pairs(self) -> Iterator[tuple[str, str, bool]]:
        """What attributes have to be beside each other."""
        recurrences = HEADS.get(self.head, ())
        yield (
            "recurrent",
            f"one of {recurrences} with head='{self.head}'",
            self.recurrent in recurrences,
        )
        yield (
            "units",
            f"context_units, {self.context_units}, with this recurrence",
            self.head != "spatial"
            or self.recurrent == "gru"
            or self.units == self.context_units,
        )
        is_c3d = self.encoder == "c3d"
        if is_c3d:
            yield "features", f"one of {FEATURES}", self.features in FEATURES
            yield (
                "motion_lags",
                "none with encoder='c3d', which sees motion",
                not self.motion_lags,
            )
        has_cells = not is_c3d or self.features in CELL_FEATURES
        yield (
            "projection",
            f"0 with features='{self.features}', which have no place",
            has_cells or self.projection == 0,
        )
        yield (
            "projection",
            "a positive integer with this head or encoder",
            self.projection > 0 or (is_c3d and self.head == "dense"),
        )

    def _checks_of_actions(self) -> Iterator[tuple[str, str, bool]]:
        """What a network with actions has to be."""
        if not self.actions:
            return
        yield (
            "actions",
            f"2 to {MAX_WIDTH} names of classes, each once",
            len(set(self.actions)) == len(self.actions)
            and 2 <= len(self.actions) <= MAX_WIDTH,
        )
        yield "head", "'dense' with actions", self.head == "dense"
        yield "recurrent", "'lstm' with actions", self.recurrent == "lstm"
        yield (
            "features",
            f"one of {CELL_FEATURES} with actions, which are looked for in "
            "cells",
            self.encoder != "c3d" or self.features in CELL_FEATURES,
        )


PRESETS = {
    "paper": ModelConfig(),
    # What one CPU core can train: the same five blocks, narrow, on a frame
    # of a quarter of the pixels, every fourth clip.
    "small": ModelConfig(
        input_size=(64, 80),
        filters=((8,), (16,), (32,), (32,), (32,)),
        dropout=0.0,
        clip_stride=4,
    ),
    # The place of the features kept, of a network that knows objects.
    "spatial": ModelConfig(
        encoder="efficientnet_lite0",
        input_size=(224, 224),
        features="stage5",
        motion_lags=(1, 3),
        projection=32,
        head="spatial",
        recurrent="leaky",
        units=24,
        dropout=0.2,
        frames_per_second=10.0,
    ),
}


CONFIG_SCHEMA = dataclass_schema(
    ModelConfig, required=("input_size", "filters")
)
"""Schema of a configuration in JSON. What the file of an earlier release lacks
takes its default; a key that this release does not know is refused, because
the network that it describes is another one."""


def config_from_json(values: dict) -> ModelConfig:
    """Returns the configuration that `dataclasses.asdict` was written of.

    Args:
        values: of JSON that matches `CONFIG_SCHEMA`.

    Raises:
        ValueError: the values are not those of a network.
    """
    return ModelConfig(**{key: with_tuples(v) for key, v in values.items()})
